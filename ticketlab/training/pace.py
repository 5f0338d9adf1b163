"""How many of torch's threads a step takes: measured in training, where no bit depends on it.

Which number is quickest is a matter of the machine and of the moment. On two cores, three small MLPs
train quicker on two threads than on one, and four times slower beside another busy program, since
threads wait for one another at the end of each operation (``python -m benchmarks busy``). So a training
looks: it takes some steps on the next number, keeps the quicker one, and looks again later, at once if
its steps get slower.

Bits come first. Before a number is tried, one step is taken both ways, from copies of the same moment:
unless all gradients, losses and the networks after it are the same to the last bit, that number is
left alone. How torch shares an operation out depends on its shapes, which are the same in every step;
in stacks of two networks or more, each network's products are computed by one thread. All lessons build
on this file.
"""

import time
import weakref
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from ticketlab.training.trainer import Trainer

# Of a look, at least. Its slowest steps, one in eight, are left out: something else came between.
_STEPS, _SECONDS = 8, 0.01
_GAIN = 0.97  # of the time: what is less is noise
_SLOWER = 1.25  # than in the look before: something else has begun
_LONG = 0.1  # seconds of a step that tells on its own
_SOON, _LATE = 2, 32  # looks until the next trial: after a gain, and at most, where trials are lost
_WORTH = 30  # steps to go; the proof costs one
# fields of a recipe that decide neither the operations of a step nor their shapes
_NEITHER = {"lr": 1.0, "steps": 10**9, "warmup": 0, "drops": (), "drop_factor": 0.1, "cosine": False,
            "evaluate_every": 100}

# of trainings before: the number kept, the looks until the next trial, and the numbers with other bits
_found: dict[tuple, tuple[int, int, set[int]]] = {}
# those with the same, of this very architecture: what it prints need not say all that it computes
_proven: "weakref.WeakKeyDictionary[nn.Module, dict[tuple, set[int]]]" = weakref.WeakKeyDictionary()


class Pace:
    """Which number of threads the next step takes.

    numbers: to choose from, ascending. first: the one to begin with. ``took`` hears of each step.
    ``trial`` is the number that is tried. The first step on one that is not in ``proven`` is its proof.
    """

    def __init__(self, numbers: Sequence[int], first: int):
        self.numbers, self.kept, self.trial = list(numbers), first, None
        self.proven, self.up = {first}, False
        self.patience, self.wait = _SOON, 1
        self.own, self.times, self.woken = None, [], False

    @property
    def number(self) -> int:
        return self.kept if self.trial is None else self.trial

    @property
    def _long(self) -> bool:
        return self.trial is not None and self.own is not None and self.own >= _LONG

    def refuse(self) -> None:
        """The number on trial does not give the same bits."""
        self.numbers.remove(self.trial)
        self.trial = None

    def prove(self, seconds: float) -> None:
        """The number on trial gives the same bits; the proof's step on it took that long."""
        self.proven.add(self.trial)
        if self._long:
            self.took(seconds)

    def took(self, seconds: float) -> None:
        """A step on ``number`` took that long."""
        if not self.woken and not self._long:  # the first one wakes threads
            self.woken = True
            return
        self.times.append(seconds)
        counted = len(self.times) - len(self.times) // 8
        mean = sum(sorted(self.times)[:counted]) / counted
        whole = len(self.times) >= _STEPS and sum(self.times) >= _SECONDS
        if self.trial is None and whole:
            self._looked(mean)
        elif self.trial is not None and (whole or self._lost(mean)):
            self._tried(mean)

    def _lost(self, mean: float) -> bool:
        """Whether it is soon clear that what is tried is slower."""
        steps = len(self.times)
        return self.own is not None and ((steps > 1 or self._long) and mean > _SLOWER * self.own
                                         or steps > 2 and mean > self.own
                                         or sum(self.times) > max(_SECONDS, _STEPS * self.own))

    def _looked(self, mean: float) -> None:
        slower = self.own is not None and mean > _SLOWER * self.own
        self.own, self.wait = mean, self.wait - 1
        self.times = []
        if slower or self.wait <= 0:
            self.trial, self.woken = self._next(), False

    def _tried(self, mean: float) -> None:
        if self.own is None or mean < _GAIN * self.own:
            self.up = self.trial < self.kept  # the next one tried lies beyond, if there is one
            if self.own is not None:  # else what was found in trainings before still holds
                self.patience = _SOON
            self.kept, self.own = self.trial, mean
        else:
            clear = mean > _SLOWER * self.own
            self.patience = min((4 if clear else 2) * self.patience, _LATE)
        self.trial, self.wait, self.woken = None, self.patience, False
        self.times = []

    def _next(self) -> int | None:
        """The neighbour above and the one below in turn, where there are both."""
        place = self.numbers.index(self.kept)
        beside = [self.numbers[each] for each in (place - 1, place + 1) if 0 <= each < len(self.numbers)]
        self.up = not self.up
        return beside[-1 if self.up else 0] if beside else None


