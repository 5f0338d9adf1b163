"""Sweeps: many independent units of work, in this process, in several, or on several machines.

A unit is one call of a function of yours with its own settings: a width, a group of replicates, an
arm. What is finished is kept on disk, as in ``runs``, and the sweep runs on any
``concurrent.futures.Executor``: a process pool, or Dask, which is how one leaves one machine::

    from dask.distributed import Client, LocalCluster
    client = Client(LocalCluster(n_workers=4, threads_per_worker=1))
    result = tl.sweep.run(matching, units, keep="widths", executor=client.get_executor())

Dask comes with the extra ``ticketlab[cluster]``, and nothing here imports it. Lesson 06 builds on
this file.
"""

import concurrent.futures
import contextlib
import inspect
import itertools
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ticketlab import nets, runs
from ticketlab.basics import progress_bar, warn, whole_from
from ticketlab.runs import Damaged, IncompatibleRun
from ticketlab.runs import files as run_files
from ticketlab.sweep import rows as sweep_rows
from ticketlab.sweep.units import TAKEN, Outcome, Task, compute, described, packed
from ticketlab.sweep.workers import Watch, is_suspect, patient

__all__ = ["Sweep", "grid", "run"]


class Sweep(NamedTuple):
    """A sweep's result. table: a pandas data frame, one row for each row that a unit gave, its
    settings in front, in the order of the units. failures: one row for each unit that has no rows,
    with its settings, ``error`` and ``traceback``; empty if all went well."""

    table: object
    failures: object


def grid(**values: Iterable) -> list[dict]:
    """All combinations of settings, as units: ``grid(width=[32, 64], seeds=[(0, 1), (2, 3)])``.

    values: name -> its values. The last name changes fastest. Raises TypeError for a value that is
    not in a list, ValueError for a name without values. Lesson 06 builds on it.
    """
    lists = {}
    for name, each in values.items():
        if isinstance(each, str | bytes | Mapping) or not isinstance(each, Iterable):
            raise TypeError(f"{name} is {each!r}; give a list of its values, such as [{each!r}]")
        lists[name] = list(each)
        if not lists[name]:
            raise ValueError(f"{name} has no values, so there would be no units; give at least one")
    return [dict(zip(lists, chosen, strict=True)) for chosen in itertools.product(*lists.values())]


def run(function: Callable, units: Iterable[Mapping], *, keep: str | None = None,
        executor: concurrent.futures.Executor | None = None, folder=None, threads: int = 1,
        progress=True) -> Sweep:
    """Call a function once for each unit, and gather the rows that it returns in one table.

    function: called as ``function(**settings, keep=...)`` with a name of the unit's own to hand on
    to ``lottery.search``, ``runs.train`` and so on (None if ``keep`` is); it returns a dict, a list
    of dicts or a data frame, of what JSON can hold (floats exactly; tuples become lists). In a
    worker it should train with ``progress=False``. units: settings, such as ``grid`` gives; they
    too must be what JSON can hold. keep: a name, as in ``runs.train``, under which each finished
    unit's rows are kept; asked for again they are loaded, with the warnings that the unit gave. By
    default nothing is kept. executor: by default this process, one unit after the other. folder:
    see ``runs.folder``; decided here, not in the workers. threads: torch threads in each unit; they
    decide how sums are rounded, so with these the table has the same bits on every executor, on
    machines of one kind. progress: a bar over the units, as in ``training.train``.

    What decides a unit is the settings, the function's name and what it does, with your own
    functions and values that it refers to, as ``nets.description`` says: not the version of
    packages, nor what files contain. Where such a thing changed, give another name. If it refers to
    what has no lasting description, such as a lock, nothing is kept, and a warning says why.

    A unit that fails is named in a warning, listed in ``failures``, and computed again when asked
    for again; the others go on. Ctrl-C takes back what no worker has begun. Run again, the same
    call loads what is finished and goes on with what was begun, also where a worker was killed:
    each loses at most the last interval of its training (``runs.train``). Dask gives such a unit to
    another worker by itself, and gives it up after four dead ones (its setting
    ``distributed.scheduler.allowed-failures``). It counts the units that waited on a dead worker, too:
    so one that is given up is tried once more, alone, and listed only if its workers die again. A
    process pool breaks, and says so in ``failures``.
    So do all units that are left when no worker is: soon where Dask knows that none will come,
    after five minutes where it does not. Between machines this needs a folder on a file system that
    they share; a unit that does not find it fails.

    A process computes one unit at a time: give Dask workers one thread each, and start process
    pools with ``mp_context=multiprocessing.get_context("spawn")``. Where workers x ``threads``
    exceed the cores, all get slower. Raises TypeError or ValueError, before anything is computed,
    for units and functions that do not fit. Lesson 06 builds on it.
    """
    threads = whole_from("threads", threads, least=1)
    units = [dict(unit) for unit in units]
    about, unknown = described(function)
    home = None
    if keep is not None:
        runs.checked_name(keep)
        if unknown:
            warn(f"this sweep is neither kept nor looked up, for in its function "
                 f"{nets.cure(unknown)}")
            keep = None
    if keep is not None:
        home = run_files.folder(folder)
    with _marked(home) as mark:
        tasks = _tasks(function, about, units, keep, home, mark, threads, executor is not None)
        outcomes, lost = {}, []
        with progress_bar(progress, len(tasks), keep or function.__name__, "unit") as bar, \
                patient(executor), contextlib.closing(_outcomes(tasks, executor)) as arriving:
            for place, outcome in arriving:
                outcomes[place] = outcome
                for text in outcome.warnings:
                    warn(f"{tasks[place].label}: {text}")
                if outcome.rows is None and outcome.traceback is None:
                    lost.append(place)
                elif outcome.rows is None:
                    warn(f"the unit {tasks[place].label} failed: {outcome.error}")
                failed = sum(each.rows is None for each in outcomes.values())
                if failed:
                    bar.set_postfix_str(f"{failed} failed", False)
                bar.update()
    if lost:
        first = "; ".join(tasks[place].label for place in sorted(lost)[:3])
        warn(f"{len(lost)} of {len(tasks)} units were not finished ({first}"
                   f"{'; ...' if len(lost) > 3 else ''}): {outcomes[lost[0]].error}")
    return _gathered(units, [outcomes[place] for place in range(len(tasks))])


