"""Pieces of work that know nothing of one another, several at a time, each in a process of its own.

Small networks leave a machine's other cores without work, and threads do not help there: most of a step
is Python's own, which one thread at a time may do. Measured on two cores, two MLPs of 20 or 80 units side
by side took as long on two threads as one after the other. The processes are loky's: they begin when they
are needed, stay for the next call, and end when there was none for a while.

``ticketlab.scaling`` builds on this file, and lesson 06 through it.
"""

import io
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ticketlab.basics import threads
from ticketlab.basics.counts import Counts, elsewhere
from ticketlab.basics.progress import warn

MOST = 4  # processes: each holds torch, a third of a gigabyte
IDLE = 60  # seconds after which processes without work end
_LOOK = 0.1  # seconds between two looks at what the others have done
# For Linux: memory that a step gives back is kept for the next one. A step of 25 wide MLPs fetched 2,000
# pages from the system anew, and took a fifth longer.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 2**28, "MALLOC_MMAP_THRESHOLD_": 2**25}
_SHARED, _COUNTS = "shared", "counts"  # files
_known: dict[str, object] = {}  # in the other process: what the pieces of the last call share, by folder


class ProcessEnded(RuntimeError):
    """Somebody, or the system, ended a process that was at work."""

    def __init__(self):
        super().__init__(
            "a process that did a part of this work was ended from outside, often because memory did not "
            "suffice. What a call with keep=... has finished is on disk: ask again, and it goes on from "
            "there. If OMP_NUM_THREADS=1 is set before Python starts, all is done in one process")


class Piece(NamedTuple):
    """arguments: of the work. steps: how many it takes at most. share: by how much each of them moves the
    bar on. cost: the pieces that cost most are begun first, so that all processes end together."""

    arguments: tuple
    steps: int
    share: float
    cost: float


