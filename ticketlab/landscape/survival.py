"""Which hidden units a mask leaves alive: those that a path of kept weights leads through.

A unit that nothing reaches gives the same for every input, and one that nobody reads changes nothing.
Both could be cut out whole. Lesson 08 builds on this file.
"""

import torch
from torch import Tensor, nn

from ticketlab.landscape.hidden_units import hidden
from ticketlab.pruning import Masks


def surviving(net: nn.Module, masks: Masks) -> dict[str, Tensor]:
    """layer -> bool [R, units]: whether kept weights lead from an input to the unit and on to an output.

    net: a plain chain of layers; of convolutions the units are channels, and behind a flatten a channel
    is read at several positions. Raises ValueError as ``hidden`` does. Lesson 08 builds on it.
    """
    units = hidden(net)
    reached, before = {}, None
    for layer, own in units.items():  # from the input on
        mask = _by_unit(masks[f"{layer}.weight"])
        reached[layer] = (mask if before is None else mask & before[:, None]).any(2)
        before = reached[layer].repeat_interleave(own.each, 1)
    read, behind = {}, None
    for layer, own in reversed(units.items()):  # from the output back
        mask = _by_unit(masks[own.reader])
        used = mask.any(1) if behind is None else (mask & behind[:, :, None]).any(1)
        read[layer] = used.unflatten(1, (own.size, own.each)).any(2)
        behind = read[layer]
    return {layer: torch.logical_and(alive, read[layer]) for layer, alive in reached.items()}


def _by_unit(mask: Tensor) -> Tensor:
    """[R, outputs, inputs]: whether any weight between the two is kept, of kernels at any place."""
    return mask.flatten(3).any(3) if mask.dim() > 3 else mask
