"""What the levels panel looks up: the line between each level of a search and the next.

Lesson 07's panel builds on this file.
"""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from ticketlab.landscape import Line


class LevelsReading(NamedTuple):
    """What the panel shows, as numbers: fractions. level: the denser end. density: of both ends.
    barrier, lowest, highest: of the line between them. lost: accuracy of the dense network minus that
    of the sparser end, paired, mean over replicates."""

    search: str
    level: int
    density: tuple[float, float]
    barrier: float
    lowest: float
    highest: float
    lost: float


class LevelsTable:
    """One search: its densities and accuracies by level, and the lines between.

    lines: one from each level to the next. Raises ValueError if there are not as many as levels less
    one.
    """

    def __init__(self, name: str, tickets, lines: Sequence[Line]):
        self.name, self.lines, self.densities = name, list(lines), tickets.densities
        if len(self.lines) != len(tickets.trials) - 1:
            raise ValueError(f"{name!r} has {len(tickets.trials)} levels and {len(self.lines)} lines; "
                             "give one line from each level to the next")
        accuracies = [trial.run.last("test_accuracy").double() for trial in tickets.trials]
        self.lost: list[Tensor] = [accuracies[0] - each for each in accuracies[1:]]
        self.barriers = [line.barrier().double() for line in self.lines]

    def read(self, level: int) -> LevelsReading:
        """The numbers of the line from a level to the next."""
        own = self.barriers[level]
        return LevelsReading(self.name, level, tuple(self.densities[level:level + 2]), own.mean().item(),
                             own.min().item(), own.max().item(), self.lost[level].mean().item())
