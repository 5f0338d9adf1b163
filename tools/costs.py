"""What a lesson costs: time, memory and disk, from the one file that knows, lessons/costs.json.

`make lessons` stamps them into each lesson's card; the tests hold the README and the guide to them.
The numbers come from what tools/execute.py prints at scale quick, and from what costs.json says of
the other scales.
"""

import json
import re
from pathlib import Path

import names

FILE = Path(__file__).resolve().parent.parent / "lessons" / "costs.json"
SCALES = "quick", "class", "paper"
UNKNOWN = "not measured"
HEAD = "| scale | data and network | time | memory | kept on disk |"


def known(file=FILE):
    """lesson -> scale -> what was measured there."""
    return json.loads(file.read_text(encoding="utf-8"))["lessons"]


def time(entry):
    """`34 s`, `3.6 min` or `5.2 h`, and whether it was extrapolated."""
    if "seconds" not in entry:
        return UNKNOWN
    seconds = entry["seconds"]
    size, unit = (3600, "h") if seconds >= 5400 else (60, "min") if seconds >= 120 else (1, "s")
    number = f"{seconds / size:.0f}" if size == 1 or seconds / size >= 20 else f"{seconds / size:.1f}"
    return f"about {number} {unit}, extrapolated" if entry.get("extrapolated") else f"{number} {unit}"


def cells(entry):
    """Time, memory and disk as a card shows them."""
    memory = f"{entry['gigabytes']:.1f} GB" if "gigabytes" in entry else UNKNOWN
    disk = f"{entry['megabytes kept']:.0f} MB" if "megabytes kept" in entry else UNKNOWN
    return time(entry), memory, disk


def stamp(notebook, stem, costs=None):
    """Put what is known into the last three cells of each row of a lesson's card, in place."""
    own = (known() if costs is None else costs).get(names.short(stem))
    if own is None:
        return
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and HEAD in cell.source:
            cell.source = re.sub(r"(?m)^\| `(\w+)`.*$", lambda row: _row(row, own), cell.source)


def _row(row, own):
    first, second = row.group().strip("|").split("|")[:2]
    return "|" + "|".join([first, second, *(f" {text} " for text in cells(own.get(row[1], {})))]) + "|"
