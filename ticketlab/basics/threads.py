"""torch's threads: whether their number is somebody's own setting, and another number for a while.

torch shares each single operation among its threads, which wait for one another at its end, some ten
thousand times a second where operations are small. On a machine that does something else, too, each such
wait is as long as the slower thread is kept waiting: measured on two cores beside one busy program, small
networks trained 5 to 20 times slower on two threads than on one. So small work begins on one thread, and
``training.pace`` measures whether more are quicker. All lessons run on it.
"""

import contextlib
import os
import threading
from collections.abc import Iterator

import torch

# What these say is read when torch is loaded, and holds for all that follows.
VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
_here = threading.local()


def _machine() -> set[int]:
    """The numbers that torch takes by itself: this process's processors, or the cores among them."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {allowed, os.cpu_count(), torch.get_num_interop_threads()}


_FOUND = torch.get_num_threads()
_GIVEN = any(os.environ.get(name) for name in VARIABLES) or _FOUND not in _machine()


def given() -> bool:
    """Whether the number of torch's threads is somebody's own setting, and stays as it is: by the
    environment (``VARIABLES``), by ``torch.set_num_threads``, or by ``using``."""
    return _GIVEN or getattr(_here, "given", False) or torch.get_num_threads() != _FOUND


@contextlib.contextmanager
def using(number: int, given: bool = True) -> Iterator[None]:
    """A context in which this thread has that many of torch's threads, as its own setting; afterwards,
    on errors too, everything is as it was. given: or as nobody's setting."""
    before, was_given = torch.get_num_threads(), getattr(_here, "given", False)
    torch.set_num_threads(number)
    _here.given = given
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _here.given = was_given


def released() -> contextlib.AbstractContextManager:
    """A context within ``using`` in which this thread has the number that torch took by itself."""
    return using(_FOUND, given=False)
