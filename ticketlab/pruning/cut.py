"""Pruning: which weights go, where they compete, and how many.

Three questions, answered apart. *Which*: a score (``scores``), a function of the stack that gives every
weight a number; the lowest go first. *Where*: the scope, ``"layer"`` (each layer on its own), ``"row"``
(the weights of one output on their own) or ``"global"`` (one pool). *How many*: a rate of the
survivors, or a density to end at. *When* to cut is the loop around it (lesson 04). Lesson 03 builds
on this file.
"""

import difflib
from collections.abc import Sequence

import torch
from torch import Tensor

from ticketlab.basics import choose, whole_from
from ticketlab.pruning.masks import Masks, check_masks, dense, layer_name, prunable
from ticketlab.pruning.score_checks import check_scores
from ticketlab.pruning.scores import Score, Scores, magnitude
from ticketlab.pruning.selection import highest
from ticketlab.stack import Stack, check_stack

Share = float | dict[str, float]
SCOPES = ("layer", "row", "global")


class LayerCollapse(ValueError):
    """A cut would leave a layer without weights. ``layer`` and ``replicate`` say which."""

    def __init__(self, layer: str, replicate: int, size: int):
        self.layer, self.replicate = layer, replicate
        super().__init__(
            f"layer {layer!r} of replicate {replicate} would lose all of its {size} weights, and "
            "nothing would pass it; prune less, or give that layer a lower rate")


def prune(stack: Stack, masks: Masks | None = None, *, rate: Share | None = None,
          density: Share | None = None, score: Score = magnitude, scope: str = "layer") -> Masks:
    """Masks with the lowest-scoring survivors removed.

    stack: the networks whose weights are scored. masks: what is pruned already (by default
    nothing); pruned weights stay pruned. rate: share of the survivors to remove, or density: share
    of all weights to keep; a number, or a dictionary by layer name or kind (``{"hidden": .2,
    "output": .1}``) that covers every layer. A rate of 0 there leaves a layer alone; under
    ``scope="global"`` the layers that are not left alone share one rate and one pool.

    Exactly round(rate x survivors) weights go, or round(density x size) stay, in each pool of each
    replicate; under ``scope="row"`` every row of a layer is a pool. Of equal scores the first in
    memory goes first.
    Raises ValueError for shares, layers, scopes or masks that do not fit, for a density above the
    present one and for a cut that removes nothing; LayerCollapse if a layer would be left empty.
    Frankle & Carbin 2019, section 2 (layer) and section 4 (global); Sun et al. 2024 (row). Lesson 03
    builds on it; rows are lesson 10's.
    """
    masks = dense(stack) if masks is None else masks
    check_masks(stack, masks)
    if (rate is None) == (density is None):
        raise ValueError("give prune either a rate (of the survivors, to remove) "
                         "or a density (of all weights, to keep), and not both")
    shares = by_layer(stack, "density" if rate is None else "rate", density if rate is None else rate)
    cut, scores = dict(masks), score(stack)
    removed = 0
    for pool in _pools(shares, scope, rate is None):
        if scope == "row":
            cut[pool[0]] = _rows(scores, masks, pool[0], shares[pool[0]], rate is None)
            removed += int(masks[pool[0]].sum() - cut[pool[0]].sum())
            continue
        sizes = [masks[name][0].numel() for name in pool]
        alive = torch.stack([masks[name].flatten(1).sum(1) for name in pool]).sum(0).tolist()
        if rate is None:
            keep = [round(shares[pool[0]] * sum(sizes))] * stack.replicates
            _check_reachable(shares[pool[0]], keep, alive, sum(sizes), pool)
        else:
            keep = [n - round(shares[pool[0]] * n) for n in alive]
        removed += sum(alive) - sum(keep)
        check_scores(scores, masks, pool)
        flat = [scores[name].masked_fill(~masks[name], -torch.inf).flatten(1) for name in pool]
        kept = highest(torch.cat(flat, 1), torch.tensor(keep, device=flat[0].device))
        for name, part in zip(pool, kept.split(sizes, dim=1), strict=True):
            cut[name] = part.view(masks[name].shape)
    if removed == 0:
        asked = f"a density of {density}" if rate is None else f"a rate of {rate}"
        raise ValueError(f"{asked} removes none of the surviving weights at this size; "
                         "remove more, or stop here")
    _check_collapse(cut)
    return cut


def removal_ranks(scores: Scores, masks: Masks, pool: Sequence[str]) -> dict[str, Tensor]:
    """The order in which a pool's weights go: name -> int64 [R, ...], 0 goes first.

    What is pruned already ranks below everything else, so a cut is a threshold on the rank, and
    cuts are nested. Panels sort once and then only move the threshold (lesson 03's slider).
    Raises ValueError and TypeError for scores that cannot rank: see ``score_checks``.
    """
    check_scores(scores, masks, pool)
    flat = [scores[name].masked_fill(~masks[name], -torch.inf).flatten(1) for name in pool]
    order = torch.cat(flat, 1).argsort(dim=1, stable=True)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    ranks = torch.empty_like(order).scatter_(1, order, places)
    parts = ranks.split([part.shape[1] for part in flat], dim=1)
    return {name: part.view(masks[name].shape) for name, part in zip(pool, parts, strict=True)}


