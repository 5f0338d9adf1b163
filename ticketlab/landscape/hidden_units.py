"""Hidden units: which tensors write them, which read them, and what stands between.

The unit i of a layer is row i of its weights (and bias, and batch normalisation behind it), and it is
read through column i of the next layer. Whoever renames, scales or mixes units changes both sides.
``symmetries`` and ``alignment`` build on this file, and lesson 07 through them.
"""

from typing import NamedTuple

from torch import nn

from ticketlab.nets import Residual

CONVOLUTIONS = nn.Conv1d, nn.Conv2d
NORMS = nn.BatchNorm1d, nn.BatchNorm2d
BENT = nn.Tanh, nn.Sigmoid, nn.GELU
ELEMENTWISE = (nn.ReLU, nn.LeakyReLU, *BENT)  # the first two let a positive factor through
PER_CHANNEL = (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d,
               nn.AdaptiveAvgPool2d)
SHAPES = nn.Flatten, nn.Unflatten, nn.Identity, nn.modules.dropout._DropoutNd


class Hidden(NamedTuple):
    """The units between one layer and the next.

    layer: the one that writes them. size: how many. rows: parameters and buffers [R, units, ...].
    reader: name of the weights [R, outputs, inputs, ...] that read them. each: inputs of the reader a
    unit has, side by side: its positions, behind a Flatten. between: the modules in between. norm: the
    batch normalisation among them, by name, or None.
    """

    layer: str
    size: int
    rows: tuple[str, ...]
    reader: str
    each: int
    between: tuple[nn.Module, ...]
    norm: str | None

    @property
    def activation(self) -> str | None:
        """The name of what acts on each unit by itself, such as ``ReLU``; None if nothing does."""
        return next((type(module).__name__ for module in self.between
                     if isinstance(module, (*ELEMENTWISE, *NORMS, *PER_CHANNEL))), None)


def hidden(net: nn.Module) -> dict[str, Hidden]:
    """layer -> its hidden units, from the input on, for a plain chain of layers.

    Raises ValueError, naming the layer, where units have more than one writer or reader (skip
    connections, a layer used twice), for convolutions with groups, and for layers that it does not
    know.
    """
    if type(net) is not nn.Sequential:
        raise ValueError(f"the net is a {type(net).__name__}; its hidden units are known for an "
                         "nn.Sequential of layers, such as nets.mlp or nets.conv1d")
    found, writer, between, seen = {}, None, [], set()
    for name, module in _flat(net):
        if id(module) in seen and any(True for _ in module.parameters()):
            raise ValueError(f"the layer {name!r} is used twice, so its units have two readers; give "
                             "the net a layer of its own at each place")
        seen.add(id(module))
        if isinstance(module, (nn.Linear, *CONVOLUTIONS)):
            if isinstance(module, CONVOLUTIONS) and module.groups > 1:
                raise ValueError(f"{name!r} is a convolution in {module.groups} groups, whose channels "
                                 "cannot change places freely; only groups=1 is supported")
            if writer:
                found[writer[0]] = _hidden(*writer, name, module, between)
            writer, between = (name, module), []
        elif isinstance(module, (*ELEMENTWISE, *NORMS, *PER_CHANNEL, *SHAPES)):
            between.append((name, module))
        else:
            kind = "a skip connection" if isinstance(module, Residual) else type(module).__name__
            raise ValueError(f"{name!r} is {kind}, whose hidden units have no single writer and reader; "
                             "supported are chains of linear and convolutional layers, such as nets.mlp, "
                             "nets.conv1d and nets.conv")
    return found


def _flat(net: nn.Sequential, prefix=""):
    for name, module in net._modules.items():  # not named_children(), which leaves out second uses
        if type(module) is nn.Sequential:
            yield from _flat(module, f"{prefix}{name}.")
        else:
            yield prefix + name, module


def _hidden(layer, module, reader, reading, between) -> Hidden:
    size = module.weight.shape[0]
    norms = [name for name, each in between if isinstance(each, NORMS)]
    rows = [f"{layer}.weight"] + [f"{layer}.bias"] * (module.bias is not None)
    for name, each in between:
        if isinstance(each, NORMS):
            parts = ["weight", "bias"] * each.affine
            parts += ["running_mean", "running_var"] * each.track_running_stats
            rows += [f"{name}.{part}" for part in parts]
    return Hidden(layer, size, tuple(rows), f"{reader}.weight", reading.weight.shape[1] // size,
                  tuple(each for _, each in between), norms[0] if norms else None)
