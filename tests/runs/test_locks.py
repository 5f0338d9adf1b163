"""A unit is worked on by one process at a time, where the file system has locks."""

import errno
import threading

import filelock
import pytest

from ticketlab.runs.locks import InUse, locked


def test_a_lock_is_held_by_one_and_others_wait(tmp_path):
    waiting = threading.Event()
    entered = []

    def other():
        with locked(tmp_path, "unit", waiting.set) as held:
            entered.append(held)

    with locked(tmp_path, "unit", waiting.set) as held:
        assert held and not waiting.is_set()
        with pytest.raises(InUse), locked(tmp_path, "unit"):
            pass
        with locked(tmp_path, "another unit") as held:
            assert held
        thread = threading.Thread(target=other)
        thread.start()
        assert waiting.wait(30) and not entered
    thread.join(30)
    assert entered == [True]


@pytest.mark.parametrize("error", [NotImplementedError("no flock"), OSError(errno.ENOSYS, "none"),
                                   OSError(errno.ENOTSUP, "none"), OSError(errno.ENOSPC, "full")])
def test_without_locks_work_goes_on_and_other_errors_come_out(tmp_path, monkeypatch, error):
    def acquire(*_, **__):
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    with locked(tmp_path, "unit", list) as held:
        assert not held
    with pytest.raises(ZeroDivisionError), locked(tmp_path, "unit", list):
        raise ZeroDivisionError
    error = OSError(errno.EACCES, "denied")
    with pytest.raises(PermissionError), locked(tmp_path, "unit", list):
        pass
