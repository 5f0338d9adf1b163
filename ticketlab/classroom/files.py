"""The file that one participant of a class hands in: some replicates of an experiment, as JSON.

Such files come from many machines, by mail and by hand, so nothing in them is believed: whatever
``read`` gives has been checked entry by entry, and ``write`` runs the same checks, so that no file
is written that would be turned away later. Numbers are exact. ``ticketlab.classroom.results`` builds on
this file, and lesson 04 through it.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ticketlab.runs import Damaged, IncompatibleRun
from ticketlab.runs import files as run_files

FORMAT = 1
LARGEST = 10_000_000  # bytes; hundreds of replicates
ROW = ("arm", "level", "seed", "density", "accuracy", "early_accuracy", "early_step",
       "train_accuracy")
CURE = "let everybody, whoever pools included, install the same version and run again"
_KIND = "class_results"  # the entry that says what the file is, and its format
_MOST = 2**63  # of whole numbers, as pandas holds them


class Unfit(Exception):
    """A file that cannot be pooled. The text says why and what to do, without the file's name."""


@dataclass(frozen=True)
class Submission:
    """Some replicates of one experiment.

    seeds: one a replicate. experiment: field -> value, all that must agree in a pool. rows: one an
    arm, level and seed, with the entries of ``ROW``; the arm of the first is the search's. steps:
    arm -> at which steps its trainings ended. participant: a nickname, or None. stopped: why the
    search ended early, or None.
    """

    seeds: list[int]
    experiment: dict
    rows: list[dict]
    steps: dict[str, list[int]]
    participant: str | None = None
    stopped: str | None = None

    @property
    def arms(self) -> list[str]:
        """The arms, the search's first."""
        return list(dict.fromkeys(row["arm"] for row in self.rows))

    def by_level(self, seed: int) -> dict[tuple[str, int], dict]:
        """(arm, level) -> row, of one replicate."""
        return {(row["arm"], row["level"]): row for row in self.rows if row["seed"] == seed}


def write(folder: Path, submission: Submission) -> Path:
    """Write a file and give its path: ``seed-17-3f9a2c1b04.json``, its seeds and a digest.

    Equal results have equal names, others have names of their own. Raises ValueError for what
    ``read`` would refuse, and OSError, naming the folder, if it cannot be written to.
    """
    rows = submission.rows
    content = {
        _KIND: FORMAT, "ticketlab": _version(), "torch": torch.__version__,
        "participant": submission.participant, "stopped": submission.stopped,
        "seeds": submission.seeds, "experiment": submission.experiment, "steps": submission.steps,
        "rows": {name: [row[name] for row in rows] for name in ROW}}
    try:
        _checked(content)
    except Unfit as problem:
        raise ValueError(f"these results cannot be written: {problem}") from None
    seeds = submission.seeds
    name = f"seed-{seeds[0]}" if len(seeds) == 1 else f"seeds-{min(seeds)}-to-{max(seeds)}"
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
    try:
        run_files.write_table(path, content)
    except OSError as error:  # that room's cure is for kept runs
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(error.errno, f"{path.name} cannot be written to {folder} ({reason}); make room "
                      "there, or name another folder") from error
    return path


def read(path: Path) -> Submission:
    """What ``write`` wrote. Raises Unfit, and nothing else, for anything that is not so."""
    try:
        return _checked(_content(path))
    except Damaged as damaged:
        raise Unfit(f"it {str(damaged).removeprefix(f'{path} ')}; it is no class result, or no longer "
                    "whole: ask for it again") from None
    except IncompatibleRun:
        raise Unfit(f"its format of files is another than ticketlab {_version()} reads; "
                    f"{CURE}") from None
    except (OSError, RecursionError) as error:
        raise Unfit(f"it cannot be read ({shown(error)}); ask for it again") from None


