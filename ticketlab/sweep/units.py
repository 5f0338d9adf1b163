"""One unit of a sweep: what decides it, its rows on disk, and computing it, in whichever process.

    KEEP/SETTINGS-KEY/rows-KEY/run.json    what decided the unit, its rows, and its warnings
    KEEP/SETTINGS-KEY/...                  the trainings that its function keeps (``runs``)

``ticketlab.sweep`` sends units to workers; this file is what runs there. Lesson 06 builds on it
through ``sweep``.
"""

import contextlib
import functools
import hashlib
import json
import os
import pickle
import re
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch

from ticketlab import nets, runs
from ticketlab.basics import threads, warn
from ticketlab.runs import KEY, TABLE, TRAINING, Damaged
from ticketlab.runs import files as run_files
from ticketlab.sweep import rows as sweep_rows
from ticketlab.sweep.workers import settle

TAKEN = ("keep", "error", "traceback")  # what a setting cannot be called
# torch's random state and threads, the environment and the recording of warnings belong to the
# process, so it computes one unit at a time
_PROCESS = threading.RLock()


class Outcome(NamedTuple):
    """What became of a unit: its rows, or None and why; and the warnings given on the way."""

    rows: list[dict] | None
    warnings: list[str]
    error: str | None = None
    traceback: str | None = None


@dataclass(frozen=True)
class Task:
    """A unit as a worker is sent it. ``function``: itself, or pickled. ``home``: the folder of the
    runs, None to keep nothing. ``mark``: a file that is in that folder while the sweep runs."""

    function: Callable | bytes
    settings: dict
    decided_by: dict
    keep: str | None
    home: Path | None
    mark: Path | None
    threads: int

    @functools.cached_property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(self.decided_by, sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        """The unit as messages name it."""
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items()) or "the unit"

    @property
    def name(self) -> str | None:
        """Under which its function keeps what it trains: readable, and no other unit's. The digest
        is longer than a run's, so that no listing takes this folder for a run."""
        if self.keep is None:
            return None
        return f"{self.readable}-{self.key[:12]}"

    @property
    def readable(self) -> str:
        text = "_".join(f"{name}-{value}" for name, value in self.settings.items())
        text = re.sub(r"[^A-Za-z0-9._]+", "-", text)[:60].strip("-._") or "unit"
        return f"{self.keep}/{text}"

    @property
    def place(self) -> str:
        """Of its rows: a run's name, as ``runs.listing`` shows it."""
        return f"{self.name}/rows-{self.key[:10]}"

    @property
    def path(self) -> Path:
        return self.home / self.place

    def load(self) -> Outcome | None:
        """What is kept of it, if it is finished. Raises Damaged and IncompatibleRun."""
        if self.home is None or not (self.path / TABLE).exists():
            return None
        table = run_files.read_table(self.path / TABLE)
        if table.get("decided_by") != self.decided_by:
            raise Damaged(self.path / TABLE, "belongs to another unit")
        rows = sweep_rows.ordered(sweep_rows.restored(table["rows"]), table["columns"])
        return Outcome(rows, table["warnings"])


def described(function: Callable) -> tuple[dict, tuple[str, ...]]:
    """What of the function decides a unit, its name and what it does (``nets.describe``), and what
    of that is unknown. Raises TypeError for what has no code of its own."""
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"the function of a sweep is {function!r}; give a function written with "
                        "def, whose code decides what is loaded, and its arguments as settings")
    found = nets.describe(function)
    return {"training": TRAINING, "key_version": KEY, "code": found.digest,
            "function": f"{function.__module__}.{function.__qualname__}"}, found.unknown


