"""How much work one network is: counted once on a single example, to decide how R of them are computed.

The counts depend on the network and the shape of its examples alone, never on the machine or on what
else it does, so that the same training takes the same way everywhere and gives the same bits.
``ticketlab.stack.ways`` and the training of all lessons build on this file.
"""

import copy
import weakref
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ticketlab.basics import forked
from ticketlab.stack.layers import hooked


class Work(NamedTuple):
    """One network's work on one example, forward. products: multiplications in matrix products and
    convolutions. outputs: numbers that its layers give, all together; widest: the most of one layer.
    layers: how often a layer is called. values: its parameters."""

    products: int
    outputs: int
    widest: int
    layers: int
    values: int


# An architecture's own: a stack that is cut or copied keeps it.
_counted: "weakref.WeakKeyDictionary[nn.Module, dict]" = weakref.WeakKeyDictionary()


def work(net: nn.Module, x: Tensor) -> Work | None:
    """The work of ``net`` on an example like those of ``x``, [..., *shape]: ``x`` itself is one. None
    if a copy of the net cannot be made, has hooks, or takes no single example."""
    known = _counted.setdefault(net, {})
    key = (tuple(x.shape), x.dtype)
    if key not in known:
        known[key] = _count(net, x)
    return known[key]


def _count(net: nn.Module, example: Tensor) -> Work | None:
    if hooked(net):  # which might write down what they see
        return None
    cpu, notes = torch.device("cpu"), []

    def note(module, inputs, output):
        if isinstance(output, Tensor):
            weight = getattr(module, "weight", None)
            positions = output.numel() // weight.shape[0] if isinstance(weight, Tensor) else 0
            notes.append((positions * weight.numel() if positions and weight.dim() > 1 else 0,
                          output.numel()))

    try:
        one = copy.deepcopy(net).to(cpu).eval()
        for module in one.modules():
            if not any(True for _ in module.children()):
                module.register_forward_hook(note)
        with torch.no_grad(), forked(cpu):
            one(example.detach().to(cpu)[None])
    except Exception:  # noqa: BLE001 - whatever the copy or the forward of anybody's net raises
        return None
    products, outputs = zip(*notes, strict=True) if notes else ((0,), (0,))
    return Work(sum(products), sum(outputs), max(outputs), len(notes),
                sum(values.numel() for values in net.parameters()))
