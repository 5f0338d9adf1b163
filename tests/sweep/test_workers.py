"""A sweep on Dask ends, and names what was lost, whenever and however often its workers die.

Each scenario runs in a process of its own, which is killed if it takes too long: waiting for ever is
what these tests are about.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ticketlab import sweep
from ticketlab.sweep import workers

HARD_LIMIT = 400  # seconds; a scenario takes about 20, and on a busy machine several times that

MORTAL = """
import json, os, sys, time, warnings
from pathlib import Path
from distributed import Client, LocalCluster
from tests.sweep import forked
from ticketlab import sweep
from ticketlab.sweep import workers

folder = Path(sys.argv[1])
warnings.simplefilter("ignore")

def once_more(name, times):
    return len(list(folder.glob(f"{name}-*"))) < times and (folder / f"{name}-{time.time()}").touch() is None

def mortal(dies, keep=None):
    if dies == "at once":
        os._exit(3)
    if dies == "twice" and once_more(dies, 2):
        os._exit(4)
    if dies == "late" and once_more(dies, 1):
        time.sleep(1)
        os._exit(5)
    return {"lived": dies}

def told(result):
    print(json.dumps({"lived": sorted(result.table["lived"]) if len(result.table) else [],
                      "died": dict(zip(result.failures["dies"], result.failures["error"]))}))
"""

WITH_NANNIES = MORTAL + """
if __name__ == "__main__":
    with forked.workers(), LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, \\
            Client(cluster) as client:
        told(sweep.run(mortal, sweep.grid(dies=["never", "at once", "late", "twice", "nor this"]),
                       executor=client.get_executor(), progress=False))
"""

WITHOUT_NANNIES = MORTAL + """
if __name__ == "__main__":
    import subprocess
    workers.UNKNOWN = 2.0
    with LocalCluster(n_workers=0, dashboard_address=None) as cluster, \\
            Client(cluster.scheduler_address) as client:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address,
                   "--no-nanny", "--nthreads", "1", "--no-dashboard"]
        started = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
        told(sweep.run(mortal, sweep.grid(dies=["at once"]), executor=client.get_executor(),
                       progress=False))
        assert [each.wait(30) for each in started] == [3, 3]
"""


def scenario(code, tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install ticketlab[cluster]")
    script = tmp_path / "scenario.py"
    script.write_text(code)
    process = subprocess.Popen([sys.executable, script, tmp_path], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, start_new_session=True,
                               env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        said, problems = process.communicate(timeout=HARD_LIMIT)
    except subprocess.TimeoutExpired:
        pytest.fail(f"the sweep waited for ever, or at least {HARD_LIMIT} s")
    finally:
        if os.name == "posix" and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, problems
    return json.loads(said)


def test_units_that_kill_their_workers_early_late_and_twice_end_in_rows(tmp_path):
    """Only the one that never lets a worker live is lost; those that waited beside it, and those that let a
    later worker live, are computed, each once."""
    found = scenario(WITH_NANNIES, tmp_path)
    assert found["lived"] == ["late", "never", "nor this", "twice"], found["died"]
    assert list(found["died"]) == ["at once"] and "run the same call again" in found["died"]["at once"]


def test_the_sweep_ends_when_the_last_worker_is_dead_and_none_starts_it_anew(tmp_path):
    """Two workers without a nanny, killed by the same unit one after the other."""
    found = scenario(WITHOUT_NANNIES, tmp_path)
    assert found["lived"] == [] and list(found["died"]) == ["at once"]
    assert "there has been no Dask worker for" in found["died"]["at once"]
    assert "start workers" in found["died"]["at once"]


# --- which units Dask's deaths are counted against ------------------------------------------------

class KilledWorker(Exception):
    """Of the name that Dask's has."""


class OneWorker(concurrent.futures.Executor):
    """As Dask counts: a unit's death counts against all that wait, and what has seen four is given up."""

    def __init__(self):
        self.waiting, self.log = [], []

    def submit(self, function, task, attempt):
        future = concurrent.futures.Future()
        self.waiting.append((future, function, task))
        if len(self.waiting) == (3 if not self.log else 1):
            self.serve()
        return future

    def serve(self):
        waiting, self.waiting = self.waiting, []
        self.log.append([task.settings["dies"] for _, _, task in waiting])
        for future, function, task in waiting:
            if any(own.settings["dies"] for _, _, own in waiting):
                future.set_exception(KilledWorker(f"{task.settings} on 4 different workers"))
            else:
                future.set_result(function(task))


