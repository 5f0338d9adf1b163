"""A sweep of 16 small trainings on 1 and on 2 Dask workers, beside this process.

Each unit has one torch thread, wherever it is computed. Nothing is kept, so all of the work is done
each time; the workers have imported everything before the clock starts, as they have in a sweep
that is worth a cluster.
"""

import importlib.util
import time

from ticketlab import data, nets, scales, stack, sweep
from ticketlab.training import train

UNITS = 16


def unit(seed: int, steps: int, keep=None) -> dict:
    """One LeNet-300-100 on MNIST-1D, with the recipe of scale quick."""
    scale = scales.named("quick")
    loaded = data.load(scale.dataset)
    run = train(stack.draw(nets.mlp(loaded), [seed]), loaded, scale.recipe.with_(steps=steps),
                progress=False)
    return {"accuracy": run.last("test_accuracy").item()}


def report(steps: int = 300) -> str:
    title = (f"a sweep of {UNITS} units, each an MLP 40-300-100-10 on MNIST-1D for {steps} steps, "
             "one torch thread a unit:")
    if importlib.util.find_spec("distributed") is None:
        return f"{title}\n  skipped: Dask is not installed (pip install ticketlab[cluster])"
    inside, table = _timed(None, steps)
    lines = [title, f"  {'this process':<16}{inside:6.1f} s"]
    seconds = {}
    for workers in (1, 2):
        seconds[workers], other = _on_dask(workers, steps)
        if not other.equals(table):
            raise RuntimeError(f"{workers} workers gave another table than this process")
        label = "1 Dask worker" if workers == 1 else f"{workers} Dask workers"
        lines.append(f"  {label:<16}{seconds[workers]:6.1f} s")
    lines.append(f"  efficiency of 2 workers: {seconds[1] / (2 * seconds[2]):.0%} "
                 "(time of one over twice the time of two); the tables are equal bit for bit")
    return "\n".join(lines)


def _on_dask(workers: int, steps: int):
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster, \
            Client(cluster) as client:
        client.run(unit, 0, 1)  # on every worker: imports, and the data for the first time
        return _timed(client.get_executor(), steps)


def _timed(executor, steps: int):
    units = sweep.grid(seed=range(UNITS), steps=[steps])
    unit(0, 1)
    began = time.perf_counter()
    result = sweep.run(unit, units, executor=executor, progress=False)
    return time.perf_counter() - began, result.table
