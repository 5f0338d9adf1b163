"""One bar over pieces of work that are done at the same time, by whichever threads and processes.

What each piece has done stands in a table of numbers, which all of them see; the one that has the bar
reads them. ``basics.processes`` and ``training.each`` build on this file, and lessons 06 and 07 through
them.
"""

import os
from collections.abc import Callable, Sequence

import numpy as np

from ticketlab.basics.progress import skip


class Counts:
    """The caller's bar, moved on by what all pieces have done together. steps: of each piece at most.
    share: by how much each of its steps moves the bar on; one number for all, or one for each."""

    def __init__(self, bar, steps: Sequence[int], share: float | Sequence[float] = 1):
        self.bar, self.steps, self.share = bar, np.asarray(steps), np.asarray(share)
        self.values = np.zeros(2 * len(steps) + 1, dtype=np.int64)
        self.shown = self.skipped = 0

    def here(self, place: int) -> "PieceBar":
        """For a piece that the one who has the bar works on."""
        return PieceBar(self.values, place, self.show, self.bar.set_postfix_str)

    def finish(self, place: int) -> None:
        """What it did not need is done, too."""
        self.values[2 * place] = self.steps[place]
        self.show()

    def show(self) -> None:
        steps, skipped = self.values[:-1].reshape(-1, 2).T
        found, done = (self.share * skipped).sum(), (self.share * np.minimum(steps, self.steps)).sum()
        due = int(found + 1e-6) - self.skipped
        if due > 0:
            skip(self.bar, due)
        self.skipped += max(0, due)
        more = int(done + 1e-6) - self.shown - max(0, due)
        if more > 0:
            self.bar.update(more)
        self.shown += max(0, due) + max(0, more)


class PieceBar:
    """What a piece moves on: its steps, and how many of them were found done (``progress.skip``). moved:
    called after each. say: where its words go; by default nowhere, for nobody could read several's."""

    def __init__(self, values, place: int, moved: Callable, say: Callable = lambda *words: None):
        self.values, self.place, self.moved, self.set_postfix_str = values, place, moved, say
        self.n = self.initial = self.last_print_n = 0

    def update(self, steps: int = 1) -> None:
        self.n += steps
        self.refresh()

    def refresh(self) -> None:
        self.values[2 * self.place:2 * self.place + 2] = self.n, self.initial
        self.moved()


class Halted(Exception):
    """The caller waits for nothing any more."""


def elsewhere(values, place: int) -> PieceBar:
    """For a piece in another process, which ends at its next step when the caller says so or is gone."""
    caller = os.getppid()

    def moved():
        if values[-1] or os.getppid() != caller:  # killed, it could not tell
            raise Halted

    return PieceBar(values, place, moved)
