"""Training that networks join on the way: groups that begin at different steps, in one stack.

Rewinding to several steps k, or children of several snapshots, are trainings of one recipe that
only begin at different times. Here they run as one stack, and each group comes aboard at its own
step.
Lesson 05 builds on this file.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

from ticketlab.pruning import Masks, concatenate
from ticketlab.training.history import METRICS, Run, Snapshot, join
from ticketlab.training.loop import check_span, train


def train_joining(starts: Sequence[Snapshot], data, recipe, *, masks: Sequence[Masks] | None = None,
                  order_seeds: Sequence[Sequence[int]], snapshots: Sequence[int] = (),
                  learn: Callable = train, progress=True) -> list[Run]:
    """Train several groups of networks to the recipe's end, each from its own moment.

    starts: one Snapshot a group. masks: one a group, for all or for none. order_seeds: for each
    group, one seed a network. snapshots: steps at which each group that is aboard is kept. learn:
    ``training.train``, or a function of the same arguments. progress: as there. A group that begins
    with a fresh optimiser where others have one gets a state of zeros, which for SGD is the same;
    Adam counts steps, so such groups cannot join.

    Gives one Run a group, in order, with curves from its own first step on (a row at every step at
    which a group comes aboard, too). The same as training each group alone, within float tolerance.
    Raises ValueError for groups that cannot go together, and what ``train`` raises.
    """
    total = recipe.schedule(len(data.x_train)).total
    _check_groups(starts, masks, order_seeds)
    order = sorted(range(len(starts)), key=lambda group: starts[group].step)
    steps = sorted({start.step for start in starts})
    check_span(steps[0], total, total, snapshots)
    aboard, moment, curves, kept = [], None, {group: [] for group in order}, {}
    for begin, end in pairwise([*steps, total]):
        joining = [group for group in order if starts[group].step == begin]
        used = [moment] if moment else [starts[group] for group in joining]
        like = next((each.optimizer for each in used if each.optimizer is not None), None)
        new = [_with_state(starts[group], like, recipe) for group in joining]
        moment = join(([moment] if aboard else []) + new)
        aboard += joining
        run = learn(moment, data, recipe, stop=end, progress=progress,
                    snapshots=[step for step in snapshots
                               if begin <= step < end or step == end == total],
                    masks=None if masks is None else concatenate([masks[each] for each in aboard]),
                    order_seeds=[seed for group in aboard for seed in order_seeds[group]])
        moment = run.end
        for group, part in _parts(run, aboard, starts).items():
            curves[group].append(part.curves)
            kept[group] = kept.get(group, {}) | part.snapshots
    ends = _parts(run, aboard, starts)
    return [Run(ends[group].end, _in_a_row(curves[group]), kept[group])
            for group in range(len(starts))]


def _with_state(start: Snapshot, like: dict | None, recipe) -> Snapshot:
    """A fresh optimiser in the form of one that has been used, to join those that have."""
    if start.optimizer is not None or like is None:
        return start
    if recipe.optimizer != "sgd":
        raise ValueError(f"a group with a fresh {recipe.optimizer} cannot join at step "
                         f"{start.step}: that optimiser counts its steps, one count for the stack; "
                         "train it alone")
    state = {name: {key: torch.zeros_like(start.stack.parameters[name]) for key in own}
             for name, own in like.items()}
    return start._replace(optimizer=state)


def _check_groups(starts, masks, order_seeds) -> None:
    if not starts:
        raise ValueError("there are no groups to train; give at least one Snapshot to start from")
    for name, given in (("order_seeds", order_seeds), ("masks", masks)):
        if given is not None and len(given) != len(starts):
            raise ValueError(f"{name} has {len(given)} entries for {len(starts)} groups; give one "
                             "each")
    for group, (start, seeds) in enumerate(zip(starts, order_seeds, strict=True)):
        # else one group's orders would silently be another's
        if len(seeds) != start.stack.replicates:
            raise ValueError(f"group {group} has {start.stack.replicates} networks and "
                             f"{len(seeds)} order seeds; give one each")


def _parts(run: Run, aboard: list[int], starts) -> dict[int, Run]:
    parts, at = {}, 0
    for group in aboard:
        size = starts[group].stack.replicates
        parts[group] = run.part(slice(at, at + size))
        at += size
    return parts


def _in_a_row(curves: list[dict]) -> dict:
    return {name: torch.cat([each[name] for each in curves]) for name in (*METRICS, "step")}