def numbers_up_to(most: int) -> list[int]:
    """1, 2, 4, ... and ``most`` itself."""
    return sorted({min(2**power, most) for power in range(most.bit_length() + 1)})


class Paced:
    """A trainer whose steps choose their number of threads. The first is torch's number here.

    most: threads at most. steps: to go. shape: of an example. A training begins on the number on which
    the last one like it ended.
    """

    def __init__(self, trainer: Trainer, most: int, steps: int, shape: Sequence[int]):
        self.trainer, self.here, self.pace = trainer, torch.get_num_threads(), None
        # all that decides which operations a step takes, and on what shapes: what was proven still is
        net, trained = trainer.stack.net, (
            name for name, values in trainer.parameters.items() if values.requires_grad)
        self.same = (repr(net), trainer.stack.replicates, tuple(shape), *trained,
                     trainer.recipe.with_(**_NEITHER), bool(trainer.masks), self.here, most)
        kept, patience, self.refused = _found.get(self.same, (self.here, _SOON, set()))
        numbers = [each for each in numbers_up_to(most) if each not in self.refused]
        if steps >= _WORTH and self.here in numbers and len(numbers) > 1:
            self.pace = Pace(numbers, self.here)
            self.pace.patience = patience
            self.pace.proven = _proven.setdefault(net, {}).setdefault(self.same, {self.here})
            self.pace.trial = None if kept == self.here else kept

    def over(self, batches: Iterator) -> Iterator:
        """The batches, each gathered on as many threads as the step that it is for."""
        while True:
            number = self.here if self.pace is None else self.pace.number
            batch = _on(number, self.here, next, batches, None)
            if batch is None:
                return
            yield batch

    def step(self, x: Tensor, y: Tensor, lr: float, noise=None) -> tuple[Tensor, Tensor]:
        """As ``Trainer.step``."""
        pace, arguments = self.pace, (x, y, lr, noise)
        if pace is None:
            return self.trainer.step(*arguments)
        before, number, copy = pace.trial, pace.number, None
        if number not in pace.proven:
            copy, number, theirs = self.trainer.copy(), self.here, []
            began = time.perf_counter()
            alike = _on(pace.number, self.here, copy.step, *arguments, theirs)
            proof = time.perf_counter() - began
        began, own = time.perf_counter(), None if copy is None else []
        measured = _on(number, self.here, self.trainer.step, *arguments, own)
        if copy is None:
            pace.took(time.perf_counter() - began)
        elif _same(alike, measured) and _same(theirs, own) and any(
                each.any() for each in own) and self.trainer.equals(copy):
            pace.prove(proof)
        else:
            self.refused.add(pace.number)
            pace.refuse()
        if before != pace.trial:
            _found[self.same] = pace.kept, pace.patience, self.refused
        return measured


def _on(number: int, here: int, call: Callable, *arguments):
    torch.set_num_threads(number)
    try:
        return call(*arguments)
    finally:
        torch.set_num_threads(here)


def _same(some, others) -> bool:
    return all(map(torch.equal, some, others))