def rate_for(density: float, rounds: int) -> float:
    """The rate that leaves ``density`` of the weights after that many rounds: 1 - q^(1/n).

    Raises ValueError for a density outside (0, 1) or fewer than one round.
    """
    if not 0 < density < 1:
        raise ValueError(f"density is {density}; it must lie between 0 and 1, both excluded")
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}; it must be at least 1")
    return 1 - density ** (1 / rounds)


def ladder(stack: Stack, rate: Share, levels: int, scope: str = "layer") -> list[float]:
    """The densities of iterative pruning, level 0 (dense, 1.0) to ``levels``, as shares.

    Counts whole weights as ``prune`` does. LeNet-300-100 with ``{"hidden": .2, "output": .1}``
    gives the paper's ladder (Frankle & Carbin 2019, figure 1: 100, 80.04, 64.06, ... %).
    Raises ValueError for a rate or scope that does not fit, and for fewer than 0 levels.
    """
    levels = whole_from("levels", levels)
    shares = by_layer(stack, "rate", rate)
    sizes = {name: stack.parameters[name][0].numel() for name in shares}
    pools = {tuple(pool): sum(sizes[name] for name in pool) for pool in _pools(shares, scope, False)}
    untouched = sum(sizes.values()) - sum(pools.values())
    alike = dict.fromkeys(pools, 1)  # rows of a layer stay as long as one another
    if scope == "row":
        alike = {pool: stack.parameters[pool[0]].shape[1] for pool in pools}
        pools = {pool: n // alike[pool] for pool, n in pools.items()}
    densities = [1.0]
    for _ in range(levels):
        pools = {pool: n - round(shares[pool[0]] * n) for pool, n in pools.items()}
        kept = sum(alike[pool] * n for pool, n in pools.items())
        densities.append((untouched + kept) / sum(sizes.values()))
    return densities


def by_layer(stack: Stack, what: str, share: Share) -> dict[str, float]:
    """The share of each prunable weight, from one number or a dictionary by name or kind."""
    check_stack(stack)
    kinds = prunable(stack.net)
    if not isinstance(share, dict):
        _check_share(what, share)
        return dict.fromkeys(kinds, share)
    for key, value in share.items():
        allowed = [layer_name(name) for name in kinds] + sorted(set(kinds.values()))
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, n=1)
            raise ValueError(f"{what} names {key!r}, which is no layer and no kind of layer of this "
                             f"net{f'; did you mean {close[0]!r}?' if close else ''} "
                             f"It has {allowed}")
        _check_share(f"{what} of {key!r}", value, zero=what == "rate", one=what == "density")
    shares = {}
    for name, kind in kinds.items():
        if layer_name(name) not in share and kind not in share:
            raise ValueError(f"{what} says nothing of layer {layer_name(name)!r} (kind {kind!r}); "
                             f"give it one, {0 if what == 'rate' else 1} to leave it alone")
        shares[name] = share.get(layer_name(name), share.get(kind))
    return shares


def _check_share(what: str, value: float, zero=False, one=False) -> None:
    if not (0 < value < 1 or zero and value == 0 or one and value == 1):
        raise ValueError(f"{what} is {value}; it must lie between 0 and 1"
                         f"{', 0 included' if zero else ''}{', 1 included' if one else ''}; "
                         "write 20 % as 0.2")


def _pools(shares: dict[str, float], scope: str, is_density: bool) -> list[list[str]]:
    """The groups of weights that compete with one another."""
    choose("scope", scope, SCOPES)
    taking_part = [name for name, share in shares.items() if share != (1 if is_density else 0)]
    if scope in ("layer", "row"):
        return [[name] for name in taking_part]
    if len({shares[name] for name in taking_part}) > 1:
        raise ValueError(f"the global scope has one pool and so one share, and {shares} has "
                         "several; give equal shares (0 leaves a layer out), or scope='layer'")
    return [taking_part] if taking_part else []


def _rows(scores: Scores, masks: Masks, name: str, share: float, is_density: bool) -> Tensor:
    """The mask of a layer in which every row, the weights of one output, is a pool of its own."""
    check_scores(scores, masks, [name])
    mask = masks[name].flatten(2).flatten(0, 1)
    alive, size = mask.sum(1), mask.shape[1]
    if is_density:
        keep = torch.full_like(alive, round(share * size))
        _check_reachable(share, [int(keep[0])], [int(alive.min())], size, [name], "a row of ")
    else:
        keep = alive - (share * alive.double().cpu()).round().to(alive)
    flat = scores[name].reshape(mask.shape).masked_fill(~mask, -torch.inf)
    return highest(flat, keep).view(masks[name].shape)


def _check_reachable(density: float, keep: list[int], alive: list[int], size: int, pool,
                     part: str = "") -> None:
    names = part + ", ".join(layer_name(name) for name in pool)
    for replicate, (target, now) in enumerate(zip(keep, alive, strict=True)):
        if target > now:
            raise ValueError(
                f"a density of {density} cannot be reached by pruning: {names} of replicate "
                f"{replicate} is at {now / size:.4g} already; ask for less than that")
        if target == 0:
            raise ValueError(
                f"a density of {density} leaves none of the {size} weights of {names}; "
                f"the smallest that leaves one is {1 / size:.2g}")


def _check_collapse(masks: Masks) -> None:
    for name, mask in masks.items():
        alive = mask.flatten(1).any(1)
        if not alive.all():
            replicate = int(alive.int().argmin())
            raise LayerCollapse(layer_name(name), replicate, mask[0].numel())
