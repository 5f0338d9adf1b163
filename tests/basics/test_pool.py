"""The processes that work is done in: those that are ended are named, those without work end, and none
outlives its caller."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.basics.test_processes import Bar, none_left, pieces, told, two_cores  # noqa: F401 - fixtures
from ticketlab.basics import pool, processes
from ticketlab.basics.processes import each

ROOT = Path(__file__).resolve().parents[2]
needs_signals = pytest.mark.skipif(os.name == "nt", reason="no such signal")


def gone(who, seconds=20):
    """Whether none of these processes is there any more, or will soon be."""
    until = time.monotonic() + seconds
    while any(alive(one) for one in who):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def alive(who):
    try:
        os.kill(who, 0)
    except OSError:
        return False
    # one that nobody has waited for is listed, and is not alive
    status = Path(f"/proc/{who}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def ended(shared, number, bar):
    os.kill(os.getpid(), signal.SIGKILL)


@needs_signals
def test_a_process_that_is_ended_at_work_is_named_and_others_begin(two_cores):  # noqa: F811
    with pytest.raises(processes.ProcessEnded, match="memory did not suffice"):
        each(ended, pieces(1, 2), None, Bar(), apart=True)
    found = each(told, pieces(1, 2), 0, Bar(), apart=True)
    assert [one["sum"] for one in found] == [1, 2]


@needs_signals
def test_one_that_was_ended_without_work_is_not_missed(two_cores):  # noqa: F811
    found = each(told, pieces(1, 2), 0, Bar(), apart=True)
    os.kill(found[0]["who"], signal.SIGKILL)
    assert gone([found[0]["who"]])
    time.sleep(0.5)  # for the news to reach the pool
    assert [one["sum"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)] == [1, 2]


@needs_signals
def test_processes_without_work_end(two_cores, monkeypatch):  # noqa: F811
    pool.close()
    monkeypatch.setattr(pool, "IDLE", 0.2)
    found = each(told, pieces(1, 2), 0, Bar(), apart=True)
    assert gone({one["who"] for one in found}) and pool._kept is None


@needs_signals
def test_none_outlives_its_caller():
    """A kernel that is killed closes nothing."""
    code = """
import os, signal, torch
from tests.basics.test_processes import Bar, pieces, told
from ticketlab.basics import threads
from ticketlab.basics.processes import each
torch.set_num_threads(2)
threads._GIVEN, threads._FOUND = False, 2
print(*{one["who"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)}, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
                         env=os.environ | {"PYTHONPATH": str(ROOT)})
    who = [int(one) for one in ran.stdout.split()]
    assert who and os.getpid() not in who, ran.stderr
    assert gone(who)
