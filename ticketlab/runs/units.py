"""A unit: the folder of one training run on disk, and its files.

    run.json                what decided it, the curves, and the digests of the other files
    end.safetensors         weights and buffers at the end, with the optimiser if a step can follow
    masks.safetensors       if it has masks
    snapshot-100.safetensors    each snapshot that was asked for, with the optimiser
    state.safetensors       in place of run.json and end.safetensors while it is half-finished

``run.json`` is written last, and nothing in these files depends on when or in how many goes the
run was made. ``runs`` builds on this file, and lesson 04 through it.
"""

import contextlib
import re
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ticketlab.runs import files as run_files
from ticketlab.runs.files import Damaged, IncompatibleRun
from ticketlab.runs.keys import KEY, Job
from ticketlab.runs.tensors import flat, listed, part, unflat, unlisted
from ticketlab.training import Run, Snapshot

TABLE, STATE, END, MASKS = "run.json", "state.safetensors", "end.safetensors", "masks.safetensors"
OURS = re.compile(r"run\.json|(state|end|masks|snapshot-\d+)\.safetensors|\..*\.tmp")


class State(NamedTuple):
    """A half-finished run: where it is, and what it has so far."""

    moment: Snapshot
    curves: dict[str, Tensor]
    snapshots: dict[int, Snapshot]


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
        tensors = flat(state.moment)
        tensors |= {f"curves/{name}": values for name, values in state.curves.items()}
        run_files.write_tensors(self.path / STATE, tensors, {
            "key": self.job.key, "key_version": KEY, "step": state.moment.step,
            "start_step": self.job.start.step, "stop": self.job.stop,
            "networks": state.moment.stack.replicates, "files": self._write_final(state.snapshots)})

    def finish(self, run: Run) -> None:
        """Keep a finished run; its state is removed."""
        files = self._write_final(run.snapshots)
        files[END] = run_files.write_tensors(self.path / END, flat(run.end), _about(run.end))
        stack = run.stack
        run_files.write_table(self.path / TABLE, {
            "networks": stack.replicates, "steps": self.job.steps,
            "decided_by": self.job.decided_by, "torch": torch.__version__,
            "device": str(stack.device), "files": files,
            "curves": {name: listed(values) for name, values in run.curves.items()}})
        (self.path / STATE).unlink(missing_ok=True)

    def _write_final(self, snapshots: dict[int, Snapshot]) -> dict[str, str]:
        """Masks and snapshots, which are final as soon as they exist: name -> digest."""
        if self.job.masks is not None and MASKS not in self._written:
            self._written[MASKS] = run_files.write_tensors(self.path / MASKS, self.job.masks, {})
        for step, snapshot in snapshots.items():
            name = _snapshot_file(step)
            if name not in self._written:
                self._written[name] = run_files.write_tensors(
                    self.path / name, flat(snapshot), _about(snapshot))
        return dict(self._written)

    def _finished(self, table: dict) -> Run:
        if table["decided_by"] != self.job.decided_by:
            raise Damaged(self.path / TABLE, "belongs to another run")
        self._check_masks(table)
        curves = {name: unlisted(each) for name, each in table["curves"].items()}
        return Run(self._moment(END, table), curves, self._snapshots(table))

    def _state(self) -> State:
        tensors, notes = run_files.read_tensors(self.path / STATE)
        if notes["key"] != self.job.key:
            raise Damaged(self.path / STATE, "belongs to another run")
        self._check_masks(notes)
        state = State(unflat(tensors, notes["step"], True, self.job.start.stack),
                      part(tensors, "curves"), self._snapshots(notes))
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
        return unflat(tensors, notes["step"], notes["optimizer"], self.job.start.stack)

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
