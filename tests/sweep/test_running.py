"""Sweeps: one table whatever computed it, in whatever order, and whoever was killed on the way."""

import concurrent.futures
import importlib.util
import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runs.test_training import Interrupting, contents
from tests.training.test_loop import DATA, RECIPES, TASK
from ticketlab import lottery, nets, runs, stack, sweep, training
from ticketlab.digests import digest
from ticketlab.runs import files as run_files
from ticketlab.sweep import rows as sweep_rows
from ticketlab.sweep import units as sweep_units

WIDTHS = (4, 8, 12, 16)
UNITS = sweep.grid(width=WIDTHS, seeds=[(0, 1)])
UNINTERRUPTED = {width: [0, 10, 20, 30] for width in WIDTHS}


def fit(width, seeds, keep=None):
    """Trains two nets in four segments with a state kept between them, writes down each segment,
    and dies in the third if a file asks for it."""
    home, train = runs.folder(), training.train

    def logged(moment, *positional, **named):
        with open(home / "log", "a") as log:
            log.write(f"{width} {moment.step} {os.getpid()}\n")
        order = home / f"kill-{width}"
        if moment.step == 20 and order.exists():
            order.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return train(moment, *positional, **named)

    if width == 4:
        warnings.warn("narrow", stacklevel=1)
    start = stack.draw(nets.mlp(TASK, (width,)), seeds)
    with mock.patch.object(training, "train", logged):
        run = runs.train(f"{keep}/nets", start, DATA, RECIPES["adam"], order_seeds=seeds,
                         interval=0, progress=False)
    return pandas.DataFrame({
        "seed": seeds, "loss": run.last("test_loss").numpy(),
        "accuracy": run.last("test_accuracy").numpy(),
        "weights": digest(run.stack.parameters), "threads": torch.get_num_threads()})


class Log(list):
    """What a function writes to and does not depend on: its entries are no part of what decides."""

    def __init__(self):
        self.ticketlab_version = "1"


def double(width, keep=None):
    return {"twice": 2 * width}


def segments(home) -> dict[int, list[int]]:
    """The steps at which each width's training was entered."""
    entered = {}
    for line in (Path(home) / "log").read_text().splitlines():
        width, step, _ = map(int, line.split())
        entered.setdefault(width, []).append(step)
    return entered


def swept(home, function=fit, units=UNITS, **more):
    return sweep.run(function, units, folder=home, **({"keep": "a/b", "progress": False} | more))


def assert_same(one, other):
    pandas.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.failures.empty and other.failures.empty


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The sweep in this process, which no other may differ from."""
    home = tmp_path_factory.mktemp("here")
    with pytest.warns(UserWarning, match=r"^width=4, seeds=\(0, 1\): narrow$") as caught:
        result = swept(home)
    assert [each.filename for each in caught] == [__file__], "it points at the caller's line"
    assert segments(home) == UNINTERRUPTED
    return home, result


# --- units and the table -----------------------------------------------------------------------

@given(st.dictionaries(st.text("abc", min_size=1), st.lists(st.integers(), min_size=1, max_size=4),
                       max_size=4))
def test_a_grid_has_every_combination_in_its_place(values):
    """The last name changes fastest: a unit's place is a number whose digits are its choices."""
    units = sweep.grid(**values)
    assert len(units) == math.prod(map(len, values.values()))
    for place, unit in enumerate(units):
        assert list(unit) == list(values)
        for name in reversed(values):
            place, digit = divmod(place, len(values[name]))
            assert unit[name] == values[name][digit]


@pytest.mark.parametrize(("values", "error", "said"), [
    ({"width": 32}, TypeError, r"width is 32.*\[32\]"),
    ({"optimizer": "adam"}, TypeError, r"optimizer is 'adam'.*\['adam'\]"),
    ({"width": [1], "lr": []}, ValueError, "lr has no values")])
def test_a_grid_of_what_is_no_list_is_refused(values, error, said):
    with pytest.raises(error, match=said):
        sweep.grid(**values)


