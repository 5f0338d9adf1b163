"""How the values of a net are drawn, in place, from torch's global generator.

``stack.draw`` calls an initialiser under each seed; what is frozen it then puts back. ``gpt2_normal``
stands with its net, in ``nets.text``. Lesson 01 builds on this file.
"""

from collections.abc import Callable

import torch
from torch import nn


def glorot_normal(net: nn.Module) -> None:
    """Draw new values for every parameter of ``net`` in place, from torch's global generator.

    Weights of linear and convolutional layers: Gaussian Glorot, standard deviation
    sqrt(2 / (fan in + fan out)), biases zero, as in the paper. Every other layer is reset by its
    own ``reset_parameters``, or ``_reset_parameters`` (attention). Raises ValueError if a parameter
    that trains belongs to no layer that can redraw it: its value would be the same in every
    replicate, and no seed would control it.
    Glorot & Bengio 2010; Frankle & Carbin 2019, section 2. ``stack.draw`` calls it under a seed.
    """
    _redraw(net, nn.init.xavier_normal_)


def kaiming_normal(net: nn.Module) -> None:
    """The same with Kaiming normal weights: standard deviation sqrt(2 / fan in), made for ReLU.

    He et al. 2015; one of the two draws of Ramanujan et al. 2020, section 3.3. Lesson 08 builds on it.
    """
    _redraw(net, lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"))


def signed_constant(net: nn.Module) -> None:
    """The same with only two values in a layer, plus and minus sqrt(2 / fan in), by a fair coin each.

    Ramanujan et al. 2020, section 3.3, call it the signed Kaiming constant: random networks of it are
    the better ones to pick from. Zhou et al. 2019 have the idea. Lesson 08 builds on it.
    """
    def draw(weight):
        kaiming = nn.init.calculate_gain("relu") / nn.init._calculate_correct_fan(weight, "fan_in") ** 0.5
        with torch.no_grad():
            # and not the sign of a Gaussian, which can be 0
            weight.copy_(kaiming * (2.0 * torch.randint_like(weight, 2) - 1))

    _redraw(net, draw)


def _redraw(net: nn.Module, draw: Callable) -> None:
    """Weights of linear and convolutional layers by ``draw``, biases zero, all else by its own reset."""
    for name, module in net.named_modules():
        if isinstance(module, nn.modules.conv._ConvNd | nn.Linear):
            draw(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif (reset := _reset_of(net, name, module)) is not None:
            reset()


def torch_default(net: nn.Module) -> None:
    """Draw new values for every parameter of ``net`` in place, as each layer's author chose.

    Calls ``reset_parameters`` of every layer, then ``_reset_parameters`` of those that have only
    that, inner ones first, as they were built; raises ValueError as ``glorot_normal`` does.
    An alternative to it for nets that are not of this course.
    """
    later = []
    for name, module in net.named_modules():
        reset = _reset_of(net, name, module)
        if hasattr(module, "reset_parameters"):
            reset()
        elif reset is not None:
            later.append(reset)
    for reset in reversed(later):
        reset()


def _reset_of(net: nn.Module, name: str, module: nn.Module):
    """What redraws a module's own parameters; None if it has none that train."""
    for method in ("reset_parameters", "_reset_parameters"):
        if hasattr(module, method):
            return getattr(module, method)
    orphans = [own for own, parameter in module.named_parameters(recurse=False)
               if parameter.requires_grad]
    if isinstance(module, nn.ParameterList | nn.ParameterDict):  # drawn by the module that holds it
        holder = net.get_submodule(name.rpartition(".")[0])
        orphans *= not any(hasattr(holder, method)
                           for method in ("reset_parameters", "_reset_parameters"))
    if orphans:
        raise ValueError(
            f"no seed controls {orphans} of {name or 'the net'} ({type(module).__name__}): "
            "give that module a reset_parameters() method that draws them, or freeze them "
            "(requires_grad=False) if they are constants of the net")
    return None
