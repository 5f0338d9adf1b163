"""Sweeps: one table whatever computed it, in whatever order, and whoever was killed on the way."""

import concurrent.futures
import math
import multiprocessing
import os
import signal
import threading
import warnings
from pathlib import Path
from unittest import mock

import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.test_training import Interrupting, contents
from tests.sweep import forked
from tests.training.test_loop import DATA, RECIPES, TASK
from ticketlab import nets, runs, stack, sweep, training
from ticketlab.basics import digest
from ticketlab.runs import files as run_files

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
    wait, finished = concurrent.futures.wait, []

    def backwards(futures, timeout=None, return_when=None):
        done = sorted(wait(futures).done, key=lambda future: future.result().rows[0]["z"])
        finished.extend(future.result().rows[0]["z"] for future in done)
        return done, set()

    def function(width, keep=None, **more):
        return [{"z": width / 3, "a": number} for number in range(width)]

    monkeypatch.setattr(concurrent.futures, "wait", backwards)
    units = [{"width": 2, "seeds": (0, 1)}, {"width": 1}]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        fresh = swept(tmp_path, function, units, executor=pool)
    assert finished == [1 / 3, 2 / 3]
    for table in (fresh.table, swept(tmp_path, function, units).table):
        assert list(table) == ["width", "seeds", "z", "a"], "not the sorted names of the file"
        assert table["width"].tolist() == [2, 2, 1] and table["a"].tolist() == [0, 1, 0]
        assert table["seeds"].tolist()[:2] == [(0, 1)] * 2 and pandas.isna(table["seeds"][2])
        assert table["z"].tolist() == [2 / 3, 2 / 3, 1 / 3]


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


# --- the process that computes -----------------------------------------------------------------

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
    with forked.workers(), \
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, \
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
