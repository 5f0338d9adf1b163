"""Pieces of work in processes of their own: what they give, where they are done, bars, warnings, errors and
interruptions, and how the processes end."""

import os
import pickle
import platform
import signal
import subprocess
import sys
import threading
import time
import types
import warnings
from pathlib import Path

import pytest
import torch

from ticketlab.basics import Interrupted, processes, progress_bar, threads
from ticketlab.basics.processes import Piece, ProcessEnded, each

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("none_left")
needs_signals = pytest.mark.skipif(os.name == "nt", reason="no such signal")


class Bar:
    """Writes down how far it was moved, by which threads, and what it said."""

    def __init__(self):
        self.n, self.threads, self.words = 0, set(), []

    def update(self, steps=1):
        assert isinstance(steps, int) and steps > 0
        self.n += steps
        self.threads.add(threading.get_ident())

    def set_postfix_str(self, text, refresh=True):
        self.words.append(text)


KILLED = """
import os, signal, threading, torch
from tests.basics.test_processes import Bar, endless, pieces, told
from ticketlab.basics import processes, threads
from ticketlab.basics.processes import each
processes.IDLE = 2
torch.set_num_threads(2)
threads._GIVEN, threads._FOUND = False, 2
print(*{one["who"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)}, flush=True)
threading.Timer(1, os.kill, [os.getpid(), signal.SIGKILL]).start()
each(endless, pieces(1, 2), 0, Bar(), apart=True)
"""


@pytest.fixture(scope="module", autouse=True)
def killed(tmp_path_factory):
    """A caller that is killed while its processes work, and the files of what it and they say. Begun before
    all tests: loky's processes wait half a minute for the caller's leave before they go without it."""
    if os.name == "nt":
        yield None
        return
    folder = tmp_path_factory.mktemp("killed")
    said, wrong = folder / "said", folder / "wrong"
    with said.open("w") as out, wrong.open("w") as err:
        caller = subprocess.Popen([sys.executable, "-c", KILLED], cwd=ROOT, stdout=out, stderr=err,
                                  env=os.environ | {"PYTHONPATH": str(ROOT)})
    yield caller, said, wrong
    caller.kill()
    caller.wait()


def told(shared, number, bar):
    for _ in range(5):
        bar.update()
    return {"who": os.getpid(), "sum": shared + number, "threads": torch.get_num_threads(),
            "where": os.getcwd(), "runs": os.environ.get("TICKETLAB_RUNS"), "tensor": torch.ones(2) * number}


def pieces(*numbers, steps=5):
    return [Piece((number,), steps, 1, number) for number in numbers]


