"""The highest scores of each row, exactly so many, and ties broken by the order in memory.

The cut of a small net ranks all its weights. Of a net with a hundred million that takes minutes and
gigabytes, and only a threshold is wanted. Rows and patterns (n of m) are cut here. Lesson 10 builds
on this file.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import whole_from
from ticketlab.pruning.masks import Masks, check_masks, dense, layer_name, prunable
from ticketlab.pruning.score_checks import check_scores
from ticketlab.pruning.scores import magnitude
from ticketlab.stack import Stack, check_stack

_FEW_PLACES = 16  # different numbers to keep
_LONG = 64  # weights of a row


def highest(scores: Tensor, keep: Tensor) -> Tensor:
    """Which scores are kept: bool [rows, n], True for the ``keep[row]`` highest of each row.

    scores: [rows, n], without nan. keep: int64 [rows], 0 to n. Of equal scores the first in memory
    goes first, as everywhere in ``pruning``.
    """
    n = scores.shape[1]
    place = (n - keep).clamp(max=n - 1)
    threshold = _at(scores.detach(), place)
    kept = scores >= threshold
    if (kept.sum(1) == keep).all():  # no ties at the threshold, as nearly always
        return kept
    above, ties = scores > threshold, scores == threshold
    wanted = keep.unsqueeze(1) - above.sum(1, keepdim=True)
    from_behind = ties.flip(1).cumsum(1, dtype=torch.int32).flip(1)
    return (above | ties & (from_behind <= wanted)) & (keep > 0).unsqueeze(1)


def _at(scores: Tensor, place: Tensor) -> Tensor:
    """The score at a place of each row in ascending order: [rows, 1]."""
    if scores.device.type == "cpu":
        places = place.unique().tolist()
        if scores.shape[1] >= _LONG and scores.dtype == torch.float32 and len(places) <= _FEW_PLACES:
            # a tenth of the time of torch's kthvalue (numpy has vector instructions for it)
            ranked = torch.from_numpy(np.partition(scores.numpy(), places, axis=1))
            return ranked.gather(1, place.unsqueeze(1))
        if len(places) == 1:
            return scores.kthvalue(places[0] + 1, dim=1, keepdim=True).values
    return scores.sort(dim=1).values.gather(1, place.unsqueeze(1))


def n_of_m(stack: Stack, n: int, m: int, *, score: Callable | None = None,
           masks: Masks | None = None) -> Masks:
    """Masks that keep the n highest of every m weights of a row that follow one another.

    2 of 4 is what some GPUs can compute faster. A row is what one output is computed from; that of a
    kernel runs over channels and places, in the order of memory. score: as `prune` takes it, by
    default magnitude. masks: what is pruned already stays pruned, and then fewer than n may remain.
    Exactly n of m remain otherwise; of equal scores the first in memory goes first.
    Raises ValueError unless 0 < n < m, and for a row that m does not divide, naming the layer.
    Mishra et al. 2021; with Wanda's score Sun et al. 2024, section 4. Lesson 10.
    """
    check_stack(stack)
    n, m = whole_from("n", n, 1), whole_from("m", m, 2)
    if n >= m:
        raise ValueError(f"n is {n} and m is {m}; n of every m weights are kept, so n must be below m")
    masks = dense(stack) if masks is None else masks
    check_masks(stack, masks)
    for name in prunable(stack.net):
        width = stack.parameters[name][0, 0].numel()
        if width % m:
            raise ValueError(f"the rows of layer {layer_name(name)!r} have {width} weights, which "
                             f"{m} does not "
                             f"divide; choose an m that does, or give the layer prunable_as = None")
    scores = (magnitude if score is None else score)(stack)
    check_scores(scores, masks, list(masks))
    cut = {}
    for name, mask in masks.items():
        groups = scores[name].masked_fill(~mask, -torch.inf).reshape(-1, m)
        keep = mask.reshape(-1, m).sum(1).clamp(max=n)
        cut[name] = highest(groups, keep).view(mask.shape)
    return cut
