"""What the descent panel looks up: errors by width, and what each network says on the way from one
training signal to another through a third.

All of it is computed when the table is made, so that a move of a slider is a lookup. Lesson 06's
panel builds on this file.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ticketlab.scaling import Widths, curves, threshold
from ticketlab.stack import forward

POINTS = 121  # of a way; odd, so that the signal in the middle is one of them
SPLITS = "test", "train"


class Way(NamedTuple):
    """A way through the input space: straight from one training signal to a second, and straight on
    to a third. signals: [3, *shape]. right: the class of all three. wrong: the label that the
    second has where labels are noisy."""

    signals: Tensor
    right: int
    wrong: int


class Answers(NamedTuple):
    """What a network says on a way: probabilities [points] of the right class and of the wrong
    label; ``said``: the class that it answers, [points]."""

    right: list[float]
    wrong: list[float]
    said: list[int]

    @property
    def changes(self) -> int:
        """How often the answer changes from one point to the next."""
        return sum(a != b for a, b in zip(self.said, self.said[1:], strict=False))

    def share(self, label: int) -> float:
        """The share of the points at which that class is the answer."""
        return self.said.count(label) / len(self.said)


class Errors(NamedTuple):
    """One share's errors of one split by width, in percent: [widths] each."""

    mean: list[float]
    low: list[float]
    high: list[float]


class DescentReading(NamedTuple):
    """What the panel shows, as numbers; errors, probabilities and shares are fractions.

    noise: share of wrong labels. test, train: mean errors over replicates; lowest, highest: test
    error of the best and the worst replicate; own_test, own_train: this replicate's. fits: whether
    the width is at or above the interpolation threshold. Of this replicate on the way: right and
    wrong (classes), said (its answer at the second signal), p_right and p_wrong there, share_right
    (of the way on which it answers the right class), changes (how often its answer changes).
    mean_changes: the same, over all ways and replicates.
    """

    width: int
    parameters: int
    noise: float
    test: float
    train: float
    lowest: float
    highest: float
    own_test: float
    own_train: float
    fits: bool
    right: int
    wrong: int
    said: int
    p_right: float
    p_wrong: float
    share_right: float
    changes: int
    mean_changes: float


class DescentTable:
    """A sweep's errors and answers; raises ValueError if no label of it is wrong.

    widths, noises: ascending. errors: (noise, split) -> Errors. thresholds: noise -> interpolation
    threshold or None. ways: of the first wrongly labelled examples. answers: (noise, width,
    replicate, number of the way) -> Answers. top: of the axis of errors.
    """

    def __init__(self, sweep: Widths, ways: int):
        table = sweep.table
        self.noises = sorted({noise for noise, _ in sweep.stacks})
        self.widths = sorted({width for _, width in sweep.stacks})
        self.replicates = next(iter(sweep.stacks.values())).replicates
        self._errors = {(noise, split): curves(table, noise, f"{split}_error")
                        for noise in self.noises for split in SPLITS}
        for (noise, _), own in self._errors.items():
            if own.index.tolist() != self.widths:
                raise ValueError(f"at noise {noise:g} the table has the widths "
                                 f"{own.index.tolist()} and the networks have "
                                 f"{self.widths}; give a whole sweep")
        self.errors = {key: Errors(*((100 * each).tolist() for each in (
            own.mean(axis=1), own.min(axis=1), own.max(axis=1)))) for key, own in
            self._errors.items()}
        self.thresholds = {noise: threshold(table, noise) for noise in self.noises}
        self.top = 1.06 * max(value for each in self.errors.values() for value in each.high)
        self.ways = _ways(sweep, ways)
        self.parameters = dict(zip(table["width"].tolist(), table["parameters"].tolist(),
                                   strict=True))
        places = torch.cat([_points(way) for way in self.ways])
        places = places.to(sweep.data[0].x_train.device)
        self.answers = {}
        for (noise, width), stack in sweep.stacks.items():
            with torch.no_grad():
                outputs = forward(stack, places, shared=True)
            found = outputs.cpu().double().softmax(2).unflatten(1, (len(self.ways), POINTS))
            for replicate, own in enumerate(found):
                for number, way in enumerate(self.ways):
                    self.answers[noise, width, replicate, number] = Answers(
                        own[number, :, way.right].tolist(), own[number, :, way.wrong].tolist(),
                        own[number].argmax(1).tolist())

    def read(self, noise: float, width: int, replicate: int, number: int) -> DescentReading:
        """The numbers of one width, share, replicate and way."""
        test, train = (self._errors[noise, split].loc[width] for split in SPLITS)
        way, own = self.ways[number], self.answers[noise, width, replicate, number]
        all_changes = [self.answers[noise, width, each, other].changes
                       for each in range(self.replicates) for other in range(len(self.ways))]
        limit, middle = self.thresholds[noise], POINTS // 2
        return DescentReading(
            width, self.parameters[width], noise, float(test.mean()), float(train.mean()),
            float(test.min()), float(test.max()), float(test.iloc[replicate]),
            float(train.iloc[replicate]), limit is not None and width >= limit, way.right,
            way.wrong, own.said[middle], own.right[middle], own.wrong[middle], own.share(way.right),
            own.changes, sum(all_changes) / len(all_changes))


def _ways(sweep: Widths, number: int) -> list[Way]:
    """Through the first wrongly labelled examples: each between the two nearest training signals of
    its right class that kept their labels."""
    if number < 1:
        raise ValueError(f"ways is {number}; the panel needs at least 1")
    clean, noisy = sweep.data[0], sweep.data[max(sweep.data)]
    changed = noisy.y_train != clean.y_train
    if not changed.any():
        raise ValueError("no label of this sweep is wrong, so there is no signal to go through; "
                         "give one with noises=(0, 0.15)")
    flat = clean.x_train.flatten(1)
    ways = []
    for place in changed.nonzero()[:number, 0].tolist():
        right = clean.y_train[place]
        distance = (flat - flat[place]).norm(dim=1)
        distance[changed | (clean.y_train != right)] = torch.inf
        first, second = distance.argsort(stable=True)[:2].tolist()
        if distance[second].isinf():
            continue  # a class without two right labels
        ways.append(Way(clean.x_train[[first, place, second]].cpu(), right.item(),
                        noisy.y_train[place].item()))
    if not ways:
        raise ValueError("no wrongly labelled signal has two others of its class with right "
                         "labels; give a sweep with fewer wrong labels, or more examples")
    return ways


def _points(way: Way) -> Tensor:
    """``POINTS`` signals evenly along the way: [points, *shape]."""
    share = torch.linspace(-1, 1, POINTS).view(-1, *[1] * (way.signals.dim() - 1))
    first, middle, last = way.signals
    back, on = -share.clamp(max=0), share.clamp(min=0)
    return middle + back * (first - middle) + on * (last - middle)
