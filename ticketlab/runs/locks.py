"""Units that are locked while a process works on them, so that no work is done twice.

``runs`` and ``sweep`` build on this file, and lesson 04 through them.
"""

import contextlib
import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

from ticketlab.runs.files import FULL

# on a full disk what is finished can still be read
_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, *FULL)


class InUse(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def locked(home: Path, name: str, waiting=None) -> Iterator[bool]:
    """Hold the lock of the unit ``name`` in the folder ``home``; gives whether there is one.

    waiting: called once if another process holds it, before waiting for it; None: do not wait, and
    raise InUse. Where the file system has no locks it goes on without: files are
    renamed into place whole, so the worst is that work is done twice.
    """
    # beside the units, which can be renamed and removed; a digest, which is never too long a name
    place = home / ".locks" / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.lock"
    lock = _lock(place)
    try:
        place.parent.mkdir(exist_ok=True)
        _acquire(lock, waiting)
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        yield False
    else:
        try:
            yield True
        finally:
            lock.release()


def _lock(place: Path):
    import filelock

    try:  # newer versions else use the mere existence of the file, which a killed process leaves
        return filelock.FileLock(place, fallback_to_soft=False)
    except TypeError:
        return filelock.FileLock(place)


def _acquire(lock, waiting) -> None:
    import filelock

    try:
        lock.acquire(timeout=0 if waiting is None else 0.5)
    except filelock.Timeout:
        if waiting is None:
            raise InUse from None
        waiting()
        lock.acquire()
