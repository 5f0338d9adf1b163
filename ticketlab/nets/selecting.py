"""Which parameters are meant: by the name of a layer or of a parameter, or by a kind.

``training`` goes by it for what a recipe trains, ``landscape`` for what is reset. Lesson 08 builds on
this file.
"""

import difflib
from collections.abc import Sequence

from torch import nn

from ticketlab.nets.parameters import kinds

EVERYTHING = "everything"
_BY_PLACE = {"first layer": 0, "last layer": -1}
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)


def selected(net: nn.Module, chosen: str | Sequence[str]) -> set[str]:
    """The names of the parameters that ``chosen`` means.

    chosen: one or several of: the name of a layer, for all parameters in it (``"hidden1"``); of a
    parameter (``"hidden1.bias"``); or a kind: ``"everything"``, ``"first layer"`` and ``"last layer"``
    (of those with a matrix or kernels, biases included), ``"biases"`` (of those layers), ``"norms"``
    (scale and shift of normalisation), and the kinds of rates, ``"hidden"``, ``"conv"``, ``"output"``.
    A parameter that several layers share has its first name.
    Raises ValueError for a name that the net has not, with the nearest one, and for a kind of which it
    has none. Frankle, Schwab & Morcos 2021 train ``"norms"`` alone. Lesson 08 builds on it.
    """
    chosen = [chosen] if isinstance(chosen, str) else list(chosen)
    groups = _groups(net)
    found = set()
    for name in chosen:
        if name not in groups:
            close = difflib.get_close_matches(str(name), groups, n=1, cutoff=0.4)
            meant = f" (did you mean {close[0]!r}?)" if close else ""
            raise ValueError(f"{name!r} is no layer, no parameter and no kind of this net{meant}; it has "
                             f"the layers {_layers(net)} and the kinds {_kinds(net)}")
        if not groups[name]:
            raise ValueError(f"{name!r} means nothing in this net, which has none; it has the kinds "
                             f"{_kinds(net)}")
        found |= groups[name]
    return found


def _groups(net: nn.Module) -> dict[str, set[str]]:
    """Everything that can be said -> the parameters that it means."""
    first = {id(parameter): name for name, parameter in net.named_parameters()}

    def of(module: nn.Module, recurse=True, only="") -> set[str]:
        return {first[id(p)] for name, p in module.named_parameters(recurse=recurse)
                if name == only or not only}

    modules, matrices = dict(net.named_modules(remove_duplicate=False)), kinds(net)
    groups = {name: {name} for name in first.values()}
    groups |= {EVERYTHING: set(first.values()), "biases": set(), "norms": set()}
    for layer, kind in matrices.items():
        groups["biases"] |= of(modules[layer], only="bias")
        if kind is not None:
            groups[kind] = groups.get(kind, set()) | of(modules[layer], recurse=False)
    for module in modules.values():
        if isinstance(module, _NORMS):
            groups["norms"] |= of(module)
    for name, place in _BY_PLACE.items():
        groups[name] = of(modules[list(matrices)[place]]) if matrices else set()
    # a layer's own name comes before a kind of the same name
    return groups | {name: own for name, module in modules.items() if name and (own := of(module))}


def _layers(net: nn.Module) -> list[str]:
    return [name for name, module in net.named_modules()
            if name and any(True for _ in module.parameters(recurse=False))]


def _kinds(net: nn.Module) -> list[str]:
    layers = set(_layers(net))
    return [name for name, own in _groups(net).items() if own and "." not in name and name not in layers
            and name not in dict(net.named_parameters()) and name not in dict(net.named_modules())]
