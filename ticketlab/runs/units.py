"""A unit: the folder of one training run on disk, what decides the run, and its files.

    run.json                what decided it, the curves, and the digests of the other files
    end.safetensors         weights and buffers at the end, with the optimiser if a step can follow
    masks.safetensors       if it has masks
    snapshot-100.safetensors    each snapshot that was asked for, with the optimiser
    state.safetensors       in place of run.json and end.safetensors while it is half-finished

``run.json`` is written last, and nothing in these files depends on when or in how many goes the
run was made. ``runs`` builds on this file, and lesson 04 through it.
"""

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ticketlab import nets
from ticketlab.basics import digest
from ticketlab.data import fingerprint
from ticketlab.pruning import Masks
from ticketlab.runs import files as run_files
from ticketlab.runs.files import Damaged, IncompatibleRun
from ticketlab.stack import Stack
from ticketlab.training import Recipe, Run, Snapshot

# Raise it when training gives other results for the same arguments: it is part of the digest. Rounding
# alone is no other result: it follows the number of threads and the way R networks are computed, too.
TRAINING = 2
# How the digest is made: raise it when it covers more, so that what was kept before can be named.
KEY = 2

# Fields of a recipe that came later, and where they change nothing: left out of the digest there, so
# that what was kept before is found.
LATER = {"l1": 0.0, "powerprop": 1.0, "cosine": False, "trained": "everything"}

TABLE, STATE, END, MASKS = "run.json", "state.safetensors", "end.safetensors", "masks.safetensors"
OURS = re.compile(r"run\.json|(state|end|masks|snapshot-\d+)\.safetensors|\..*\.tmp")


