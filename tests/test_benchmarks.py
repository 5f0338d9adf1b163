"""Every benchmark runs, at sizes of a moment: `make bench` is not part of the tests, and reaches into
the loop's own names, so that a change of these would leave it broken without anybody's notice.

Speeds are not asserted. What is replaced: how often a call is timed, sizes, and processes of their own,
whose programs run in this one.
"""

import contextlib
import functools
import io
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks import (
    busy,
    duel,
    images,
    importing,
    lab,
    line,
    lottery,
    machine,
    pages,
    slider,
    sweep,
    training,
    widths,
)
from benchmarks.__main__ import SUBJECTS
from ticketlab import nets, scales
from ticketlab.training import Recipe


def once(contestants, rounds, seconds=None):
    """Each contestant makes one real call."""
    times = {}
    for name, call in contestants.items():
        began = time.perf_counter()
        call()
        times[name] = [time.perf_counter() - began] * rounds
    return times


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    def run(command, **_):
        said = io.StringIO()
        monkeypatch.setattr(sys, "argv", ["-c", *command[3:]])
        with contextlib.redirect_stdout(said):
            exec(command[2], {"__name__": "__main__"})  # noqa: S102
        return SimpleNamespace(stdout=said.getvalue())

    for subject in (importing, lottery, widths):
        monkeypatch.setattr(subject, "subprocess", SimpleNamespace(run=run))
    assert subprocess.run is not run


def sized(monkeypatch, subject, **sizes):
    for name, value in sizes.items():
        monkeypatch.setattr(subject, name, value)


def test_every_benchmark_has_a_test_here():
    assert {f"test_{name}" for name in SUBJECTS} <= set(globals())


def test_training(monkeypatch):
    sized(monkeypatch, training, EXAMPLES=200, STEPS=1, interleaved=once,
          matrix_product=lambda: machine.matrix_product(8), memory_copy=lambda: machine.memory_copy(1))
    said = training.report()
    assert said.count("plain loop") == 4 + said.count("R = ") and "R = 16" in said


def test_images(monkeypatch):
    sized(monkeypatch, images, interleaved=once,
          Recipe=lambda *given, **more: Recipe(*given, **more | {"batch": 4}))
    said = images.report()
    assert all(f"  {name} " in said for name in ("DataLoader loop", "tensor loop", "R = 1", "R = 3"))


def test_lottery(monkeypatch):
    def named(name):
        return replace(scales.named(name), levels=3, replicates=1)

    monkeypatch.setattr(lottery, "scales", SimpleNamespace(named=named))
    monkeypatch.setattr(lottery, "_memory", functools.partial(lambda memory, nets: memory(1), lottery._memory))
    said = lottery.report(steps=1)
    assert "memory of 1 LeNet-300-100 in training" in said and "outside training" in said
    assert "extrapolated from 1 steps" in lottery._paper(steps=1)


def test_line(monkeypatch):
    sized(monkeypatch, line, interleaved=once, POINTS=3, REPLICATES=2, TRAIN=120, TEST=40, SAMPLE=2)
    said = line.report()
    assert said.count("one stack") == 2 and said.count("one at a time") == 4


def test_busy(monkeypatch):
    trained = []

    def train(start, own, recipe, **more):
        if not any(start is each for each in trained):  # once each kind of net
            trained.append(start)
            busy_train(start[:1], own, recipe.with_(steps=1), **more)

    busy_train = busy.train
    sized(monkeypatch, busy, train=train, _busy=contextlib.nullcontext)
    assert busy.report(quiet=1, beside=1).count("as chosen") == 8 == len(trained)


def test_widths():
    said = widths.report(widths=(4, 6, 8), steps=2, rounds=1)
    assert [int(row.split()[0]) for row in said.splitlines()[2:5]] == [4, 6, 8]
    assert "time grows as width to the power" in said


def test_sweep(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "LocalCluster",
                        functools.partial(distributed.LocalCluster, processes=False))
    sized(monkeypatch, sweep, UNITS=2)
    assert "the tables are equal bit for bit" in sweep.report(steps=1)


def test_slider(monkeypatch):
    small = functools.partial(nets.mlp, hidden=(8, 6))
    monkeypatch.setattr(slider, "nets", SimpleNamespace(mlp=small))
    assert slider.report().count("ms, longest") == 4


def test_lab(monkeypatch):
    monkeypatch.setattr(lab.in_lab, "made", SimpleNamespace(ticket_panel=None))
    sized(monkeypatch, lab, MOVES=3)
    assert lab.report().count("median") == 1


def test_pages(monkeypatch, tmp_path):
    shutil.copy(min(pages.LIVE.glob("*.html"), key=lambda path: path.stat().st_size), tmp_path)
    sized(monkeypatch, pages, LIVE=tmp_path, MOVES=2)
    assert pages.report().count("median") == 1


def test_importing():
    assert "import, median of 7" in importing.report()


def test_a_duel_of_this_tree_with_itself(monkeypatch, capsys):
    """In processes of their own."""
    monkeypatch.setattr(duel, "TURNS", 1)
    monkeypatch.setattr(sys, "argv", ["duel", str(duel.TREE), "line of 30 MLPs", "--restarts", "2"])
    duel.main()
    heading, measured = capsys.readouterr().out.splitlines()
    assert "95 % over 2 restarts" in heading
    assert re.fullmatch(r"  line of 30 MLPs +\d+\.\d\d \(\d+\.\d\d-\d+\.\d\d\)", measured)


@pytest.mark.parametrize("name", duel.works())
def test_the_works_of_a_duel(name, monkeypatch):
    """Shorter, in this process."""
    monkeypatch.setattr(duel, "LENGTH", 0.01)
    duel.works()[name]()()


def test_a_duel_says_when_a_folder_holds_no_package(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["duel", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"holds no package ticketlab: .* was found in its place"):
        duel.main()
