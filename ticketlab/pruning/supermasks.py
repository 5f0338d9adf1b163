"""Supermasks: which weights of a random network are used, learned by edge-popup.

Every weight stays as it was drawn and has a score; in each layer the weights with the largest scores
are used, exactly so many. The scores are trained: the gradient passes the cut as if it were not there
(straight-through), so a weight that is not used now can come back. Ramanujan et al. 2020 (What's Hidden
in a Randomly Weighted Neural Network?, arXiv 1911.13299). ``training.picking`` trains with what is
here. Lesson 08 builds on this file.
"""

from collections.abc import Sequence
from numbers import Real

import numpy as np
import torch
from torch import Tensor, nn

from ticketlab.nets import weights
from ticketlab.pruning.masks import Masks, dense, layer_name, prunable, survivors
from ticketlab.pruning.selection import highest
from ticketlab.stack import Stack, check_stack


def first_scores(values: Tensor, name: str, seeds: Sequence[int]) -> Tensor:
    """Scores to begin with: [R, ...] like the weights ``values``, uniform within ±1/sqrt(fan in), as the
    authors' code draws them. Decided by each network's seed and the weight's name alone, so that a
    network has the same ones alone and in any stack, on every device."""
    bound = values[0, 0].numel() ** -0.5
    drawn = [np.random.default_rng([seed, *f"scores of {name}".encode()]).uniform(
        -bound, bound, values.shape[1:]).astype(np.float32) for seed in seeds]
    return torch.from_numpy(np.stack(drawn)).to(values.device)


def top(scores: Tensor, keep: Tensor) -> Tensor:
    """Which weights of a layer are used: bool [R, ...], True for the ``keep[r]`` scores of network r that
    are largest in absolute value, exactly so many. Of equal ones the first in memory goes first, as
    everywhere in ``pruning``. keep: int64 [R]."""
    return highest(scores.detach().abs().flatten(1), keep).view(scores.shape)


def score_gradient(gradient: Tensor, values: Tensor, scores: Tensor) -> Tensor:
    """The gradient of the scores, straight through the cut: that of the weight that acts, times the
    weight as it was drawn, times the sign of its score. Whether the weight is used plays no part.

    gradient: of the loss, by the weights that act (those used, zero for the others). All [R, ...].
    Ramanujan et al. 2020, section 3.2.
    """
    return gradient * values * scores.detach().sign()


def found(stack: Stack) -> Masks:
    """The masks of networks that were trained by ``Recipe(trained="masks")``: the weights that act.

    For any other network: which weights are not zero.
    """
    check_stack(stack)
    return {name: stack.parameters[name].detach() != 0 for name in prunable(stack.net)}


def counts(masks: Masks) -> dict[str, Tensor]:
    """How many weights of each layer are to be used: name -> int64 [R]. Raises ValueError, naming layer
    and network, for a layer that would be left empty."""
    kept = survivors(masks)
    for name, own in kept.items():
        if not own.all():
            raise ValueError(f"the mask keeps none of the {masks[name][0].numel()} weights of layer "
                             f"{layer_name(name)!r} of replicate {int((own == 0).int().argmax())}, and "
                             "nothing would pass it; keep a larger share")
    return kept


def shares(stack: Stack, values: Sequence[float]) -> list[Masks]:
    """For each share, masks that keep so much of every layer: round(share x weights), the first ones in
    memory, for it is only their number that a supermask begins with.

    Raises ValueError for a share outside 0 (excluded) to 1, and, naming the layer, for one that rounds
    to no weight there.
    """
    check_stack(stack)
    every = []
    for share in values:
        if not isinstance(share, Real) or not 0 < share <= 1:  # nan neither
            raise ValueError(f"the share is {share!r}; a supermask keeps a share above 0, up to 1 (all); "
                             "write 50 % as 0.5")
        masks = dense(stack)
        for name, mask in masks.items():
            size = mask[0].numel()
            keep = round(share * size)
            if keep == 0:
                raise ValueError(f"a share of {share} leaves none of the {size} weights of layer "
                                 f"{layer_name(name)!r}; the smallest that leaves one is {1 / size:.2g}")
            mask.flatten(1)[:, keep:] = False
        every.append(masks)
    return every


def check_pickable(net: nn.Module, parameters: dict[str, Tensor]) -> None:
    """Raises ValueError, with the cure, for a net with tied weights, of which a supermask would have to
    use one and the same in two places, and for weights that are zero, which nobody could tell from
    those that are not used."""
    names = {}
    for name, parameter in net.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    for first, *others in names.values():
        if others and first in weights(net):
            raise ValueError(f"{first!r} and {others[0]!r} are one tied weight, and a supermask would "
                             "have to use it in both places or in none; give each layer its own "
                             "weights, or that layer prunable_as = None")
    for name in prunable(net):
        zeros = int((parameters[name] == 0).sum())
        if zeros:
            raise ValueError(f"{zeros} weights of layer {layer_name(name)!r} are exactly 0 before the "
                             "search, and using them or not would be the same; give networks that are "
                             "not pruned, such as tl.draw(net, seeds, tl.nets.kaiming_normal)")
