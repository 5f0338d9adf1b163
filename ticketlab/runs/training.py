"""Training runs that are kept on disk: asked for again, a finished one is loaded, not trained.

A run is kept in a folder of its own, its unit, under a name that a person can read and a short
digest of everything that decides it. A process that is killed loses at most what it did since the
last interval: the next one goes on from there, and ends with the same bits. Lesson 04 builds on
this file.

What a network does is covered as ``nets.description`` says: its code and that of your own functions
which it calls, its attributes and hooks, but not the version of torch or of another package. Where
such a thing changed, ``remove`` the runs or give them another name.
"""

import contextlib
import math
import re
import time
from collections.abc import Callable, Sequence

import torch
from torch import nn

from ticketlab import nets, training
from ticketlab.basics import progress_bar, skip, warn, whole_from, wholes_from
from ticketlab.pruning import Masks
from ticketlab.runs import files as run_files
from ticketlab.runs.files import Damaged
from ticketlab.runs.keys import Job
from ticketlab.runs.locks import locked
from ticketlab.runs.units import State, Unit, former
from ticketlab.stack import Stack, check_stack
from ticketlab.training import Recipe, Run, Snapshot

_SEGMENTS = 20  # a training is cut into about so many, and its state can be saved between them
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,149}")


def train(name: str, start: Stack | Snapshot, data, recipe: Recipe, *, masks: Masks | None = None,
          order_seeds: Sequence[int] | None = None, stop: int | None = None,
          snapshots: Sequence[int] = (), progress=True, folder=None, interval=10.0) -> Run:
    """Train as ``training.train`` does, or load what the same call left on disk.

    name: what a person calls it: letters, digits, ``-_.``, and ``/`` for folders. folder: see
    ``runs.folder``. interval: seconds between two savings of a half-finished run; 0 saves as often
    as can be, at evaluations. The other arguments are those of ``training.train``, and so are the
    resulting bits, those of dropout too, and torch's global random state is left as it was.

    At the recipe's last step no optimiser state is kept: no step can follow. A damaged run is
    named in a warning, renamed, and trained anew. So is one of a ticketlab whose digests covered
    less. A network that holds what no digest can cover, such as a lock, is trained and not kept; the
    warning says how to give such a thing a version. The network's attributes are left as they were,
    as if the run had been loaded. Raises what ``training.train`` raises, ValueError
    for a name that does not fit, IncompatibleRun for a run in another format of files, and OSError
    if the folder cannot be written to or is full. Lesson 04 builds on it.
    """
    moment = start if isinstance(start, Snapshot) else Snapshot(start)
    check_stack(moment.stack, "start")
    total = recipe.schedule(len(data.x_train)).total
    stop = total if stop is None else whole_from("stop", stop)
    snapshots = sorted(set(wholes_from("snapshots", snapshots)))
    training.check_span(moment.step, stop, total, snapshots)  # now, and not after most segments
    seeds = range(moment.stack.replicates) if order_seeds is None else order_seeds
    job = Job(moment, data, recipe, masks, wholes_from("order_seeds", seeds), stop, snapshots)
    home = run_files.folder(folder)
    checked_name(name)
    if job.description.unknown:
        warn("a run is neither kept nor looked up, for in its network "
             f"{nets.cure(job.description.unknown)}")
        with progress_bar(progress, job.steps, name) as bar, _left_alone(moment.stack.net):
            return _without_optimizer(_train(job, None, lambda state: None, bar, math.inf), total)
    place = f"{name}-{job.key[:10]}"
    unit = Unit(home / place, job)
    with progress_bar(progress, job.steps, name) as bar, \
            locked(home, place, lambda: bar.set_postfix_str("waiting")) as held:
        if held:
            run_files.sweep(unit.path)
        found = load(unit)
        if isinstance(found, Run):
            if job.steps:
                bar.set_postfix_str(f"loss {found.last('train_loss').mean():.3f}", False)
            skip(bar, job.steps)
            return found
        if found is None:
            for old in former(home, f"{name}-{'[0-9a-f]' * 10}", job.decided_by):
                warn(f"{old} was kept by a ticketlab whose digests did not cover all that a network "
                     "does, so it may be another's: it is not loaded, and the run is computed "
                     f"again. runs.remove({old!r}) removes the old one")
        with _left_alone(moment.stack.net):
            run = _train(job, found, unit.save, bar, interval)
        run = _without_optimizer(run, total)
        unit.finish(run)
        return run


def _without_optimizer(run: Run, total: int) -> Run:
    """The same at the recipe's last step, which no step can follow."""
    return run if run.end.step < total else Run(run.end._replace(optimizer=None), run.curves,
                                                run.snapshots)


@contextlib.contextmanager
def _left_alone(net: nn.Module):
    """Undo what training sets in the modules (an activation kept by ``forward``, a counter): it is
    part of the next run's digest, which must not depend on whether this one was loaded."""
    before = [(module, dict(vars(module))) for module in net.modules()]
    try:
        yield
    finally:
        for module, state in before:
            vars(module).clear()
            vars(module).update(state)


def _train(job: Job, state: State | None, save: Callable[[State], None], bar, interval) -> Run:
    """Train in segments, each going on from the last; the state is saved between them."""
    every = job.recipe.schedule(len(job.data.x_train)).evaluate_every
    moment, curves, kept = state or State(job.start, {}, {})
    skip(bar, moment.step - job.start.step)
    longest = max(1.0, job.steps / _SEGMENTS)
    length = longest if interval <= 0 else 1.0  # until the pace is known
    saved, together, checked = time.monotonic(), None, False
    while True:
        began = time.monotonic()
        # up to an evaluation, where the curves of a single call have a row too
        end = min(job.stop, (moment.step // every + math.ceil(length / every)) * every)
        part = training.train(
            moment, job.data, job.recipe, masks=job.masks, order_seeds=job.order_seeds, stop=end,
            snapshots=[step for step in job.snapshots if moment.step < step <= end
                       or step == moment.step == job.start.step], progress=bar,
            together=together, checked=checked)
        checked = True
        together = part.together or together  # what did not fit once is not tried again
        seconds = max(time.monotonic() - began, 1e-6)
        if interval > 0:
            length = min(longest, max(1.0, (end - moment.step) / seconds * interval / 4))
        moment, kept = part.end, kept | part.snapshots
        curves = {name: torch.cat([curves[name], values]) if curves else values
                  for name, values in part.curves.items()}
        if end == job.stop:  # one nan for all of them, as it is when it is loaded
            return Run(moment, {name: values.nan_to_num(math.nan, math.inf, -math.inf)
                                for name, values in curves.items()}, kept)
        if time.monotonic() - saved >= interval:
            save(State(moment, curves, kept))
            saved = time.monotonic()


def load(unit: Unit) -> Run | State | None:
    try:
        return unit.load()
    except Damaged as damaged:
        with contextlib.suppress(FileNotFoundError):  # another process did so, where are no locks
            aside = run_files.set_aside(unit.path)
            warn(f"{damaged}; its folder is now {aside.name}, and the run is computed again")
        return None


def checked_name(name: str) -> str:
    """A name that a run can be kept under; raises ValueError, with what is allowed, for others."""
    wrong = [part for part in str(name).split("/") if not _PART.fullmatch(part)]
    if wrong:
        raise ValueError(
            f"{name!r} cannot be the name of a run because of {wrong[0]!r}: write letters, digits, "
            "'-', '_' and '.', and '/' between folders, such as 'lesson-04/level-03'; each part "
            "begins with a letter, a digit or '_' and has 150 characters at most")
    return name