def each(work: Callable, pieces: Sequence[Piece], shared, bar, *, apart: bool) -> list:
    """``work(shared, *arguments, bar)`` of each piece, and what it gives, in the order of the pieces.

    work: a function of a module; what it is given and gives is pickled. Its ``bar`` is moved on by each
    step. apart: whether that work may be done elsewhere; if so it is done in as many processes as torch
    has threads, ``MOST`` at most, each on one thread, so that the results have the bits of one thread,
    however many processes there are. One piece after the other is done here, on torch's threads as they
    are, where their number is somebody's own setting, and where something cannot be sent to another
    process: what a notebook or a script defines.

    Warnings are given here. The first error ends all, and is raised; an interruption ends all, too.
    Raises ProcessEnded, a RuntimeError, if a process is ended from outside.
    """
    counts = Counts(bar, [piece.steps for piece in pieces], [piece.share for piece in pieces])
    number = at_once(pieces, apart=apart)
    sent = _packed(shared, *(piece.arguments for piece in pieces)) if number > 1 else None
    if sent is None:
        return _one_after_the_other(work, pieces, shared, counts)
    bar.set_postfix_str(f"{number} at a time", False)
    with tempfile.TemporaryDirectory(prefix="ticketlab-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / _SHARED).write_bytes(sent[0])
        counts.values = _table(folder, len(pieces), "w+")
        told = folder, len(pieces), os.getcwd(), _settings()
        futures = {}
        try:
            with _uninterrupted():
                pool = _pool(number)
                for place in dearest_first(pieces):
                    futures[place] = pool.submit(_elsewhere, work, sent[1 + place], place, *told)
            return _gathered(futures, counts)
        except BrokenProcessPool:
            raise ProcessEnded from None
        finally:
            counts.values[-1] = 1  # all who are still at work end at their next step
            for future in futures.values():
                future.cancel()
            wait(futures.values())
            counts.values = None  # else the folder could not be removed on every system


def at_once(pieces: Sequence[Piece], *, apart: bool) -> int:
    """How many of them ``each`` does at a time, if they can be sent to other processes."""
    apart = apart and not (threads.given() or multiprocessing.parent_process())  # not out of the others
    return min(len(pieces), MOST, torch.get_num_threads()) if apart else 1


def dearest_first(pieces: Sequence[Piece]) -> list[int]:
    """Their places, in the order in which ``each`` begins them."""
    return sorted(range(len(pieces)), key=lambda place: -pieces[place].cost)


def _one_after_the_other(work: Callable, pieces: Sequence[Piece], shared, counts: Counts) -> list:
    results = []
    for place, piece in enumerate(pieces):
        results.append(work(shared, *piece.arguments, counts.here(place)))
        counts.finish(place)
    return results


def _gathered(futures: dict[int, Future], counts: Counts) -> list:
    """What the pieces gave, when all have, and their warnings; the first error as soon as one fails."""
    results, said, left = {}, {}, dict(sorted(futures.items()))
    while left:
        wait(left.values(), timeout=_LOOK, return_when="FIRST_COMPLETED")
        for place in [place for place, future in left.items() if future.done()]:
            found, said[place] = left.pop(place).result()
            if isinstance(found, _Failed):
                _warn(said[place])
                raise found.error() from RuntimeError(f"in another process:\n{found.traceback}")
            results[place] = pickle.loads(found)  # from a process of our own
            counts.finish(place)
        counts.show()
    for place in range(len(futures)):
        _warn(said[place])
    return [results[place] for place in range(len(futures))]


def _warn(said: Sequence[tuple[str, type]]) -> None:
    for text, category in said:
        warn(text) if category is UserWarning else warnings.warn(text, category, stacklevel=4)


def _pool(number: int):
    """The processes of the last call, if they are still there and nobody has ended one, or others."""
    import loky  # not with the package: most calls need none

    own = {name: os.environ.get(name, str(value)) for name, value in _MEMORY.items()}
    return loky.get_reusable_executor(number, timeout=IDLE, env=own)


@contextmanager
def _uninterrupted():
    """A context in which Ctrl-C is ignored, as it then is by the processes that begin in it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


class _Pickler(pickle.Pickler):
    def reducer_override(self, given):
        """Another process knows nothing of what a notebook or a script defines."""
        if isinstance(given, type | types.FunctionType) and given.__module__ == "__main__":
            raise pickle.PicklingError(given)
        return NotImplemented


def _packed(*values) -> list[bytes] | None:
    """Each value for another process, or None if one of them cannot be sent."""
    packed = []
    for value in values:
        content = io.BytesIO()
        try:
            _Pickler(content).dump(value)
        except Exception:  # noqa: BLE001 - whatever the things in it raise
            return None
        packed.append(content.getvalue())
    return packed


def _settings() -> dict[str, str]:
    """The caller's environment, as far as it is ours: where runs are kept."""
    return {name: value for name, value in os.environ.items() if name.startswith("TICKETLAB_")}


def _table(folder: str, pieces: int, mode: str) -> np.ndarray:
    """Numbers that all see: of each piece its steps and those found done; then whether to halt."""
    return np.memmap(Path(folder) / _COUNTS, np.int64, mode, shape=(2 * pieces + 1,))


def _elsewhere(work: Callable, arguments: bytes, place: int, folder: str, pieces: int, here: str,
               settings: dict[str, str]) -> "tuple[bytes | _Failed, list]":
    """One piece: what it gives, pickled, or its error; and its warnings."""
    bar = elsewhere(_table(folder, pieces, "r+"), place)
    bar.refresh()
    with suppress(OSError):
        os.chdir(here)
    for name in _settings():
        del os.environ[name]
    os.environ.update(settings)
    if folder not in _known:
        _known.clear()
        _known[folder] = pickle.loads((Path(folder) / _SHARED).read_bytes())
    with threads.using(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = pickle.dumps(work(_known[folder], *pickle.loads(arguments), bar))
        except Exception as error:  # noqa: BLE001 - whatever the work raises, it is raised by the caller
            found = _Failed.of(error)
    return found, [(str(each.message), each.category) for each in caught]


class _Failed(NamedTuple):
    """An error, for another process; not pickled itself, which calls its class with its text."""

    kind: type
    arguments: tuple
    more: dict
    traceback: str

    @classmethod
    def of(cls, error: Exception) -> "_Failed":
        said = traceback.format_exc()
        found = cls(type(error), error.args, vars(error), said)
        if _packed(found) is None:
            found = cls(RuntimeError, (f"{type(error).__name__}: {error}",), {}, said)
        return found

    def error(self) -> Exception:
        error = self.kind.__new__(self.kind, *self.arguments)
        vars(error).update(self.more)
        return error
