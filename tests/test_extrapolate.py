"""tools/extrapolate.py: a training of many steps is told from a few, and a thousand examples stand for all."""

import importlib.util
import time
from pathlib import Path

import pytest
import torch

from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import stack
from ticketlab.basics import processes, progress_bar, threads
from ticketlab.landscape import lines
from ticketlab.training import evaluation, loop

TOOL = Path(__file__).resolve().parents[1] / "tools" / "extrapolate.py"


@pytest.fixture
def tool(monkeypatch):
    """The tool, and all that it replaces put back afterwards."""
    spec = importlib.util.spec_from_file_location("extrapolate", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for owner, name in ((loop.Trainer, "step"), (loop, "side_by_side"), (loop, "_batches"),
                        (evaluation, "evaluate"), (lines, "evaluate"), (lines, "recompute_norms"),
                        (processes, "each")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    return module


def test_few_steps_are_taken_and_the_rest_is_counted(tool, monkeypatch):
    step, taken = loop.Trainer.step, []

    def slow(*arguments):
        taken.append(None)
        time.sleep(0.01)
        return step(*arguments)

    monkeypatch.setattr(loop.Trainer, "step", slow)
    clock = tool.Clock()
    tool.shorten(clock)
    run = loop.train(stack.draw(NETS["mlp"], [0, 1]), DATA, RECIPES["sgd"].with_(steps=200), progress=False)
    assert len(taken) == tool.STEPS and 0.01 * 191 < clock.saved < 10 * 0.01 * 191
    assert run.curves["step"][-1] == 200


def test_a_thousand_examples_stand_for_all(tool, monkeypatch):
    evaluate, seen = evaluation.evaluate, []

    def slow(stack, x, y, **named):
        seen.append(len(x))
        time.sleep(0.02)
        return evaluate(stack, x, y, **named)

    monkeypatch.setattr(evaluation, "evaluate", slow)
    clock = tool.Clock()
    tool.shorten(clock)
    drawn, x = stack.draw(NETS["mlp"], [0]), torch.zeros(5000, 12)
    for _ in range(3):
        evaluation.evaluate(drawn, x, torch.zeros(5000, dtype=torch.int64))
    clock.settle()
    assert seen == [1000, 1000] and 14 * 0.02 < clock.saved < 140 * 0.02


def test_of_threads_side_by_side_the_slowest_counts(tool):
    clock = tool.Clock()
    clock._here = {1: 2.0, 2: 3.0}
    clock.settle()
    clock.save(1.0)
    clock.settle()
    assert clock.saved == 4.0 and not clock._here


def test_few_batches_are_made_and_the_rest_is_counted(tool, monkeypatch):
    batches, made = loop._batches, []

    def slow(*arguments):
        for batch in batches(*arguments):
            made.append(None)
            time.sleep(0.01)
            yield batch

    monkeypatch.setattr(loop, "_batches", slow)
    clock = tool.Clock()
    tool.shorten(clock)
    drawn = stack.draw(NETS["mlp"], [0, 1])
    loop.train(drawn, DATA, RECIPES["sgd"].with_(steps=100), progress=False)
    assert len(made) == tool.STEPS and 0.01 * 91 < clock.saved < 10 * 0.01 * 91
    loop.train(drawn, DATA, RECIPES["sgd"].with_(steps=100), progress=False)
    assert len(made) == tool.STEPS


@pytest.mark.parametrize(("took", "hands", "whole"), [
    ([4, 3, 2, 1], 2, 5), ([4, 1, 1, 1], 2, 4), ([1, 2, 3], 1, 6), ([2, 1], 4, 2)])
def test_whoever_is_free_takes_the_next_piece(tool, took, hands, whole):
    assert tool.dealt(took, hands) == whole


def _nap(shared, seconds, bar):
    time.sleep(seconds)
    return threads.given(), seconds


def test_what_other_processes_would_do_is_done_here_and_counted_as_shared(tool, monkeypatch):
    """Three pieces for two processes, the longest of them the last: .3 s, and not .5."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
    monkeypatch.setattr(threads, "given", lambda: getattr(threads._here, "given", False))
    clock = tool.Clock()
    tool.shorten(clock)
    pieces = [processes.Piece((seconds,), 1, 1, seconds) for seconds in (0.1, 0.1, 0.3)]
    with progress_bar(False, 3, "naps") as bar:
        began = time.perf_counter()
        found = processes.each(_nap, pieces, None, bar, apart=True)
    took = time.perf_counter() - began
    assert found == [(True, 0.1), (True, 0.1), (True, 0.3)]
    assert took >= 0.5 and clock.saved == pytest.approx(-0.2, abs=0.09)  # of a machine that may be busy
    assert processes.each(_nap, pieces, None, bar, apart=False) == [(False, each) for _, each in found]


def _training(shared, steps, bar):
    return loop.train(stack.draw(NETS["mlp"], [0, 1]), DATA, RECIPES["sgd"].with_(steps=steps), progress=False)


def test_steps_of_another_process_do_not_stand_for_those_that_are_taken_here(tool, monkeypatch):
    step, taken = loop.Trainer.step, []

    def counted(*arguments):
        taken.append(None)
        return step(*arguments)

    monkeypatch.setattr(loop.Trainer, "step", counted)
    monkeypatch.setattr(processes, "at_once", lambda pieces, apart: 1 + apart)
    tool.shorten(tool.Clock())
    with progress_bar(False, 2, "trainings") as bar:
        processes.each(_training, 2 * [processes.Piece((100,), 100, 1, 1)], None, bar, apart=True)
    assert len(taken) == tool.STEPS
    _training(None, 100, None)
    assert len(taken) == 2 * tool.STEPS