@dataclass(frozen=True, eq=False)
class Job:
    """All that decides a training run; the fields are the arguments of ``training.train``."""

    start: Snapshot
    data: object
    recipe: Recipe
    masks: Masks | None
    order_seeds: Sequence[int]
    stop: int
    snapshots: Sequence[int]

    @property
    def steps(self) -> int:
        return self.stop - self.start.step

    @cached_property
    def decided_by(self) -> dict:
        """As a table: values where a person can read them, else digests."""
        net = self.start.stack.net
        recipe = {field.name: getattr(self.recipe, field.name) for field in fields(self.recipe)}
        recipe |= {field.name: float(recipe[field.name])  # 1 and 1.0 are one learning rate
                   for field in fields(self.recipe) if field.type is float}
        recipe = {name: value for name, value in recipe.items() if LATER.get(name) != value}
        decided = {
            "training": TRAINING, "key_version": KEY, "net": repr(net),
            "code": self.description.digest,
            "start": digest(_flat(self.start)), "start_step": self.start.step,
            "masks": None if self.masks is None else digest(self.masks),
            "data": fingerprint(self.data), "recipe": recipe, "order_seeds": self.order_seeds,
            "stop": self.stop, "snapshots": self.snapshots}
        return json.loads(json.dumps(decided))  # tuples are lists there

    @cached_property
    def description(self) -> nets.Description:
        """Of the network: its code, and its state other than values. If something in it is unknown,
        the run cannot be told from others, and must not be kept."""
        return nets.describe(self.start.stack.net)

    @cached_property
    def key(self) -> str:
        text = json.dumps(self.decided_by, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class State(NamedTuple):
    """A half-finished run: where it is, what it has so far, and torch's random states."""

    moment: Snapshot
    curves: dict[str, Tensor]
    snapshots: dict[int, Snapshot]
    random: dict[str, Tensor]


class Unit:
    """The folder of one run."""

    def __init__(self, path: Path, job: Job):
        self.path, self.job = path, job
        self._written = {}  # of the files that are final before the end: name -> digest

    def load(self) -> Run | State | None:
        """The finished run, else the state to go on from, else None. Raises Damaged if a file is
        not as it was written, IncompatibleRun if one has another format."""
        if not (self.path / TABLE).exists():
            try:
                return self._state() if (self.path / STATE).exists() else None
            except Damaged:
                if not (self.path / TABLE).exists():
                    raise
                # where there are no locks, another process may have finished it just now
        run = self._finished(run_files.read_table(self.path / TABLE))
        (self.path / STATE).unlink(missing_ok=True)  # a process was killed just before that
        return run

    def save(self, state: State) -> None:
        """Keep a half-finished run."""
        tensors = _flat(state.moment)
        tensors |= {f"curves/{name}": values for name, values in state.curves.items()}
        tensors |= {f"random/{name}": values for name, values in state.random.items()}
        run_files.write_tensors(self.path / STATE, tensors, {
            "key": self.job.key, "key_version": KEY, "step": state.moment.step,
            "start_step": self.job.start.step, "stop": self.job.stop,
            "networks": state.moment.stack.replicates, "files": self._write_final(state.snapshots)})

    def finish(self, run: Run) -> None:
        """Keep a finished run; its state is removed."""
        files = self._write_final(run.snapshots)
        files[END] = run_files.write_tensors(self.path / END, _flat(run.end), _about(run.end))
        stack = run.stack
        run_files.write_table(self.path / TABLE, {
            "networks": stack.replicates, "steps": self.job.steps,
            "decided_by": self.job.decided_by, "torch": torch.__version__,
            "device": str(stack.device), "files": files,
            "curves": {name: _listed(values) for name, values in run.curves.items()}})
        (self.path / STATE).unlink(missing_ok=True)

    def _write_final(self, snapshots: dict[int, Snapshot]) -> dict[str, str]:
        """Masks and snapshots, which are final as soon as they exist: name -> digest."""
        if self.job.masks is not None and MASKS not in self._written:
            self._written[MASKS] = run_files.write_tensors(self.path / MASKS, self.job.masks, {})
        for step, snapshot in snapshots.items():
            name = _snapshot_file(step)
            if name not in self._written:
                self._written[name] = run_files.write_tensors(
                    self.path / name, _flat(snapshot), _about(snapshot))
        return dict(self._written)

    def _finished(self, table: dict) -> Run:
        if table["decided_by"] != self.job.decided_by:
            raise Damaged(self.path / TABLE, "belongs to another run")
        self._check_masks(table)
        curves = {name: _tensor(listed) for name, listed in table["curves"].items()}
        return Run(self._moment(END, table), curves, self._snapshots(table))

    def _state(self) -> State:
        tensors, notes = run_files.read_tensors(self.path / STATE)
        if notes["key"] != self.job.key:
            raise Damaged(self.path / STATE, "belongs to another run")
        self._check_masks(notes)
        state = State(_moment(tensors, notes["step"], True, self.job.start.stack),
                      _part(tensors, "curves"), self._snapshots(notes), _part(tensors, "random"))
        self._written = dict(notes["files"])
        return state

    def _check_masks(self, table: dict) -> None:
        """The caller has the masks, and they are part of the key: only whether these are those."""
        if self.job.masks is not None:
            self._read(MASKS, table)

    def _snapshots(self, table: dict) -> dict[int, Snapshot]:
        return {step: self._moment(_snapshot_file(step), table) for step in self.job.snapshots
                if _snapshot_file(step) in table["files"]}

    def _moment(self, name: str, table: dict) -> Snapshot:
        tensors, notes = self._read(name, table)
        return _moment(tensors, notes["step"], notes["optimizer"], self.job.start.stack)

    def _read(self, name: str, table: dict):
        """A file that ``table`` gives the digest of."""
        tensors, notes = run_files.read_tensors(self.path / name)
        if notes["digest"] != table["files"][name]:
            raise Damaged(self.path / name, "belongs to another run")
        return tensors, notes


def former(home: Path, pattern: str, decided_by: dict) -> list[str]:
    """The names of units that were kept under a former kind of key and are the one that
    ``decided_by`` decides, for all that such a key told. They must not be taken for it."""
    found = []
    for path in sorted(home.glob(pattern)):
        old = {}
        with contextlib.suppress(Damaged, IncompatibleRun):
            if (path / TABLE).exists():
                old = run_files.read_table(path / TABLE)["decided_by"]
                asked = {name: value for name, value in decided_by.items()
                         if name not in ("key_version", "code")}
            elif (path / STATE).exists():
                old = run_files.read_notes(path / STATE)
                asked = {name: decided_by.get(name) for name in ("start_step", "stop")}
        if old and old.get("key_version") != KEY \
                and all(old.get(name) == value for name, value in asked.items()):
            found.append(path.relative_to(home).as_posix())
    return found


def _snapshot_file(step: int) -> str:
    return f"snapshot-{step}.safetensors"


def _about(moment: Snapshot) -> dict:
    return {"step": moment.step, "optimizer": moment.optimizer is not None}


def _flat(moment: Snapshot) -> dict[str, Tensor]:
    tensors = {f"parameters/{name}": t for name, t in moment.stack.parameters.items()}
    tensors |= {f"buffers/{name}": t for name, t in moment.stack.buffers.items()}
    return tensors | {f"optimizer/{name}/{kind}": t
                      for name, state in (moment.optimizer or {}).items()
                      for kind, t in state.items()}


def _moment(tensors: dict[str, Tensor], step: int, optimizer: bool, like: Stack) -> Snapshot:
    """The Snapshot that ``_flat`` took apart, on the device of the stack ``like``."""
    tensors = {name: t.to(like.device) for name, t in tensors.items()
               if not name.startswith(("curves/", "random/"))}
    parameters, buffers = _part(tensors, "parameters"), _part(tensors, "buffers")
    stack = replace(like, parameters={name: parameters[name] for name in like.parameters},
                    buffers={name: buffers[name] for name in like.buffers})
    states = {name: {} for name in like.parameters} if optimizer else None
    for name, tensor in _part(tensors, "optimizer").items():
        parameter, kind = name.rsplit("/", 1)
        states[parameter][kind] = tensor
    return Snapshot(stack, step, states)


def _part(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {name.removeprefix(f"{part}/"): t for name, t in tensors.items()
            if name.startswith(f"{part}/")}


def _listed(values: Tensor) -> dict:
    """A tensor as JSON, exactly: a float32 is a Python float without loss; nan is null."""
    def plain(value):
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, int) or math.isfinite(value):
            return value
        return None if math.isnan(value) else str(value)

    return {"dtype": str(values.dtype).removeprefix("torch."), "values": plain(values.tolist())}


def _tensor(listed: dict) -> Tensor:
    def exact(value):
        if isinstance(value, list):
            return [exact(each) for each in value]
        return float("nan" if value is None else value) if not isinstance(value, int) else value

    return torch.tensor(exact(listed["values"]), dtype=getattr(torch, listed["dtype"]))