def packed(function: Callable) -> bytes:
    """The function for another process: by value where it cannot be imported there, such as one
    from a notebook, if there is cloudpickle (it comes with Dask). Raises TypeError if it cannot
    be sent."""
    try:
        import cloudpickle as pickler
    except ImportError:
        pickler = pickle
    try:
        return pickler.dumps(function)
    except Exception as error:  # whatever the things that it refers to raise
        raise TypeError(
            f"{function.__qualname__} cannot be sent to another process ({error}); define it in a "
            "module that the workers can import, and let it load its data itself; with the extra "
            "ticketlab[cluster] a function of a notebook can be sent too") from error


def compute(task: Task, attempt: str = "") -> Outcome:
    """Load the unit's rows, or compute and keep them. What goes wrong in the unit is not raised: it
    is the outcome. ``attempt`` differs between sweeps and changes nothing: Dask takes calls with
    equal arguments for one, and would give an old failure again."""
    caught = []
    settle()
    with _alone() as at_once:
        try:
            with _as_in_the_caller(task), warnings.catch_warnings(record=True) as caught:
                outcome = _kept(task, caught)
        except Exception as error:  # noqa: BLE001 - the others go on
            outcome = Outcome(None, _said(caught), f"{type(error).__name__}: {error}",
                              traceback.format_exc())
    if not at_once:
        outcome.warnings.append(
            "this unit waited for another one in the same process, which computes one at a time; "
            "give each worker one thread (Dask: threads_per_worker=1), and a pool processes")
    return outcome


def _kept(task: Task, caught: list) -> Outcome:
    if task.home is None:
        return Outcome(_rows(task), _said(caught))
    if not task.mark.exists():
        raise FileNotFoundError(
            f"{task.home} here is not the folder that the sweep was started with: machines that "
            "work on one sweep keep its runs on a file system that they share; name a folder there "
            "with folder=... or the environment variable TICKETLAB_RUNS of the caller")
    with runs.locked(task.home, task.place, lambda: None) as held:
        if held:
            run_files.sweep(task.path)
        found = runs.load(task)
        if found is None:
            for old in runs.former(task.home, f"{task.readable}-{'[0-9a-f]' * 12}/rows-*",
                                   task.decided_by):
                warn(f"{old} was kept by a ticketlab whose digests did not cover all that a "
                     "function does: it is not loaded, and the unit is computed again. "
                     f"runs.remove({old!r}) removes the old rows")
            before = len(caught)
            rows = _rows(task)
            found = Outcome(rows, _said(caught[before:]))
            # networks and steps: the listing's columns, which a unit of a sweep has not
            run_files.write_table(task.path / TABLE, {
                "networks": None, "steps": None, "decided_by": task.decided_by,
                "torch": torch.__version__, "columns": sweep_rows.columns(rows),
                "rows": sweep_rows.plain(rows, "the rows"), "warnings": found.warnings})
            caught = caught[:before]
        return found._replace(warnings=_said(caught) + found.warnings)


def _rows(task: Task) -> list[dict]:
    function = task.function
    if isinstance(function, bytes):
        function = pickle.loads(function)  # from the caller, as the whole task is
    found = sweep_rows.listed(function(**task.settings, keep=task.name))
    sweep_rows.check_names(found, task.decided_by["settings"])
    return found


def _said(caught: list) -> list[str]:
    return [str(each.message) if each.category is UserWarning else
            f"{each.category.__name__}: {each.message}" for each in caught]


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Hold the process; gives whether that took no waiting."""
    at_once = _PROCESS.acquire(blocking=False)
    if not at_once:
        _PROCESS.acquire()
    try:
        yield at_once
    finally:
        _PROCESS.release()


@contextlib.contextmanager
def _as_in_the_caller(task: Task) -> Iterator[None]:
    """The caller's folder of runs, and the sweep's number of torch threads: it decides the bits."""
    folder = os.environ.get(run_files.VARIABLE)
    if task.home is not None:
        os.environ[run_files.VARIABLE] = str(task.home)
    try:
        with threads.using(task.threads):
            yield
    finally:
        if task.home is not None and folder is None:
            del os.environ[run_files.VARIABLE]
        elif task.home is not None:
            os.environ[run_files.VARIABLE] = folder