def test_the_table_has_settings_in_front_and_the_order_of_the_units(tmp_path, monkeypatch):
    """Though the last one finishes first; units with settings of their own; tuples as given."""
    as_completed, finished = concurrent.futures.as_completed, []

    def backwards(futures):
        for future in sorted(as_completed(list(futures)), key=list(futures).index, reverse=True):
            finished.append(future.result().rows[0]["z"])
            yield future

    def function(width, keep=None, **more):
        return [{"z": width / 3, "a": number} for number in range(width)]

    monkeypatch.setattr(concurrent.futures, "as_completed", backwards)
    units = [{"width": 2, "seeds": (0, 1)}, {"width": 1}]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        fresh = swept(tmp_path, function, units, executor=pool)
    assert finished == [1 / 3, 2 / 3]
    for table in (fresh.table, swept(tmp_path, function, units).table):
        assert list(table) == ["width", "seeds", "z", "a"], "not the sorted names of the file"
        assert table["width"].tolist() == [2, 2, 1] and table["a"].tolist() == [0, 1, 0]
        assert table["seeds"].tolist()[:2] == [(0, 1)] * 2 and pandas.isna(table["seeds"][2])
        assert table["z"].tolist() == [2 / 3, 2 / 3, 1 / 3]


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8)


@settings(max_examples=60)
@given(VALUES)
def test_every_value_comes_back_exactly(value):
    """nan, infinities, -0.0 and the last digit of a float too."""
    text = json.dumps(sweep_rows.plain(value, "here"), allow_nan=False)
    assert repr(sweep_rows.restored(json.loads(text))) == repr(value)


def test_single_numbers_of_numpy_and_torch_are_numbers():
    (row,) = sweep_rows.listed({"a": np.float32(0.1), "b": np.int64(3), "c": torch.tensor(0.1),
                                "d": np.bool_(True), "e": (np.float64("nan"),), "f": np.str_("x")})
    assert repr(row) == repr({"a": float(np.float32(0.1)), "b": 3, "c": torch.tensor(0.1).item(),
                              "d": True, "e": [math.nan], "f": "x"})


@pytest.mark.parametrize(("result", "said"), [
    ({"width": 2, "loss": 1, "masks": torch.ones(2)}, r"TypeError: row 0\['masks'\] is a Tensor"),
    ([{"a": 1}, {"a": {"b": [0, {1}]}}], r"row 1\['a'\]\['b'\]\[1\] is a set \(\{1\}\)"),
    ([{3: 1}], "row 0 has the key 3, a int"), (None, "returned a NoneType .None.; return the rows"),
    ([1, 2], "returned a list"),
    (pandas.DataFrame({"at": [pandas.Timestamp(0)]}), "'at'.*Timestamp"),
    ({"width": 3}, "row 0 has 3 as 'width'.*setting of that name is 2")])
def test_rows_that_cannot_be_kept_name_the_unit_and_the_key(tmp_path, result, said):
    def function(width, keep=None):
        return result if width == 2 else {"loss": 1}

    with pytest.warns(UserWarning, match=f"the unit width=2 failed: .*{said}"):
        found = swept(tmp_path, function, sweep.grid(width=[1, 2, 4]))
    assert found.table["width"].tolist() == [1, 4] and found.failures["width"].tolist() == [2]


def takes_no_keep(width):
    return {}


@pytest.mark.parametrize(("arguments", "error", "said"), [
    ({"units": []}, ValueError, "no units"),
    ({"units": [{"depth": 1}]}, TypeError, r"unit 0, \{'depth': 1\}, does not fit double\(width, "),
    ({"function": takes_no_keep}, TypeError, "unit 0.*takes_no_keep.*'keep'"),
    ({"function": print}, TypeError, "print.*written with def"),
    ({"units": [{"width": 1}, {"width": 1}]}, ValueError, "units 0 and 1 are the same.*seed"),
    ({"units": [{"width": {2}}]}, TypeError, r"unit 0\['width'\] is a set"),
    ({"units": [{"width": 1, "error": 2}]}, ValueError, "unit 0 has a setting 'error'"),
    ({"threads": 0}, ValueError, "threads is 0"), ({"keep": "../out"}, ValueError, "../out")])
def test_what_does_not_fit_is_refused_before_anything_is_computed(tmp_path, arguments, error, said):
    with pytest.raises(error, match=said):
        swept(tmp_path, **{"function": double, "units": [{"width": 1}]} | arguments)
    assert not contents(tmp_path)


def test_without_a_name_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path / "none"))

    def function(width, keep):
        return {"keep": str(keep)}

    assert sweep.run(function, [{"width": 1}], progress=False).table["keep"].tolist() == ["None"]
    assert not list(tmp_path.iterdir())


# --- kept, loaded, failed ----------------------------------------------------------------------

