"""What is on disk: the kept runs with their sizes, and removing those that the user names.

``runs.listing`` and ``runs.remove`` are these two functions. Lesson 04 builds on this file.
"""

import contextlib
import difflib
import os
import re
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from ticketlab.runs import files as run_files
from ticketlab.runs.files import Damaged, IncompatibleRun
from ticketlab.runs.locks import InUse, locked
from ticketlab.runs.units import OURS, STATE, TABLE

_NAME = re.compile(r".+-[0-9a-f]{10}(\.damaged-\d+)?")


def listing(folder=None):
    """The runs in a folder (see ``runs.folder``) as a pandas data frame, one row a run.

    name: as ``remove`` takes it. status: finished, half-finished, damaged or another format.
    done: the share of its steps. networks: R. steps: of the whole run. MB: on the disk (10^6
    bytes). changed: when it was last written to. What cannot be read is <NA>. The files are not
    checked byte by byte here, but when the run is asked for.
    """
    import pandas

    home = run_files.folder(folder)
    rows = [{"name": name} | _row(path) for name, path in _units(home).items()]
    columns = {"name": "object", "status": "object", "done": float, "networks": "Int64",
               "steps": "Int64", "MB": float, "changed": "datetime64[s]"}
    return pandas.DataFrame(rows, columns=list(columns)).astype(columns)


def remove(*names: str, folder=None) -> list[str]:
    """Remove runs for good, and give their names.

    names: as ``listing`` shows them, or shell patterns: ``"lesson-04*"``, ``"*.damaged-*"``.
    Raises ValueError, with the nearest names there are, if a name or pattern matches nothing, and
    RuntimeError for a run that a process works on; nothing is removed then. Whatever ticketlab did
    not write stays.
    """
    home = run_files.folder(folder)
    units = _units(home)
    if not names:
        raise ValueError("name the runs to remove, or a pattern such as 'lesson-04*'")
    for name in names:
        if not _matching(name, units):
            near = [unit for unit in units if unit.startswith(name)][:3]
            near = near or difflib.get_close_matches(name, units, n=3, cutoff=0.4)
            raise ValueError(f"no run in {home} has the name {name!r}; nothing was removed; "
                             + (f"did you mean {', '.join(map(repr, near))}?" if near else
                                f"runs.listing() shows the {len(units)} that are there"))
    chosen = [unit for unit in units if any(unit in _matching(name, units) for name in names)]
    for delete in (False, True):  # look at all before the first is gone
        for unit in chosen:
            try:
                with locked(home, unit):
                    if delete:
                        _delete(units[unit])
            except InUse:
                raise RuntimeError(f"{unit} is in use by another process: wait for it, or stop it, "
                                   "and remove it then") from None
    return chosen


def _units(home: Path) -> dict[str, Path]:
    """The folders that hold a run: name -> path. Links are not followed."""
    found = {}
    for parent, folders, _ in os.walk(home):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            path = Path(parent, name)
            if _NAME.fullmatch(name) and not path.is_symlink():
                files = os.listdir(path)
                if not files or any(OURS.fullmatch(file) for file in files):
                    found[path.relative_to(home).as_posix()] = path
    return found


def _matching(name: str, units) -> list[str]:
    return [unit for unit in units if unit == name or fnmatchcase(unit, name)]


def _row(path: Path) -> dict:
    row = {"status": "half-finished", "done": 0.0}
    try:
        if (path / TABLE).exists():
            table = run_files.read_table(path / TABLE)
            row = {"status": "finished", "done": 1.0, "networks": table["networks"],
                   "steps": table["steps"]}
        elif (path / STATE).exists():
            notes = run_files.read_notes(path / STATE)
            steps = notes["stop"] - notes["start_step"]
            row |= {"done": (notes["step"] - notes["start_step"]) / steps,
                    "networks": notes["networks"], "steps": steps}
    except Damaged:
        row = {"status": "damaged", "done": float("nan")}
    except IncompatibleRun:
        row = {"status": "another format", "done": float("nan")}
    if ".damaged-" in path.name:
        row["status"] = "damaged"
    files = [file.stat() for file in path.iterdir() if OURS.fullmatch(file.name)] or [path.stat()]
    return row | {"MB": sum(file.st_size for file in files) / 1e6,
                  "changed": datetime.fromtimestamp(max(file.st_mtime for file in files))}


def _delete(unit: Path) -> None:
    for file in [unit / TABLE, *unit.iterdir()]:  # without its table it is no longer finished
        if OURS.fullmatch(file.name):
            file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # someone put a file of theirs there
        unit.rmdir()