def test_what_each_gives_in_the_order_of_the_pieces_from_two_processes(two_cores, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKETLAB_RUNS", "here")
    bar = Bar()
    found = each(told, pieces(1, 5, 3, 2, 4), 10, bar, apart=True)
    assert [one["sum"] for one in found] == [11, 15, 13, 12, 14]
    assert [one["tensor"].tolist() for one in found][1] == [5, 5]
    others = {one["who"] for one in found}
    assert os.getpid() not in others and len(others) <= 2
    assert {one["threads"] for one in found} == {1} and torch.get_num_threads() == 2
    assert {one["where"] for one in found} == {str(tmp_path)}
    assert {one["runs"] for one in found} == {"here"}
    assert bar.n == 25 and bar.threads == {threading.get_ident()} and bar.words == ["2 at a time"]
    monkeypatch.delenv("TICKETLAB_RUNS")
    stayed = processes._pool(2)
    again = each(told, pieces(1, 2), 20, Bar(), apart=True)
    assert processes._pool(2) is stayed, "they stay for the next call"
    assert [(one["sum"], one["runs"]) for one in again] == [(21, None), (22, None)]


@pytest.mark.parametrize("why", ["not apart", "given", "one piece", "notebook"])
def test_one_after_the_other_here_where_it_must_be(two_cores, monkeypatch, why):
    work, given, own = told, 0, pieces(1, 2)
    if why == "given":
        monkeypatch.setattr(threads, "_GIVEN", True)
    if why == "one piece":
        own = own[:1]
    if why == "notebook":  # a class of one's own, which another process does not know
        kind = types.new_class("Mine", (int,))
        kind.__module__ = "__main__"
        monkeypatch.setattr(sys.modules["__main__"], "Mine", kind, raising=False)
        pickle.dumps(given := kind(0))
    bar = Bar()
    found = each(work, own, given, bar, apart=why != "not apart")
    assert {one["who"] for one in found} == {os.getpid()} and {one["threads"] for one in found} == {2}
    assert [one["sum"] for one in found] == [1, 2][:len(own)] and bar.n == 5 * len(own)


def fetched(shared, number, bar):
    """How many pages of memory 20 steps, which need two blocks of 4 MB each, ask of the system."""
    import resource

    pages = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(20):
            torch.ones(2**20) + number
        pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return pages[-1]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others know no such setting")
def test_memory_is_not_fetched_anew_in_every_step(two_cores):
    found = each(fetched, pieces(1, 2), None, Bar(), apart=True)
    assert max(found) < 1_024, "a block of 4 MB has as many pages"


# --- the bar --------------------------------------------------------------------------------------

def half(shared, number, bar):
    from ticketlab.basics import skip

    if number == 2:
        skip(bar, 4)  # found done
    bar.update(2)
    bar.set_postfix_str("loss", False)
    return number


@pytest.mark.parametrize("apart", [False, True])
def test_a_piece_that_needs_less_is_done_and_what_was_found_done_says_nothing_of_the_pace(two_cores, apart):
    own = [Piece((number,), 10, 2.5, 1) for number in (1, 2)]
    with progress_bar(True, 50, "work", "%") as bar:
        assert each(half, own, None, bar, apart=apart) == [1, 2]
        assert bar.n == 50 and bar.initial == 10


# --- warnings, errors and interruptions -----------------------------------------------------------

def warned(shared, number, bar):
    from ticketlab.basics import warn

    warn(f"of {number}")
    warnings.warn(f"old {number}", FutureWarning, stacklevel=1)


@pytest.mark.parametrize("apart", [False, True])
def test_warnings_are_given_here_in_the_order_of_the_pieces(two_cores, apart):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        each(warned, pieces(1, 3, 2), None, Bar(), apart=apart)
    assert [(str(one.message), one.category) for one in caught] == [
        (f"{text} {number}", kind) for number in (1, 3, 2)
        for text, kind in (("of", UserWarning), ("old", FutureWarning))]
    assert not apart or {one.filename for one in caught if one.category is UserWarning} == {__file__}


class Particular(ValueError):
    """Its arguments are not its text, so that it cannot simply be pickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")
        self.two = two


def fails(shared, number, bar):
    if number == shared:
        raise Particular(number, "more")
    endless(shared, number, bar)


def endless(shared, number, bar):
    while True:
        bar.update()
        time.sleep(0.001)


@pytest.mark.parametrize("place", [0, 1])
def test_the_first_error_ends_all_and_is_the_same_error(two_cores, place):
    with pytest.raises(Particular, match="2 and more") as caught:
        each(fails, [pieces(2, 9), pieces(9, 2)][place], 2, Bar(), apart=True)
    assert caught.value.two == "more"
    assert "in fails" in str(caught.value.__cause__), "it says where"
    assert [one["sum"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)] == [1, 2]


def test_an_interruption_ends_all_with_one_sentence(two_cores):
    """Ctrl-C reaches the other processes too, in a terminal: there it must do nothing."""
    class Stopped(Bar):
        def update(self, steps=1):
            super().update(steps)
            for other in others:
                os.kill(other, signal.SIGINT)
            if self.n > 20:
                raise KeyboardInterrupt

    others = {one["who"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)}
    with pytest.raises(Interrupted, match="Stopped: work. What a call with keep"), \
            progress_bar(True, 1000, "work") as shown:
        stopped = Stopped()
        stopped.set_postfix_str = shown.set_postfix_str
        each(fails, pieces(1, 2, 3, steps=10 ** 9), 0, stopped, apart=True)
    left = processes._pool(2)
    assert [one["sum"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)] == [1, 2]
    assert processes._pool(2) is left, "they are there, and not at work"


# --- the processes --------------------------------------------------------------------------------

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
def test_a_process_that_is_ended_at_work_is_named_and_others_begin(two_cores):
    with pytest.raises(ProcessEnded, match="memory did not suffice"):
        each(ended, pieces(1, 2), None, Bar(), apart=True)
    found = each(told, pieces(1, 2), 0, Bar(), apart=True)
    assert [one["sum"] for one in found] == [1, 2]


@needs_signals
def test_one_that_was_ended_without_work_is_not_missed(two_cores):
    found = each(told, pieces(1, 2), 0, Bar(), apart=True)
    os.kill(found[0]["who"], signal.SIGKILL)
    assert gone([found[0]["who"]])
    time.sleep(0.5)  # for the news to reach the pool
    assert [one["sum"] for one in each(told, pieces(1, 2), 0, Bar(), apart=True)] == [1, 2]


@needs_signals
def test_processes_without_work_end(two_cores, monkeypatch):
    monkeypatch.setattr(processes, "IDLE", 0.2)
    found = each(told, pieces(1, 2), 0, Bar(), apart=True)
    assert gone({one["who"] for one in found})


@needs_signals
def test_none_outlives_its_caller(killed):
    """A kernel that is killed closes nothing."""
    caller, said, wrong = killed
    caller.wait(60)
    who = [int(one) for one in said.read_text().split()]
    assert who and os.getpid() not in who, wrong.read_text()
    assert gone(who, 60)