def _tasks(function, about, units, keep, home, mark, threads, pack) -> list[Task]:
    """The units, each checked before the first is computed."""
    if not units:
        raise ValueError("there are no units; give at least one dict of settings, or "
                         "sweep.grid(...)")
    signature, seen = inspect.signature(function), {}
    code = packed(function) if pack else function
    tasks = []
    for number, settings in enumerate(units):
        taken = [name for name in settings if name in TAKEN]
        if taken:
            raise ValueError(f"unit {number} has a setting {taken[0]!r}; call it otherwise: "
                             f"{', '.join(TAKEN)} have a meaning of their own here")
        try:
            signature.bind(**settings, keep=None)
        except TypeError as error:
            raise TypeError(f"unit {number}, {settings!r}, does not fit {function.__qualname__}"
                            f"{signature}, which must take its settings and keep by name: {error}"
                            ) from None
        decided = about | {"settings": sweep_rows.plain(settings, f"unit {number}")}
        same = seen.setdefault(json.dumps(decided, sort_keys=True), number)
        if same != number:
            raise ValueError(f"units {same} and {number} are the same, {settings!r}; to repeat a "
                             "unit, give it a seed of its own")
        tasks.append(Task(code, settings, decided, keep, home, mark, threads))
    return tasks


@contextlib.contextmanager
def _marked(home: Path | None) -> Iterator[Path | None]:
    """A file by which a worker recognises the caller's folder: the same path may be another one on
    another machine."""
    if home is None:
        yield None
        return
    mark = home / ".locks" / f"{secrets.token_hex(16)}.sweep"
    run_files.write(mark, b"")
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def _outcomes(tasks: list[Task], executor) -> Iterator[tuple[int, Outcome]]:
    """The place of each unit and what became of it, as they finish."""
    begin = []
    for place, task in enumerate(tasks):
        found = None
        with contextlib.suppress(Damaged, IncompatibleRun):  # whoever computes it says so
            found = task.load()
        if found is None:
            begin.append(place)
        else:
            yield place, found
    if executor is None:
        yield from ((place, compute(tasks[place])) for place in begin)
        return
    futures, attempt, suspects, gone = {}, secrets.token_hex(8), [], None
    try:
        for number, place in enumerate(begin):
            try:
                futures[executor.submit(compute, tasks[place], attempt)] = place
            except concurrent.futures.BrokenExecutor as error:
                yield from ((other, _lost(error, tasks[other])) for other in begin[number:])
                break
        for future, gone in _finished(dict(futures), Watch(executor)):
            if not gone and is_suspect(future):
                suspects.append(futures[future])
            else:
                yield futures[future], _outcome(future, gone, tasks[futures[future]])
        # one after the other, when all else is done: alone, a unit dies of nobody but itself
        for place in sorted(suspects):
            if gone:
                yield place, _lost(RuntimeError(gone), tasks[place])
                continue
            alone = executor.submit(compute, tasks[place], secrets.token_hex(8))
            futures[alone] = place
            for future, gone in _finished({alone: place}, Watch(executor)):
                yield place, _outcome(future, gone, tasks[place])
    finally:
        for future in futures:
            future.cancel()


def _finished(futures, watch: Watch) -> Iterator[tuple[concurrent.futures.Future, str | None]]:
    """Each future as it is done, or as soon as nobody is left who could do it, and then why."""
    waiting, gone = set(futures), None
    while waiting and not gone:
        done, waiting = concurrent.futures.wait(
            waiting, 1.0 if watch.needed else None, concurrent.futures.FIRST_COMPLETED)
        yield from ((future, None) for future in done)
        gone = watch.gone() if watch.needed and not done else None
    yield from ((future, gone) for future in sorted(waiting, key=futures.get))


def _outcome(future: concurrent.futures.Future, gone: str | None, task: Task) -> Outcome:
    try:
        if gone:
            raise RuntimeError(gone)
        return future.result()
    except Exception as error:  # noqa: BLE001 - the executor's, not the unit's
        return _lost(error, task)


def _lost(error: Exception, task: Task) -> Outcome:
    """A unit whose worker was killed, or that never had one."""
    again = ("run the same call again, with a new executor if this one is broken: what is finished "
             "is loaded, and what was begun goes on" if task.keep is not None else
             "run the same call again, with a new executor if this one is broken, and with "
             "keep='some name' what is finished then stays")
    return Outcome(None, [], f"{type(error).__name__}: {error}; {again}")


def _gathered(units: list[dict], outcomes: list[Outcome]) -> Sweep:
    import pandas

    names = sweep_rows.columns(units)
    rows, failures = [], []
    for settings, outcome in zip(units, outcomes, strict=True):
        if outcome.rows is None:
            failures.append(settings | {"error": outcome.error, "traceback": outcome.traceback})
        else:
            rows += [row | settings for row in outcome.rows]
    columns = list(dict.fromkeys([*names, *sweep_rows.columns(rows)]))
    return Sweep(pandas.DataFrame(rows, columns=columns),
                 pandas.DataFrame(failures, columns=[*names, "error", "traceback"]))
