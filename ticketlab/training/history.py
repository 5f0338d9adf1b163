"""What training starts from and what it leaves behind: moments of a run, and its curves.

Where a run starts is a ``Snapshot``, so that continuing after a break, resuming after a crash and
rewinding (lesson 05) are one and the same. ``ticketlab.training`` makes both; lessons 01-06 read
them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import whole
from ticketlab.stack import Stack, concatenate

METRICS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "test_loss",
           "test_accuracy")


class Snapshot(NamedTuple):
    """A moment of training: enough to go on exactly as if nothing had happened.

    stack: the networks. step: updates done so far. optimizer: the optimiser's state by parameter,
    each tensor [R, ...] or one number for all; None for a fresh optimiser.
    """

    stack: Stack
    step: int = 0
    optimizer: dict[str, dict[str, Tensor]] | None = None

    def map(self, function: Callable[[Tensor], Tensor]) -> "Snapshot":
        """A moment whose tensors are ``function`` of this one's."""
        optimizer = None if self.optimizer is None else {
            name: {key: function(t) for key, t in state.items()}
            for name, state in self.optimizer.items()}
        return Snapshot(self.stack.map(function), self.step, optimizer)

    def part(self, which: slice) -> "Snapshot":
        """This moment of some of its networks, with their optimiser's state."""
        # what has no dimension, Adam's count of steps, is the same for all
        return self.map(lambda tensor: tensor[which] if tensor.dim() else tensor)

    def to(self, device) -> "Snapshot":
        return self.map(lambda tensor: tensor.to(device))


@dataclass(frozen=True, eq=False)
class Run:
    """What a training run leaves behind.

    end: the moment it stopped at; ``run.stack`` for its networks. curves: one tensor [evaluations,
    replicates] for each of ``METRICS`` (losses in nats, accuracies as fractions), and ``step``
    [evaluations]. The two of training are means over the batches since the row before, each taken
    before its update: nan at step 0. Those of validation are nan where the data have no validation
    split. snapshots: step -> Snapshot, for the steps asked for.
    together: how many networks were trained at a time; None: all at once.
    """

    end: Snapshot
    curves: dict[str, Tensor]
    snapshots: dict[int, Snapshot]
    together: int | None = None

    @property
    def stack(self) -> Stack:
        return self.end.stack

    def last(self, metric: str) -> Tensor:
        """A metric at the last step: [R]."""
        return self.curves[metric][-1]

    def best_step(self) -> Tensor:
        """Early stopping: the step of least validation loss (the first of equals), [R]. Raises
        ValueError if the data had no validation split."""
        return self.curves["step"][self._best()]

    def at_best_step(self, metric: str) -> Tensor:
        """A metric at each replicate's early-stopping step: [R]. Chosen on validation, so it may
        be the test accuracy that is reported (Frankle & Carbin 2019, section 2). Raises ValueError
        as ``best_step`` does."""
        return self.curves[metric].gather(0, self._best()[None])[0]

    @property
    def validated(self) -> bool:
        """Whether the data had a validation split, so that training can stop early."""
        return not bool(self.curves["val_loss"].isnan().all())

    def _best(self) -> Tensor:
        if not self.validated:
            raise ValueError("no step can be chosen on validation: val_loss is nan at every "
                             "evaluation, because the data have no validation examples; load with "
                             "a `validation` of at least 1, or report the last step, run.last(...)")
        return self.curves["val_loss"].argmin(dim=0)

    def part(self, which) -> "Run":
        """The run of some of its networks, such as ``slice(3, 6)`` or ``2``: ends, snapshots and
        curves, without the optimiser's states."""
        which = which if whole(which) is None else [whole(which)]
        curves = {name: each if name == "step" else each[:, which]
                  for name, each in self.curves.items()}
        snapshots = {step: Snapshot(each.stack[which], step) for step, each in self.snapshots.items()}
        return Run(Snapshot(self.stack[which], self.end.step), curves, snapshots)

    def to(self, device) -> "Run":
        """The same run with its ends and snapshots on ``device``; curves are on the CPU always."""
        return replace(self, end=self.end.to(device), snapshots={
            step: each.to(device) for step, each in self.snapshots.items()})

    def frame(self):
        """The curves as a pandas data frame: one row an evaluation and replicate."""
        import pandas

        replicates = self.curves["val_loss"].shape[1]
        steps = self.curves["step"].tolist()
        index = {"replicate": list(range(replicates)) * len(steps),
                 "step": np.repeat(steps, replicates)}
        return pandas.DataFrame(index | {name: self.curves[name].flatten() for name in METRICS})


def join(moments: Sequence[Snapshot]) -> Snapshot:
    """One moment of all the networks in ``moments``, in order, so that they train together.

    Raises ValueError if they stand at different steps, if only some have an optimiser's state, or
    if the architectures differ.
    """
    first = moments[0]
    if len({(moment.step, moment.optimizer is None) for moment in moments}) > 1:
        raise ValueError(f"the moments cannot go on together: they stand at steps "
                         f"{[moment.step for moment in moments]}, and all or none must have an "
                         "optimiser's state; train them apart")
    stack = concatenate([moment.stack for moment in moments])
    if first.optimizer is None:
        return Snapshot(stack, first.step)
    # what has no dimension, Adam's count of steps, is the same for all
    optimizer = {name: {key: t if t.dim() == 0 else
                        torch.cat([moment.optimizer[name][key] for moment in moments])
                        for key, t in state.items()}
                 for name, state in first.optimizer.items()}
    return Snapshot(stack, first.step, optimizer)


def join_runs(runs: Sequence[Run]) -> Run:
    """One run of all the networks in ``runs``, in order: the same steps, trained apart.

    Raises ValueError as ``join`` does, and for runs whose curves or snapshots are of other steps.
    """
    first = runs[0]
    if len(runs) == 1:
        return first
    for number, other in enumerate(runs):
        same = torch.equal(other.curves["step"], first.curves["step"])
        if not same or list(other.snapshots) != list(first.snapshots):
            raise ValueError(f"run {number} was evaluated, or kept snapshots, at other steps than "
                             "run 0; train them with one recipe over the same steps")
    curves = {name: values if name == "step" else
              torch.cat([run.curves[name] for run in runs], dim=1)
              for name, values in first.curves.items()}
    snapshots = {step: join([run.snapshots[step] for run in runs]) for step in first.snapshots}
    return Run(join([run.end for run in runs]), curves, snapshots)
