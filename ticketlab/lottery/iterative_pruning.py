"""The lottery: iterative pruning with rewinding, and the arms beside it.

``search`` is the algorithm of Frankle & Carbin 2019 for R replicates at once: train, score, cut a
share of the survivors, put what is left back to its values of step k (0: the initialisation), again.
``controls`` trains other arms (``ticketlab.arms``) under the masks found. Both give trials, and
``table`` gives a data frame of any trials. Lesson 04 builds on this file.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence

from torch import nn

from ticketlab.basics import progress_bar, whole_from
from ticketlab.lottery import arms as arms_room
from ticketlab.lottery import batches
from ticketlab.lottery.invariants import check_rewound, check_trained
from ticketlab.lottery.picking import trial
from ticketlab.lottery.searching import learner, networks, rewind_step
from ticketlab.lottery.trials import Tickets, Trial
from ticketlab.pruning import (
    LayerCollapse,
    Score,
    Share,
    apply_masks,
    concatenate,
    dense,
    ladder,
    magnitude,
    prune,
)
from ticketlab.stack import Stack
from ticketlab.training import Recipe, Snapshot, join

ARMS = arms_room.ALL


def search(net: nn.Module | Stack, data, recipe: Recipe, *, levels: int, rate: Share,
           scope: str = "layer", score: Score = magnitude, rewind: int | str = 0,
           replicates: int = 5, seeds: Sequence[int] | None = None, keep: str | None = None,
           progress=True) -> Tickets:
    """Iterative pruning with rewinding, of all replicates together.

    net: an architecture, drawn here once a seed, or a Stack of networks drawn already. levels:
    rounds of pruning. rate, scope, score: of each round, as in ``pruning.prune``. rewind: the step k
    whose weights, optimiser and batch-norm statistics each level starts from, as ``recipe`` writes
    steps; 0 is the original initialisation, a fresh optimiser and fresh statistics. seeds: of
    initialisation and data order, by default 0 ... replicates - 1. keep: a name under which
    ``ticketlab.runs`` keeps what is finished, so that a killed search goes on; by default nothing
    is kept. progress: as in ``training.train``.

    Checked at each level, exactly: masks nested, survivors equal to the stem's, bit for bit, all
    else zero before and after training, densities on the ladder (``invariants.py``).
    Raises ValueError for arguments that do not fit. A level that would empty a layer ends the search
    with a warning, and what is finished is returned.
    Frankle & Carbin 2019, section 2 (k = 0); Frankle et al. 2020 (k > 0). Lessons 04 and 05.
    """
    initial, seeds = networks(net, replicates, seeds, data)
    levels = whole_from("levels", levels)
    rungs = ladder(initial, rate, levels, scope)
    k, total = rewind_step(rewind, recipe, data, rungs)
    trials, masks, stopped = [], dense(initial), None
    with progress_bar(progress, total + levels * (total - k), "iterative pruning") as bar:
        learn = learner(keep, bar)
        run = learn("level-00-dense", initial, data, recipe, masks=masks, order_seeds=seeds,
                    snapshots=[k] if k else [])
        stem = run.snapshots[k] if k else Snapshot(initial)
        trials.append(Trial("ticket", 0, masks, run))
        for number in range(1, levels + 1):
            try:
                masks = prune(run.stack, masks, rate=rate, score=score, scope=scope)
            except LayerCollapse as collapse:
                stopped = f"the search ends before level {number} of {levels}: {collapse}"
                warnings.warn(stopped, stacklevel=2)
                break
            start = Snapshot(apply_masks(stem.stack, masks), k, stem.optimizer)
            check_rewound(number, start, stem, masks, trials[-1].masks, rungs[number])
            run = learn(f"level-{number:02d}", start, data, recipe, masks=masks, order_seeds=seeds)
            check_trained(number, run, masks)
            trials.append(Trial("ticket", number, masks, run))
    return Tickets(initial, stem, trials, data, recipe, seeds, rate, scope, score, stopped)


def controls(tickets: Tickets, arms: Sequence[str | Callable] | Mapping, *,
             levels: Sequence[int] | None = None, recipe: Recipe | None = None,
             together: int | None = None, keep: str | None = None, progress=True) -> list[Trial]:
    """Train other arms under the masks that a search found.

    arms: names from ``arms.ALL``, or functions of your own; or a dictionary arm -> its levels.
    levels: of the arms without levels of their own, by default all but the dense one. recipe: of
    all arms, by default the search's or the arm's own; a longer one is the longer budget of lesson
    04. together: networks trained at once; arms and levels share a stack up to that number, with
    the same results within float tolerance. keep: as in ``search``.
    Gives one trial an arm and level, paired with the search's by replicate and data order.
    Raises ValueError for unknown arms or levels.
    """
    chosen = batches.chosen(arms)
    every = list(range(1, len(tickets.trials))) if levels is None else list(levels)
    wanted = list(arms.values()) if isinstance(arms, Mapping) else [every] * len(chosen)
    for number in {number for own in wanted for number in own}:
        if not 1 <= number < len(tickets.trials):
            raise ValueError(f"level {number} is not among the pruned levels of this search, "
                             f"1 to {len(tickets.trials) - 1}")
    asked = [batches.ask(arm, tickets, number, recipe)
             for arm, own in zip(chosen, wanted, strict=True) for number in own]
    limit = batches.at_once(tickets.initial.device, together)
    stacks = batches.batches(asked, limit // len(tickets.seeds))
    total = sum(batch[0].start.stop - batch[0].start.moment.step for batch in stacks)
    trials = []
    with progress_bar(progress, total, "controls") as bar:
        for batch in stacks:
            first, R = batch[0].start, len(tickets.seeds)
            run = learner(keep, bar)(
                batches.name(batch), join([each.start.moment for each in batch]), tickets.data,
                first.recipe, masks=concatenate([each.start.masks for each in batch]),
                order_seeds=tickets.seeds * len(batch), stop=first.stop)
            trials += [trial(each.arm, each.number, each.start.masks,
                             run.part(slice(place * R, (place + 1) * R)), first.recipe)
                       for place, each in enumerate(batch)]
    places = {(each.arm, each.number): place for place, each in enumerate(asked)}
    return sorted(trials, key=lambda trial: places[trial.arm, trial.number])
