"""Tables that grow step by step: a program that was stopped goes on where it was.

A step has a key and gives one row or several. It is stored when it is finished, under a temporary name
that is then renamed; so a table is whole at any time. What was computed by another program, on other
texts or with another model has another fingerprint and is computed anew.
"""

import ast
import csv
import hashlib
import inspect
import io
import json
import textwrap
import time
from pathlib import Path

from ticketlab.basics import whole_file


def fingerprint(*made_by) -> str:
    """Twelve hexadecimal digits of what made a table: functions and classes by their code (comments and
    the breaking of lines do not count), everything else by its text."""
    seen = hashlib.sha256()
    for each in made_by:
        code = callable(each) and ast.dump(ast.parse(textwrap.dedent(inspect.getsource(each))))
        seen.update((code or str(each)).encode() + b"\0")
    return seen.hexdigest()[:12]


def grow(path: Path, about: Path, steps, key: tuple[str, ...], said: dict) -> None:
    """Compute the steps that ``path`` does not hold yet, and store each as soon as it is finished.

    path: the CSV file. about: the JSON file, whose entry ``said["part"]`` becomes ``said`` with what it
    cost. steps: pairs of a key (a dictionary) and a function without arguments that gives a row or a
    list of rows. key: names of the columns that are the key; said["fingerprint"] decides whether rows
    that are there count.
    """
    entries = json.loads(about.read_text()) if about.exists() else {}
    old = entries.get(said["part"], {})
    if old.get("fingerprint") != said["fingerprint"]:
        path.unlink(missing_ok=True)  # before the entry that would vouch for it
        old = {}
    rows = _read(path)
    done = {tuple(row[name] for name in key) for row in rows}
    spent = old.get("CPU seconds", 0)
    store(about, entries | {said["part"]: said | {"CPU seconds": spent, "finished": False}})
    began = time.process_time()
    for own, compute in steps:
        if tuple(_short(own[name]) for name in key) in done:
            continue
        found = compute()
        new = [own | each for each in ([found] if isinstance(found, dict) else found)]
        rows += [{name: _short(value) for name, value in row.items()} for row in new]
        _write(path, rows)
        cost = round(spent + time.process_time() - began)
        store(about, entries | {said["part"]: said | {"CPU seconds": cost, "finished": False}})
        print(f"{said['part']}, {cost} s:", {name: str(v)[:60] for name, v in list(new[-1].items())[:6]},
              flush=True)
    cost = round(spent + time.process_time() - began)
    store(about, entries | {said["part"]: said | {"CPU seconds": cost, "finished": True}})


def store(path: Path, what) -> None:
    """A file appears whole or not at all. what: a text, or a dictionary, which becomes JSON."""
    with whole_file(path) as unfinished:
        unfinished.write_text(what if isinstance(what, str) else json.dumps(what, indent=1) + "\n",
                              encoding="utf-8")


def _short(value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    store(path, text.getvalue())
