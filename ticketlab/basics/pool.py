"""The processes in which ``basics.processes`` has work done.

They begin when they are needed, stay for the next call, and end when there was none for a while.
Lesson 06 uses them through ``ticketlab.scaling``.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

IDLE = 60.0  # seconds after which processes without work end

_lock = threading.Lock()
_kept: tuple[ProcessPoolExecutor, int] | None = None
_end: threading.Timer | None = None


class ProcessEnded(RuntimeError):
    """Somebody, or the system, ended a process that was at work."""

    def __init__(self):
        super().__init__(
            "a process that did a part of this work was ended from outside, often because memory did not "
            "suffice. What a call with keep=... has finished is on disk: ask again, and it goes on from "
            "there. If OMP_NUM_THREADS=1 is set before Python starts, all is done in one process")


@contextmanager
def pool_of(number: int) -> Iterator[ProcessPoolExecutor]:
    """As many processes or more: those of the last call, if they are still there. They are nobody else's
    until the context ends."""
    global _kept, _end
    with _lock:
        if _end is not None:
            _end.cancel()
        pool, size = _kept or (None, 0)
        _kept = None
    if pool is not None and (size < number or not _takes_work(pool)):
        pool.shutdown(wait=False)
        pool = None
    if pool is None:
        pool, size = ProcessPoolExecutor(
            number, mp_context=multiprocessing.get_context("spawn"), initializer=_begun), number
    try:
        yield pool
    except ProcessEnded:
        pool.shutdown(wait=False)
        raise
    except BaseException:
        _keep(pool, size)
        raise
    _keep(pool, size)


def _takes_work(pool: ProcessPoolExecutor) -> bool:
    """Not if one of its processes was ended while there was nothing to do."""
    try:
        pool.submit(int)
    except BrokenProcessPool:
        return False
    return True


def _keep(pool: ProcessPoolExecutor, size: int) -> None:
    global _kept, _end
    with _lock:
        former, _kept = _kept, (pool, size)
        _end = threading.Timer(IDLE, close)
        _end.daemon = True
        _end.start()
    if former is not None:  # of another thread's call
        former[0].shutdown(wait=False)


def close() -> None:
    """End the processes that are kept for the next call."""
    global _kept
    with _lock:
        pool, _ = _kept or (None, 0)
        _kept = None
    if pool is not None:
        pool.shutdown(wait=False)


def _begun() -> None:
    """A process begins: Ctrl-C is its caller's, and where the caller is gone it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    caller = multiprocessing.parent_process()

    def follow():
        caller.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A context in which Ctrl-C is ignored, as it then is by the processes that begin in it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
