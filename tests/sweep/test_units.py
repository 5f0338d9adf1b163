"""One unit of a sweep: what decides it, and what it is computed under."""

import concurrent.futures
import importlib.util
import os
import sys
import threading
from dataclasses import replace

import pytest
import torch

from tests.runs.test_training import contents
from tests.sweep.test_running import double, swept
from tests.training.test_loop import DATA, RECIPES, TASK
from ticketlab import lottery, nets, runs, sweep
from ticketlab.sweep import units as sweep_units


def loaded_module(path, text):
    path.parent.mkdir()
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("mine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_source_name_and_settings_decide_a_unit(tmp_path):
    text = "def {}(width, keep=None):\n    return {{'value': width * {}}}\n"
    variants = [("one", 2, 1), ("one", 3, 1), ("other", 2, 1), ("one", 2, 1.0), ("one", 2, 7)]
    for place, (name, factor, width) in enumerate(variants):
        for turn in range(2):
            module = loaded_module(tmp_path / f"{place}-{turn}" / "mine.py",
                                   text.format(name, factor))
            found = swept(tmp_path / "home", getattr(module, name), [{"width": width}])
            assert found.table["value"].tolist() == [factor * width]
        assert len(list((tmp_path / "home").rglob("run.json"))) == place + 1


def test_a_search_in_a_unit_is_kept_under_the_units_name(tmp_path):
    def function(seeds, keep=None):
        tickets = lottery.search(nets.mlp(TASK, (8,)), DATA, RECIPES["adam"], levels=1, rate=0.5,
                                 seeds=seeds, keep=keep, progress=False)
        return lottery.table(tickets)

    found = swept(tmp_path, function, sweep.grid(seeds=[(0, 1), (2, 3)]))
    assert len(found.table) == 8 and found.table["seeds"].tolist() == [(0, 1)] * 4 + [(2, 3)] * 4
    names = {name.split("/")[2] for name in runs.listing(tmp_path)["name"]}
    assert len(names) == 2 and all(name.startswith("seeds-") for name in names)


def test_threads_and_folder_are_the_sweeps_and_afterwards_what_they_were(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", "/elsewhere")
    before = torch.get_num_threads()

    def function(width, keep=None):
        if width == 2:
            raise ValueError
        return {"threads": torch.get_num_threads(), "folder": os.environ["TICKETLAB_RUNS"]}

    for threads in (1, 2):
        with pytest.warns(UserWarning, match="width=2 failed"):
            found = swept(tmp_path, function, sweep.grid(width=[1, 2]), threads=threads,
                          keep=f"threads-{threads}")
        assert found.table.loc[0].to_dict() == {"width": 1, "threads": threads,
                                                "folder": str(tmp_path)}
    assert torch.get_num_threads() == before and os.environ["TICKETLAB_RUNS"] == "/elsewhere"
    monkeypatch.delenv("TICKETLAB_RUNS")
    swept(tmp_path, double, [{"width": 1}])
    assert "TICKETLAB_RUNS" not in os.environ


def test_a_process_computes_one_unit_at_a_time_and_says_what_to_do(tmp_path, monkeypatch):
    refused, inside = threading.Event(), []

    class Lock:
        def __init__(self):
            self.lock = threading.RLock()
            self.release = self.lock.release

        def acquire(self, blocking=True):
            taken = self.lock.acquire(blocking)
            if not taken:
                refused.set()
            return taken

    monkeypatch.setattr(sweep_units, "_PROCESS", Lock())

    def function(width, keep=None):
        inside.append(width)
        assert refused.wait(30), "the other unit never came"
        assert inside.pop() == width
        return {"value": width}

    # in this test's process, so not by value
    monkeypatch.setattr("ticketlab.sweep.running.packed", lambda function: function)
    with concurrent.futures.ThreadPoolExecutor(2) as pool, \
            pytest.warns(UserWarning, match="waited for another one.*threads_per_worker=1"):
        found = swept(tmp_path, function, sweep.grid(width=[1, 2]), executor=pool)
    assert found.table["value"].tolist() == [1, 2]


def test_a_worker_without_the_callers_folder_says_what_is_missing(tmp_path):
    """On another machine the same path can be another folder."""
    class Elsewhere(concurrent.futures.ThreadPoolExecutor):
        def submit(self, function, task, *more):
            return super().submit(function, replace(task, mark=tmp_path / task.mark.name), *more)

    with Elsewhere(1) as pool, \
            pytest.warns(UserWarning, match="not the folder.*share.*TICKETLAB_RUNS"):
        found = swept(tmp_path / "home", double, [{"width": 1}], executor=pool)
    assert found.table.empty and list(found.failures["width"]) == [1]
    assert not contents(tmp_path / "home") and not list((tmp_path / "home").rglob("*.sweep"))


def test_a_function_that_cannot_be_sent_is_refused_with_the_cure(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)  # not installed
    with concurrent.futures.ThreadPoolExecutor(1) as pool, \
            pytest.raises(TypeError, match=r"<lambda> cannot be sent.*module.*\[cluster\]"):
        swept(tmp_path, lambda width, keep: {}, [{"width": 1}], executor=pool)
