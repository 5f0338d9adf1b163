"""Who computes the units where Dask does: whether a worker has begun, and whether any is left.

Dask gives the unit of a dead worker to another one, four times (its setting
``distributed.scheduler.allowed-failures``), and then up, and its nannies start dead workers anew. But
all units that a dead worker had been given count as its death's cause, also those that only waited for
their turn; workers without a nanny stay dead, and so do those that die before their nanny has heard of
their start; without workers Dask waits for ever. Lesson 06 builds on this file through ``sweep``.
"""

import contextlib
import sys
import time

SETTLING = 0.3  # seconds between a worker's first word and its first unit
NONE_COMING = 30.0  # seconds without a worker, where nothing is there that would start one
UNKNOWN = 300.0  # seconds without a worker, where workers come from is not known

_ALIVE = ("undefined", "created", "init", "starting", "running", "paused")


def settle() -> None:
    """In a Dask worker, before its first unit: time for its nanny to hear that it is there."""
    module = sys.modules.get("distributed.worker")
    if module is None:
        return
    try:
        worker = module.get_worker()
    except ValueError:  # this process only uses Dask
        return
    if not vars(worker).get("_ticketlab_settled"):
        time.sleep(SETTLING)
        worker._ticketlab_settled = True


def is_suspect(future) -> bool:
    """Whether Dask gave the unit up for the workers that died while it was theirs: it may only have
    waited beside the one that killed them."""
    # by name: nothing here imports Dask
    return not future.cancelled() and type(future.exception()).__name__ == "KilledWorker"


@contextlib.contextmanager
def patient(executor):
    """While it lasts, a cluster on this machine keeps the nannies of dead workers, which start them anew.

    Dask looks once, 15 seconds after a death, and dismisses the nanny of a worker that just then is not
    there: on a busy machine, or at the second death in 15 seconds, that loses workers, and so units.
    """
    dask, nannies = sys.modules.get("dask"), _nannies(executor)
    if dask is None or not nannies:
        yield
    else:
        with dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"}):
            yield


def _nannies(executor) -> list:
    cluster = getattr(getattr(executor, "_client", None), "cluster", None)
    workers = getattr(cluster, "workers", None) or {}
    return [each for each in workers.values() if hasattr(each, "is_alive")]


class Watch:
    """Whether somebody is left to compute the units of an executor. ``gone`` is asked again and again."""

    def __init__(self, executor):
        self.client = getattr(executor, "_client", None)  # of Dask's executor
        self.last = time.monotonic()  # when there was a worker, or one on its way
        self.seen = False

    @property
    def needed(self) -> bool:
        """Only Dask's workers come and go; other executors say it themselves when they break."""
        return hasattr(self.client, "nthreads")

    def gone(self) -> str | None:
        """Why nobody will compute the units any more, or None."""
        try:
            workers = self.client.nthreads()
        except Exception:  # noqa: BLE001 - whatever a scheduler that is gone leads to
            workers = {}
        coming = self._coming()
        now = time.monotonic()
        if workers or coming or (coming is None and not self.seen):
            self.seen = self.seen or bool(workers)
            self.last = now
            return None
        silent = now - self.last
        if silent < (UNKNOWN if coming is None else NONE_COMING):
            return None
        return (f"there has been no Dask worker for {silent:.0f} s"
                + ("" if coming is None else ", and the cluster starts no new one")
                + ": they died, or their jobs ended; start workers, and find out what ended them")

    def _coming(self) -> bool | None:
        """Whether the client's cluster has workers that are starting or waiting for a machine; None
        for a client that only has a scheduler's address."""
        cluster = getattr(self.client, "cluster", None)
        workers = getattr(cluster, "workers", None)  # nannies here, jobs of a queue
        if workers is None:
            return None
        return getattr(cluster, "_adaptive", None) is not None or any(
            getattr(getattr(each, "status", None), "name", "undefined") in _ALIVE
            # a nanny says that it runs, also where its worker is dead
            and getattr(each, "is_alive", lambda: True)()
            for each in list(workers.values()))