def test_a_finished_unit_is_loaded_with_its_warnings_and_a_new_one_joins_it(tmp_path):
    calls = Log()

    def function(width, keep=None):
        calls.append(width)
        warnings.warn(f"{width} seen", RuntimeWarning, stacklevel=1)
        return {"value": float("nan") if width == 1 else 0.1 * width, "keep": keep}

    tables = []
    for last in (2, 3):
        units = sweep.grid(width=range(1, last + 1))
        with pytest.warns(UserWarning) as caught:
            tables.append(swept(tmp_path, function, units).table)
        assert [str(each.message) for each in caught] == [
            f"width={width}: RuntimeWarning: {width} seen" for width in range(1, last + 1)]
    assert calls == [1, 2, 3]
    pandas.testing.assert_frame_equal(tables[0], tables[1][:2], check_exact=True)
    assert tables[1]["keep"].is_unique and tables[1]["keep"].str.startswith("a/b/width-").all()


def test_a_unit_that_fails_is_listed_the_others_go_on_and_it_is_tried_again(tmp_path):
    calls = Log()

    def function(width, keep=None):
        calls.append(width)
        if calls.count(2) == 1 and width == 2:
            raise ZeroDivisionError("no such width")
        return {"value": width}

    units = sweep.grid(width=[1, 2, 3])
    with pytest.warns(UserWarning, match="unit width=2 failed: ZeroDivisionError: no such width"):
        first = swept(tmp_path, function, units)
    assert first.table["value"].tolist() == [1, 3]
    (failure,) = first.failures.to_dict("records")
    assert failure["width"] == 2 and failure["error"] == "ZeroDivisionError: no such width"
    assert 'raise ZeroDivisionError("no such width")' in failure["traceback"]
    second = swept(tmp_path, function, units)
    assert second.table["value"].tolist() == [1, 2, 3] and second.failures.empty
    assert list(second.failures) == ["width", "error", "traceback"] and calls == [1, 2, 3, 2]


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


@pytest.mark.parametrize("damage", ["truncated", "of another unit"])
def test_damaged_rows_are_set_aside_and_the_trainings_are_not_made_again(tmp_path, here, damage):
    units = UNITS[1:3]
    right = swept(tmp_path, units=units)
    before, (rows, other) = segments(tmp_path), sorted(tmp_path.rglob("rows-*/run.json"))
    rows.write_bytes(rows.read_bytes()[:-9] if damage == "truncated" else other.read_bytes())
    with pytest.warns(UserWarning, match=r"run\.json .*damaged-1, and the run is computed again"):
        assert_same(swept(tmp_path, units=units), right)
    assert segments(tmp_path) == before and len(list(tmp_path.rglob("rows-*.damaged-1"))) == 1
    pandas.testing.assert_frame_equal(
        right.table, here[1].table[2:6].reset_index(drop=True), check_exact=True)


