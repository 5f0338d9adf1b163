"""Dask's workers as forks of a process that has imported torch, where the system can: each worker that a test
kills is followed by a new one, which would else import it anew."""

import contextlib
import multiprocessing


def workers():
    """A context in which local clusters start their workers so."""
    import dask

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return contextlib.nullcontext()
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(["distributed", "ticketlab.sweep"])
    forkserver.ensure_running()
    return dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
