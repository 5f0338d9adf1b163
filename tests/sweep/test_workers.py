"""A sweep on Dask ends, and names what was lost, whenever and however often its workers die.

Each scenario runs in a process of its own, which is killed if it takes too long: waiting for ever is
what these tests are about.
"""

import json
import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ticketlab.sweep import workers

HARD_LIMIT = 150  # seconds; a scenario takes about 20

MORTAL = """
import json, os, sys, time, warnings
from pathlib import Path
import dask
from distributed import Client, LocalCluster
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
    # a worker is given one unit at a time, so that none suffers for its neighbour
    with dask.config.set({"distributed.scheduler.worker-saturation": 1.0}), \\
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, \\
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
    """On a busy machine a nanny may give up before it knows its worker, and units are lost with it:
    then they have a row, too, and none is missing or computed twice."""
    found = scenario(WITH_NANNIES, tmp_path)
    assert sorted([*found["lived"], *found["died"]]) == ["at once", "late", "never", "nor this", "twice"]
    assert "never" in found["lived"] and "at once" in found["died"]
    assert all(re.search("run the same call again|start workers", said) for said in found["died"].values())


def test_the_sweep_ends_when_the_last_worker_is_dead_and_none_starts_it_anew(tmp_path):
    """Two workers without a nanny, killed by the same unit one after the other."""
    found = scenario(WITHOUT_NANNIES, tmp_path)
    assert found["lived"] == [] and list(found["died"]) == ["at once"]
    assert "there has been no Dask worker for" in found["died"]["at once"]
    assert "start workers" in found["died"]["at once"]


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


def test_other_executors_are_not_watched():
    assert not workers.Watch(SimpleNamespace()).needed
