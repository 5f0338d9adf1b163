"""One bar over pieces of work that are done at the same time, by whichever process.

What each piece has done stands in a table of numbers, which several processes can see; the one that has
the bar reads them. ``basics.processes`` builds on this file, and lesson 06 through it.
"""

import os
from collections.abc import Sequence

import numpy as np

from ticketlab.basics.progress import skip


class Counts:
    """The caller's bar, moved on by what all pieces have done together."""

    def __init__(self, bar, pieces: Sequence):
        self.bar, self.pieces, self.finished = bar, pieces, set()
        self.values = np.zeros(2 * len(pieces) + 1, dtype=np.int64)
        self.shown = self.skipped = 0

    def finish(self, place: int) -> None:
        """What it did not need is done, too."""
        self.finished.add(place)
        self.show()

    def show(self) -> None:
        done = found = 0.0
        for place, piece in enumerate(self.pieces):
            steps, skipped = map(int, self.values[2 * place:2 * place + 2])
            found += skipped * piece.share
            done += piece.share * (piece.steps if place in self.finished else min(steps, piece.steps))
        due = int(found + 1e-6) - self.skipped
        if due > 0:
            skip(self.bar, due)
        self.skipped += max(0, due)
        more = int(done + 1e-6) - self.shown - max(0, due)
        if more > 0:
            self.bar.update(more)
        self.shown += max(0, due) + max(0, more)


class _Bar:
    """What a piece moves on: its steps, and how many of them were found done (``progress.skip``)."""

    def __init__(self, values, place: int):
        self.values, self.place = values, place
        self.n = self.initial = self.last_print_n = 0

    def update(self, steps: int = 1) -> None:
        self.n += steps
        self.refresh()

    def refresh(self) -> None:
        self.values[2 * self.place:2 * self.place + 2] = self.n, self.initial

    def set_postfix_str(self, *arguments) -> None:
        """Nobody could read several."""


class Here(_Bar):
    def __init__(self, counts: Counts, place: int):
        super().__init__(counts.values, place)
        self.counts = counts

    def refresh(self) -> None:
        super().refresh()
        self.counts.show()

    def set_postfix_str(self, *arguments) -> None:
        self.counts.bar.set_postfix_str(*arguments)


class Halted(Exception):
    """The caller waits for nothing any more."""


class There(_Bar):
    def __init__(self, values, place: int):
        super().__init__(values, place)
        self.caller = os.getppid()

    def refresh(self) -> None:
        super().refresh()
        if self.values[-1] or os.getppid() != self.caller:  # killed, it could not tell
            raise Halted
