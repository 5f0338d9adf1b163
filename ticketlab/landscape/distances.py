"""Distances between solutions: how far and which way the weights went, and how much masks differ.

One number a replicate, over two stacks of R networks or their masks. Lesson 05 builds on this file.
"""

import torch
from torch import Tensor

from ticketlab.landscape.lines import check_pair
from ticketlab.pruning import Masks, layer_densities, layer_name
from ticketlab.stack import Stack


def distance(a: Stack, b: Stack) -> Tensor:
    """Euclidean distance between two stacks' nets: [R], on the CPU.

    Over all parameters, biases and normalisation included, because that is the space in which the
    line is straight; running statistics are no parameters. ``distance(initial, trained)`` is how
    far training went. Raises ValueError for stacks that do not fit. Lesson 05.
    """
    return displacement(a, b).norm(dim=1)


def displacement(a: Stack, b: Stack) -> Tensor:
    """From a to b, over all parameters: [R, n] in float64, on the CPU (MPS has no float64)."""
    check_pair(a, b)
    with torch.no_grad():
        return torch.cat([(b.parameters[name].cpu().double() - values.cpu().double()).flatten(1)
                          for name, values in a.parameters.items()], dim=1)


def cosine(a: Stack, b: Stack, origin: Stack) -> Tensor:
    """Cosine of the angle between the ways from ``origin`` to ``a`` and to ``b``: [R].

    1: the two went the same way; 0: at right angles, with nothing in common. Over all parameters.
    Raises ValueError for stacks that do not fit, and for a net that has not moved. Lesson 05.
    """
    ways = [displacement(origin, end) for end in (a, b)]
    for name, way in zip("ab", ways, strict=True):
        still = (way == 0).all(1).nonzero().flatten().tolist()
        if still:
            raise ValueError(f"replicate {still[0]} of {name} is where it started, so it has no "
                             "direction; compare nets that were trained from origin")
    return (ways[0] * ways[1]).sum(1) / (ways[0].norm(dim=1) * ways[1].norm(dim=1))


def hamming(a: Masks, b: Masks) -> Tensor:
    """Share of the weights that one mask keeps and the other prunes: [R], exact to float64.

    0: equal masks; 1: each keeps what the other prunes. ``hamming_by_chance`` says what to compare
    it with. Raises ValueError for masks of different nets or replicates. Lesson 05.
    """
    _check_masks_pair(a, b)
    differing = torch.stack([(a[name] ^ b[name]).flatten(1).sum(1) for name in a]).sum(0)
    return differing.cpu().double() / sum(mask[0].numel() for mask in a.values())


def hamming_by_chance(a: Masks, b: Masks) -> Tensor:
    """What ``hamming`` would be, in expectation, of random masks with these layers' densities: [R].

    Sparse masks agree on most weights whatever they keep: at 10 % density two random masks differ
    in only 18 %. Raises ValueError as ``hamming`` does. Lesson 05.
    """
    _check_masks_pair(a, b)
    kept_a, kept_b = layer_densities(a), layer_densities(b)
    sizes = {layer_name(name): mask[0].numel() for name, mask in a.items()}
    return sum(size * (kept_a[layer] * (1 - kept_b[layer]) + kept_b[layer] * (1 - kept_a[layer]))
               for layer, size in sizes.items()) / sum(sizes.values())


def _check_masks_pair(a: Masks, b: Masks) -> None:
    for name in [*a, *b]:
        shapes = [tuple(masks[name].shape) if name in masks else "absent" for masks in (a, b)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"the masks are not of the same nets: {name!r} is {shapes[0]} "
                             f"against {shapes[1]} (replicates first)")