def unit(dies, number, keep=None):
    return {"lived": number}


def test_a_unit_that_only_waited_beside_a_deadly_one_is_tried_once_more_alone():
    executor = OneWorker()
    units = [{"dies": False, "number": 0}, {"dies": True, "number": 1}, {"dies": False, "number": 2}]
    with pytest.warns(UserWarning, match="1 of 3 units were not finished .*number=1"):
        found = sweep.run(unit, units, executor=executor, progress=False)
    assert executor.log == [[False, True, False], [False], [True], [False]], "each alone, and no more than once"
    assert found.table["lived"].tolist() == [0, 2]
    assert found.failures["number"].tolist() == [1] and "KilledWorker" in found.failures["error"][0]


# --- whether anybody is left, told by a clock of the test ----------------------------------------

def watched(monkeypatch, moments, cluster=None):
    """What a Watch says at each moment: (seconds, workers or an exception)."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(workers.time, "monotonic", lambda: clock.now)
    client = SimpleNamespace(cluster=cluster)

    def nthreads():
        if isinstance(client.workers, Exception):
            raise client.workers
        return client.workers

    client.nthreads = nthreads
    watch = workers.Watch(SimpleNamespace(_client=client))
    assert watch.needed
    said = []
    for clock.now, client.workers in moments:
        said.append(watch.gone())
    return said


ONE = {"tcp://a": 1}
GONE = OSError("Timed out trying to connect to the scheduler")


def of_nannies(*names):
    return SimpleNamespace(workers={place: SimpleNamespace(status=SimpleNamespace(name=name))
                                    for place, name in enumerate(names)})


def test_workers_that_were_not_there_yet_are_waited_for(monkeypatch):
    assert watched(monkeypatch, [(0, {}), (9e6, {}), (9e6 + 1, ONE), (9e6 + 2, {})]) == [None] * 4


@pytest.mark.parametrize("cluster, patience", [
    (None, workers.UNKNOWN), (of_nannies("closed", "failed"), workers.NONE_COMING),
    (of_nannies(), workers.NONE_COMING)], ids=["only an address", "dead nannies", "none asked for"])
@pytest.mark.parametrize("absent", [{}, GONE], ids=["no worker", "no scheduler"])
def test_after_a_while_without_any_it_is_said_and_one_more_begins_the_wait_anew(
        monkeypatch, cluster, patience, absent):
    moments = [(0, ONE), (10, absent), (patience - 1, absent), (patience + 5, ONE),
               (2 * patience, absent), (2 * patience + 6, absent)]
    *before, after = watched(monkeypatch, moments, cluster)
    assert before == [None] * 5 and f"no Dask worker for {patience + 1:.0f} s" in after


@pytest.mark.parametrize("cluster", [of_nannies("closed", "starting"), of_nannies("running"),
                                     SimpleNamespace(workers={}, _adaptive=object())],
                         ids=["one starts", "a job waits in a queue", "adaptive"])
def test_workers_on_their_way_are_waited_for(monkeypatch, cluster):
    assert watched(monkeypatch, [(0, ONE), (1, {}), (9e6, {})], cluster) == [None] * 3


def test_a_nanny_that_starts_no_new_worker_is_not_waited_for(monkeypatch):
    cluster = of_nannies("running")
    cluster.workers[0].is_alive = lambda: False
    assert "no Dask worker for 40 s" in watched(monkeypatch, [(0, ONE), (1, {}), (40, {})], cluster)[-1]


@pytest.mark.parametrize("alive", [True, False], ids=["nannies", "jobs of a queue"])
def test_while_a_sweep_runs_dask_keeps_the_nannies_of_dead_workers(alive):
    """It would dismiss them after 15 seconds, also where they are about to start a worker anew; jobs of a
    queue have nobody who starts them anew."""
    dask = pytest.importorskip("dask", reason="Dask is not installed: pip install ticketlab[cluster]")
    cluster = of_nannies("running")
    if alive:
        cluster.workers[0].is_alive = lambda: True
    setting = "distributed.deploy.lost-worker-timeout"
    before = dask.config.get(setting, None)
    with workers.patient(SimpleNamespace(_client=SimpleNamespace(cluster=cluster))):
        assert (dask.config.get(setting, None) == "1h") is alive
    assert dask.config.get(setting, None) == before
    with workers.patient(None):
        assert dask.config.get(setting, None) == before


def test_other_executors_are_not_watched():
    assert not workers.Watch(SimpleNamespace()).needed