def test_rows_of_another_format_fail_with_a_cure_that_works(tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(run_files, "FORMAT", 7)
        swept(tmp_path, double, [{"width": 1}])
    with pytest.warns(UserWarning, match="width=1 failed: IncompatibleRun: .*format 7"):
        error = swept(tmp_path, double, [{"width": 1}]).failures["error"][0]
    assert len(runs.remove(error.split("runs.remove('")[1].split("'")[0], folder=tmp_path)) == 1
    assert swept(tmp_path, double, [{"width": 1}]).table["twice"].tolist() == [2]


def test_rows_and_trainings_are_listed_and_removed_as_runs_are(tmp_path):
    swept(tmp_path, units=UNITS[1:2])
    listed = runs.listing(tmp_path)
    assert listed["status"].tolist() == ["finished"] * 2
    rows, trained = sorted(listed["name"], key=lambda name: "/nets-" in name)
    assert rows.startswith("a/b/width-8_seeds-0-1-") and "/rows-" in rows
    assert listed.set_index("name").loc[rows, ["networks", "steps"]].isna().all()
    (tmp_path / "log").unlink()
    assert sorted(runs.remove("a/b/*", folder=tmp_path)) == sorted([rows, trained])
    assert runs.listing(tmp_path).empty and not contents(tmp_path)


def test_a_search_in_a_unit_is_kept_under_the_units_name(tmp_path):
    def function(seeds, keep=None):
        tickets = lottery.search(nets.mlp(TASK, (8,)), DATA, RECIPES["adam"], levels=1, rate=0.5,
                                 seeds=seeds, keep=keep, progress=False)
        return lottery.table(tickets)

    found = swept(tmp_path, function, sweep.grid(seeds=[(0, 1), (2, 3)]))
    assert len(found.table) == 8 and found.table["seeds"].tolist() == [(0, 1)] * 4 + [(2, 3)] * 4
    names = {name.split("/")[2] for name in runs.listing(tmp_path)["name"]}
    assert len(names) == 2 and all(name.startswith("seeds-") for name in names)


# --- the process that computes -----------------------------------------------------------------

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


def test_interrupted_it_takes_back_what_was_not_begun_and_goes_on_when_asked_again(tmp_path):
    units = sweep.grid(width=range(5))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        gate = threading.Event()
        futures = []

        class Pool(concurrent.futures.Executor):
            def submit(self, *call):  # the second begins when the first has been seen
                futures.append(pool.submit(*call))
                if len(futures) == 1:
                    pool.submit(gate.wait, 30)
                return futures[-1]

        with pytest.raises(KeyboardInterrupt):
            swept(tmp_path, double, units, executor=Pool(), progress=Interrupting(0))
        gate.set()
    assert [future.cancelled() for future in futures] == [False] + [True] * 4
    assert [Path(name).name for name in contents(tmp_path)] == ["run.json"], "one unit is finished"
    assert swept(tmp_path, double, units).table["twice"].tolist() == [0, 2, 4, 6, 8]


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


def test_the_bar_moves_on_by_units_and_counts_failures(tmp_path, capsys):
    def function(width, keep=None):
        return {"value": 1 / width}

    with pytest.warns(UserWarning, match="width=0 failed: ZeroDivisionError"):
        swept(tmp_path, function, sweep.grid(width=[0, 1, 2]), progress=True)
    said = capsys.readouterr().err
    assert "a/b" in said and "3/3" in said and "1 failed" in said


# --- other processes ---------------------------------------------------------------------------

@pytest.mark.filterwarnings("ignore:.*narrow")
def test_a_pool_whose_worker_is_killed_says_so_and_the_next_call_goes_on(tmp_path, here):
    """kill -9 in the middle of the second unit's training."""
    (tmp_path / "kill-8").touch()
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool, \
            pytest.warns(UserWarning, match="3 of 4 units were not finished.*width=8.*"
                                            "BrokenProcessPool.*same call again"):
        broken = swept(tmp_path, executor=pool)
    assert broken.failures["width"].tolist() == [8, 12, 16]
    pandas.testing.assert_frame_equal(broken.table, here[1].table[:2], check_exact=True)
    assert_same(swept(tmp_path), here[1])
    assert segments(tmp_path) == UNINTERRUPTED | {8: [0, 10, 20, 20, 30]}, "not from its state"


@pytest.fixture(scope="module")
def dask_executor():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: "
                                      "pip install ticketlab[cluster]")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1,
                                  dashboard_address=None) as cluster, \
            distributed.Client(cluster) as client:
        yield client.get_executor()


def test_dask_gives_the_same_table_though_a_worker_is_killed(tmp_path, here, dask_executor):
    """Two workers, one of them killed with -9 in the middle of a training: its unit goes on
    elsewhere from the state that it left, in the folder that the caller named."""
    (tmp_path / "kill-12").touch()
    with pytest.warns(UserWarning, match="width=4.*narrow"):
        assert_same(swept(tmp_path, executor=dask_executor), here[1])
    assert not (tmp_path / "kill-12").exists(), "nobody was killed"
    assert segments(tmp_path) == UNINTERRUPTED | {12: [0, 10, 20, 20, 30]}
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    pids = [pid for width, _, pid in lines if width == "12"]
    assert len(set(pids[:3])) == 1 and len(set(pids[3:])) == 1 and pids[2] != pids[3]
    assert str(os.getpid()) not in {pid for *_, pid in lines}


def test_dask_computes_a_failed_unit_again_and_takes_functions_of_notebooks(
        tmp_path, dask_executor):
    def function(width, keep=None):
        tried = runs.folder() / "tried"
        if width == 2 and not tried.exists():
            tried.touch()
            raise ZeroDivisionError("once")
        return {"value": width}

    units = sweep.grid(width=[1, 2])
    with pytest.warns(UserWarning, match="width=2 failed: ZeroDivisionError: once"):
        first = swept(tmp_path, function, units, executor=dask_executor)
    assert first.failures["width"].tolist() == [2]
    second = swept(tmp_path, function, units, executor=dask_executor)
    assert second.table["value"].tolist() == [1, 2]


def test_nothing_of_dask_is_imported():
    code = ("import sys, ticketlab.sweep; "
            "print({'dask', 'distributed', 'cloudpickle'} & set(sys.modules))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
