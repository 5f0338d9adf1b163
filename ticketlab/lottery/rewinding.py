"""Rewinding in full: several ways to retrain after each cut, in one experiment.

A *way* says which values the survivors take and which learning rates they train with: rewound to
step k and trained from there (k = 0 is the original initialisation), trained values with the
learning rate rewound, or trained values at the last learning rate (fine-tuning). Each way prunes by
its own trained weights, so each has masks of its own. All ways run together. Lesson 05 builds on
this file.
"""

import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from ticketlab.basics import progress_bar, whole_from, wholes_from
from ticketlab.lottery.invariants import check_rewound, check_trained
from ticketlab.lottery.searching import learner, networks, rewind_step
from ticketlab.lottery.trials import Tickets, Trial
from ticketlab.pruning import (
    LayerCollapse,
    Score,
    Share,
    apply_masks,
    dense,
    ladder,
    magnitude,
    prune,
)
from ticketlab.stack import Stack
from ticketlab.training import Recipe, Run, Snapshot, train_joining


class Way(NamedTuple):
    """How the survivors of a cut are retrained.

    name: as tables and figures call it. step: k, as ``Recipe`` writes steps. trained_values: whether
    they keep their trained values. last_rate: train at the recipe's last learning rate throughout.
    """

    name: str
    step: int | str
    trained_values: bool = False
    last_rate: bool = False


def weights(step: int | str) -> Way:
    """Weight rewinding: everything, optimiser state and schedule included, goes back to step k.

    Frankle, Dziugaite, Roy & Carbin 2020; k = 0 is Frankle & Carbin 2019.
    """
    return Way(f"rewind to {step}", step)


def learning_rate(step: int | str) -> Way:
    """Learning-rate rewinding: trained values, and the schedule once more from step k on, with a
    fresh optimiser. Renda, Frankle & Carbin 2020."""
    return Way(f"lr rewind to {step}", step, trained_values=True)


def fine_tuning(step: int | str) -> Way:
    """Fine-tuning: trained values, and the last learning rate for as many steps as from step k to
    the end, with a fresh optimiser. Han et al. 2015."""
    return Way("fine_tune", step, trained_values=True, last_rate=True)


def search(net: nn.Module | Stack, data, recipe: Recipe, ways: Sequence[Way], *, levels: int,
           rate: Share, scope: str = "global", score: Score = magnitude, replicates: int = 3,
           seeds: Sequence[int] | None = None, snapshots: Sequence[int] = (),
           keep: str | None = None, progress=True) -> dict[str, Tickets]:
    """Iterative pruning in several ways at once: name of the way -> Tickets.

    The dense networks are trained once; at each level the networks of all ways on one schedule
    train together, each from its own step. snapshots: further steps at which the dense networks are
    kept (``tickets.trials[0].run.snapshots``): the starts of ``instability.children``. The other
    arguments are those of ``lottery.search``, and for weight rewinding so is the result, within
    float tolerance. ``lottery.controls`` takes the Tickets of any way. Raises ValueError as
    ``lottery.search`` does, for two ways of one name and for what is no way. A level that would
    empty a layer of one way ends the search of all, with a warning.
    Renda, Frankle & Carbin 2020 compare these ways on larger networks. Lesson 05 builds on it.
    """
    _check_names(ways)
    initial, seeds = networks(net, replicates, seeds, data)
    levels, snapshots = whole_from("levels", levels), wholes_from("snapshots", snapshots)
    rungs = ladder(initial, rate, levels, scope)
    # fine-tuning never warms up, so its step only says for how long it trains
    steps = {way.name: rewind_step(way.step, recipe.with_(warmup=0) if way.last_rate else recipe,
                                   data, rungs)[0] for way in ways}
    total = recipe.schedule(len(data.x_train)).total
    each = sum(total - min(steps[way.name] for way in group) for group in _groups(ways, recipe))
    stopped = None
    with progress_bar(progress, total + levels * each, "pruning in several ways") as bar:
        learn = learner(keep, bar)
        first = learn("level-00-dense", initial, data, recipe, masks=dense(initial),
                      order_seeds=seeds, snapshots=sorted({*steps.values()} - {0} | {*snapshots}))
        stems = {name: first.snapshots[k] if k else Snapshot(initial) for name, k in steps.items()}
        trials = {way.name: [Trial(way.name, 0, dense(initial), first)] for way in ways}
        for number in range(1, levels + 1):
            try:
                cut = {name: prune(done[-1].run.stack, done[-1].masks, rate=rate, score=score,
                                   scope=scope) for name, done in trials.items()}
            except LayerCollapse as collapse:
                stopped = f"the search ends before level {number} of {levels}: {collapse}"
                warnings.warn(stopped, stacklevel=2)
                break
            starts = {way.name: _start(way, stems[way.name], trials[way.name][-1].run, cut[way.name])
                      for way in ways}
            for way in ways:
                if not way.trained_values:
                    check_rewound(number, starts[way.name], stems[way.name], cut[way.name],
                                  trials[way.name][-1].masks, rungs[number])
            for name, run in _retrain(ways, starts, cut, number, data, recipe, seeds, learn).items():
                check_trained(number, run, cut[name])
                trials[name].append(Trial(name, number, cut[name], run))
    return {name: Tickets(initial, stems[name], done, data, recipe, seeds, rate, scope, score, stopped)
            for name, done in trials.items()}


def _start(way: Way, stem: Snapshot, before: Run, masks) -> Snapshot:
    if way.trained_values:
        return Snapshot(apply_masks(before.stack, masks), stem.step)
    return stem._replace(stack=apply_masks(stem.stack, masks))


def _retrain(ways, starts, cut, number, data, recipe, seeds, learn) -> dict[str, Run]:
    """One level of all ways, in as few trainings as can be."""
    total = recipe.schedule(len(data.x_train)).total
    runs = {}
    for group in _groups(ways, recipe):
        own, moments = recipe, [starts[way.name] for way in group]
        if group[0].last_rate:
            last = recipe.schedule(len(data.x_train)).lr_at(total - 1)
            own = recipe.with_(lr=last, warmup=0, drops=(), steps=total - moments[0].step)
            moments = [Snapshot(moments[0].stack)]

        def named(*arguments, group=group, **more):
            label = "-".join(way.name for way in group).replace("%", "percent")
            label = re.sub(r"[^A-Za-z0-9._-]+", "-", label)[:100]  # what may be a folder's name
            return learn(f"level-{number:02d}-{label}-to-{more['stop']}", *arguments, **more)

        found = train_joining(moments, data, own, masks=[cut[way.name] for way in group],
                              order_seeds=[seeds] * len(group), learn=named)
        runs |= {way.name: run for way, run in zip(group, found, strict=True)}
    return runs


def _groups(ways, recipe) -> list[list[Way]]:
    """Ways that train together: those on the recipe's schedule. Fine-tuning has another one, and a
    fresh Adam cannot join one that has counted steps."""
    def alone(way):
        return way.last_rate or way.trained_values and recipe.optimizer == "adam"

    together = [way for way in ways if not alone(way)]
    return ([together] if together else []) + [[way] for way in ways if alone(way)]


def _check_names(ways: Sequence[Way]) -> None:
    for way in ways:
        if not isinstance(way, Way):
            raise ValueError(f"{way!r} is not a way of retraining; give rewinding.weights(k), "
                             "rewinding.learning_rate(k) or rewinding.fine_tuning(k)")
    names = [way.name for way in ways]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"the ways are {names}; give at least one, and each its own name")
