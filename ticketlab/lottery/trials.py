"""Trials: one arm at one level, R networks each; and the table of any of them.

``ticketlab.lottery`` makes them, figures and comparisons read their table. Lesson 04 builds on
this file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ticketlab.pruning import Masks, Score, Share, density
from ticketlab.stack import Stack
from ticketlab.training import Recipe, Run, Snapshot


class Trial(NamedTuple):
    """One arm at one level: R networks and how their training went.

    number: of the level, 0 is dense. masks: as held in training. run: see ``training.train``.
    """

    arm: str
    number: int
    masks: Masks
    run: Run


@dataclass(frozen=True, eq=False)
class Tickets:
    """What ``search`` found. ``trials``: one a level, the dense networks first; arm "ticket".

    initial: the networks before any training. stem: the moment that every level goes back to.
    stopped: why fewer levels were done than asked for, or None. The rest is what was asked.
    """

    initial: Stack
    stem: Snapshot
    trials: list[Trial]
    data: object
    recipe: Recipe
    seeds: list[int]
    rate: Share
    scope: str
    score: Score
    stopped: str | None = None

    @property
    def densities(self) -> list[float]:
        """Share of weights remaining at each level."""
        return [density(trial.masks)[0].item() for trial in self.trials]

    def nearest(self, share: float) -> int:
        """The level whose density is nearest to ``share``, on the log scale of the figures.

        Raises ValueError for a share outside (0, 1].
        """
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; it must lie between 0 (excluded) and 1")
        densities = self.densities  # of all masks, counted once
        return min(range(len(densities)), key=lambda number: abs(math.log(densities[number] / share)))


def table(*trials: Trial | Sequence[Trial] | Tickets):
    """A pandas data frame of trials: one row an arm, level and replicate.

    ``density`` and ``sparsity`` are shares. ``accuracy``: on the test split after the last step.
    ``early_accuracy``: the same at ``early_step``, the step of least validation loss.
    Both are nan if the data had no validation split. ``train_accuracy``: over the last batches.
    Accuracies are fractions.
    """
    import pandas

    rows = []
    for trial in flat(trials):
        run, shares = trial.run, density(trial.masks).tolist()
        none = [math.nan] * len(shares)
        early, steps = ((run.at_best_step("test_accuracy").tolist(), run.best_step().tolist())
                        if run.validated else (none, none))
        for replicate, share in enumerate(shares):
            rows.append({
                "arm": trial.arm, "level": trial.number, "density": share, "sparsity": 1 - share,
                "replicate": replicate, "accuracy": run.last("test_accuracy")[replicate].item(),
                "early_accuracy": early[replicate], "early_step": steps[replicate],
                "train_accuracy": run.last("train_accuracy")[replicate].item()})
    return pandas.DataFrame(rows)


def flat(trials) -> list[Trial]:
    """One list of trials, Tickets and lists of trials; raises ValueError if there is none."""
    every = []
    for each in trials:
        if isinstance(each, Trial):
            every.append(each)
        else:
            every += each.trials if isinstance(each, Tickets) else list(each)
    if not every:
        raise ValueError("there are no trials; give what search or controls returned")
    return every