def whole(value, low: int, high: int) -> bool:
    """Whether something is a whole number from ``low`` to ``high``; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def shown(value, most: int = 90, start: int = 0) -> str:
    """Any value in one short line that every screen can print; from about its letter ``start`` on."""
    text = ascii(value) if not repr(value).isprintable() else repr(value)
    start = max(0, min(start, len(text) - most))
    end = start + most
    return f"{'...' if start else ''}{text[start:end]}{'...' if end < len(text) else ''}"


def _content(path: Path) -> dict:
    """What is in a file of this version; whether it makes sense is not yet known."""
    _need(path.is_file(), "it is missing, or no plain file")
    size = path.stat().st_size
    _need(size <= LARGEST, f"it has {size:,} bytes, and a class result has {LARGEST:,} at most")
    content = run_files.read_table(path)
    _need(_KIND in content, "it is no class result; class_results.write makes them")
    found, ours = content.get("ticketlab"), _version()
    _need(isinstance(found, str) and found.split(".")[:2] == ours.split(".")[:2]
          and whole(content[_KIND], FORMAT, FORMAT),
          f"it was written by ticketlab {shown(found)} in format {shown(content[_KIND])}, and this is "
          f"ticketlab {ours} with format {FORMAT}; {CURE}")
    return content


def _checked(content: Mapping) -> Submission:
    """The content of a file, or Unfit with the first thing that is wrong."""
    for name, kind in (("seeds", list), ("experiment", dict), ("rows", dict), ("steps", dict)):
        _need(isinstance(content.get(name), kind), f"its {name!r} is {shown(content.get(name))}, and "
              f"not a {kind.__name__}")
    participant, stopped = content.get("participant"), content.get("stopped")
    for name, text, most in (("participant", participant, 60), ("stopped", stopped, 1000)):
        _need(text is None or _words(text, most),
              f"its {name!r} is {shown(text)}; it must be {most} printable characters at most")
    seeds = content["seeds"]
    _need(seeds and all(whole(seed, 0, _MOST - 1) for seed in seeds) and len(set(seeds)) == len(seeds),
          f"its seeds are {shown(seeds)}; they must be different whole numbers, 0 or above")
    for field, value in content["experiment"].items():
        _need(_words(field, 100) and _plain(value), f"its {shown(field)} is {shown(value)}; a field of "
              "an experiment is a word, a text, a number, or a list or dictionary of such")
    rows = _rows(content["rows"], seeds)
    for arm, steps in content["steps"].items():
        _need(isinstance(steps, list) and steps and all(whole(step, 0, _MOST - 1) for step in steps),
              f"the steps of arm {shown(arm)} are {shown(steps)}; they must be whole numbers")
    found = Submission(seeds, content["experiment"], rows, content["steps"], participant, stopped)
    _check_levels(found)
    return found


def _rows(columns: Mapping, seeds: Sequence[int]) -> list[dict]:
    _need(columns.keys() == set(ROW), f"its columns are {shown(list(columns))}, and not {ROW}")
    columns = [columns[name] for name in ROW]
    lengths = {len(values) if isinstance(values, list) else -1 for values in columns}
    _need(len(lengths) == 1 and min(lengths) > 0, "its columns are empty, or not of one length")
    rows = [dict(zip(ROW, row, strict=True)) for row in zip(*columns, strict=True)]
    known = set(seeds)
    allowed = {
        "arm": (lambda arm: _words(arm, 100), "a name of 100 printable characters at most"),
        "level": (lambda level: whole(level, 0, 10_000), "a whole number from 0 up"),
        "seed": (lambda seed: whole(seed, 0, _MOST - 1) and seed in known, "one of the file's seeds"),
        "density": (lambda share: _share(share) and share > 0, "a fraction above 0 to 1"),
        "accuracy": (_share, "a fraction from 0 to 1"),
        "early_accuracy": (_share, "a fraction from 0 to 1"),
        "early_step": (lambda step: whole(step, 0, _MOST - 1), "a training step, 0 or above"),
        # of an arm that is not trained there is none
        "train_accuracy": (lambda share: share is None or _share(share), "a fraction from 0 to 1")}
    for row in rows:
        for name, (fits, words) in allowed.items():
            _need(fits(row[name]), f"{name} has the value {shown(row[name])}; it must be {words}")
    return rows


def _check_levels(found: Submission) -> None:
    """Each arm and level with every seed once, and the search from dense to its last level."""
    places = {}
    for row in found.rows:
        places.setdefault((row["arm"], row["level"]), []).append(row["seed"])
    for (arm, level), seeds in places.items():
        _need(sorted(seeds) == sorted(found.seeds), f"arm {shown(arm)} has at level {level} the seeds "
              f"{shown(seeds)}, and the file {shown(found.seeds)}; give each arm of one search once")
    search = found.arms[0]
    for name, value in described(found.rows).items():
        _need(found.experiment.get(name) == value, f"its {name} of arm {shown(search)} are "
              f"{shown(value)}, and its experiment has {shown(found.experiment.get(name))}")
    levels = [level for arm, level in places if arm == search]
    _need(sorted(levels) == list(range(len(levels))), f"arm {shown(search)} has the levels "
          f"{shown(sorted(levels))}; the search, which comes first, has all from 0, the dense one, on")
    extra = [level for _, level in places if level >= len(levels)]
    _need(not extra, f"an arm has level {shown(extra[:1])}, and the search {len(levels) - 1} at most")


def described(rows: Sequence[Mapping]) -> dict:
    """What the rows themselves say of the experiment: the search's arm, levels and densities."""
    search = rows[0]["arm"]
    densities = {row["level"]: row["density"] for row in rows if row["arm"] == search}
    return {"search": search, "levels": max(densities),
            "densities": [densities[level] for level in sorted(densities)]}


def _need(condition, otherwise: str) -> None:
    if not condition:
        raise Unfit(otherwise)


def _words(value, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most and value.isprintable()


def _share(value) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= 1


def _plain(value, deep: int = 2) -> bool:
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return deep > 0 and all(_plain(each, deep - 1) for each in inner)
    return value is None or isinstance(value, str | int | float)


def _version() -> str:
    from ticketlab import __version__  # not there yet while ticketlab is being imported

    return __version__
