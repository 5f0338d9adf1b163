"""The networks of the course: plain ``torch.nn`` modules, and how they are initialised.

Every net is an ``nn.Sequential`` whose layers carry the names that tables and figures show
(``conv1``, ``hidden1``, ``output``). A net made here is only an *architecture*: its values are
drawn by ``ticketlab.stack.draw``, one seed a replicate. The nets for images are built in
``ticketlab.nets.images``, the one for text in ``ticketlab.nets.text``, and are names of this file
too. Lesson 01 builds on this file.
"""

from collections import OrderedDict
from math import prod
from typing import NamedTuple

from torch import nn


class Task(NamedTuple):
    """What a net needs to know of a data set. A ``ticketlab.data.Data`` serves as well.

    shape: shape of one example, such as ``(40,)`` or ``(3, 32, 32)``; classes: number of labels.
    """

    shape: tuple[int, ...]
    classes: int


def mlp(data, hidden=(300, 100)) -> nn.Sequential:
    """Fully connected net with ReLU. The default is LeNet-300-100: 266,200 weights on MNIST.

    data: anything with ``shape`` and ``classes``. hidden: units of each hidden layer.
    Raises ValueError for a width below 1. LeCun et al. 1998; Frankle & Carbin 2019, section 2.
    Lessons 01-04 use it.
    """
    hidden = _widths(hidden)
    layers = OrderedDict()
    if len(data.shape) > 1:
        layers["flatten"] = nn.Flatten()
    inputs = prod(data.shape)
    for number, units in enumerate(hidden, start=1):
        layers[f"hidden{number}"] = nn.Linear(inputs, units)
        layers[f"relu{number}"] = nn.ReLU()
        inputs = units
    layers["output"] = nn.Linear(inputs, data.classes)
    return nn.Sequential(layers)


def conv1d(data, width=32, kernels=(5, 3, 3)) -> nn.Sequential:
    """Small 1-D convolutional net with batch normalisation: 8,202 parameters on MNIST-1D.

    Each convolution has stride 2 and halves the length; a linear head reads what is left.
    data: examples of shape (length,) or (channels, length). width: channels of every layer.
    Raises ValueError for images or a width below 1. Greydanus 2020 (MNIST-1D). Lesson 05 uses it:
    unlike the MLP, this net is not stable to the noise of SGD from its first step.
    """
    if len(data.shape) > 2:
        raise ValueError(
            "conv1d reads signals of shape (length,) or (channels, length), not "
            f"{tuple(data.shape)}; use nets.conv for images"
        )
    (width,) = _widths([width])
    layers = OrderedDict()
    if len(data.shape) == 1:
        layers["channel"] = nn.Unflatten(1, (1, data.shape[0]))
    channels = 1 if len(data.shape) == 1 else data.shape[0]
    length = data.shape[-1]
    for number, kernel in enumerate(kernels, start=1):
        layers[f"conv{number}"] = nn.Conv1d(channels, width, kernel, stride=2, padding=kernel // 2)
        layers[f"norm{number}"] = nn.BatchNorm1d(width)
        layers[f"relu{number}"] = nn.ReLU()
        channels, length = width, (length + 2 * (kernel // 2) - kernel) // 2 + 1
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(channels * length, data.classes)
    return nn.Sequential(layers)


def glorot_normal(net: nn.Module) -> None:
    """Draw new values for every parameter of ``net`` in place, from torch's global generator.

    Weights of linear and convolutional layers: Gaussian Glorot, standard deviation
    sqrt(2 / (fan in + fan out)), biases zero, as in the paper. Every other layer is reset by its
    own ``reset_parameters``. Raises ValueError if a parameter belongs to no layer that can redraw
    it: its value would be the same in every replicate, and no seed would control it.
    Glorot & Bengio 2010; Frankle & Carbin 2019, section 2. ``stack.draw`` calls it under a seed.
    """
    for name, module in net.named_modules():
        if isinstance(module, nn.modules.conv._ConvNd | nn.Linear):
            nn.init.xavier_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        else:
            _reset(name, module)


def torch_default(net: nn.Module) -> None:
    """Draw new values for every parameter of ``net`` in place, as each layer's author chose.

    Calls ``reset_parameters`` of every layer; raises ValueError as ``glorot_normal`` does.
    An alternative to it for nets that are not of this course.
    """
    for name, module in net.named_modules():
        _reset(name, module)


def _reset(name: str, module: nn.Module) -> None:
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()
        return
    orphans = [own for own, _ in module.named_parameters(recurse=False)]
    if orphans:
        raise ValueError(
            f"no seed controls {orphans} of {name or 'the net'} ({type(module).__name__}): "
            "give that module a reset_parameters() method that draws them"
        )


def _widths(widths) -> tuple[int, ...]:
    widths = tuple(int(units) for units in widths)
    if any(units < 1 for units in widths):
        raise ValueError(f"widths are {widths}; every layer needs at least 1 unit")
    return widths


def kinds(net: nn.Module) -> dict[str, str | None]:
    """The kind of every layer with a matrix or kernels, by its name: what rates and tables go by.

    ``"conv"``, ``"hidden"`` (linear) and ``"output"`` (the last layer, whatever its type), unless
    the layer's class has a kind of its own in ``prunable_as``; None there: it is never pruned.
    ``masks.prunable`` builds on it.
    """
    found = {}
    for name, module in net.named_modules():
        if isinstance(module, nn.modules.conv._ConvNd | nn.Linear):
            usual = "hidden" if isinstance(module, nn.Linear) else "conv"
            found[name] = getattr(module, "prunable_as", usual)
    last = next(reversed(found), None)
    if found and not hasattr(net.get_submodule(last), "prunable_as"):
        found[last] = "output"
    return found


def count(net: nn.Module) -> dict[str, int]:
    """Numbers of parameters: ``weights`` (matrices and kernels, which pruning may remove), and
    ``others`` (biases, normalisation and embeddings, which it never touches). Densities count
    weights only."""
    weights = sum(net.get_submodule(name).weight.numel() for name, kind in kinds(net).items()
                  if kind is not None)
    total = sum(parameter.numel() for parameter in net.parameters())
    return {"weights": weights, "others": total - weights}
