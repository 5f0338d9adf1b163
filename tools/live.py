"""The panels of the site: each panel that a lesson shows, saved as a page of its own in lessons/live/.

`make lessons` runs SAVE in a lesson's kernel when its last cell is done, and `make site` puts the pages
where the stored notebook has the panel's picture.
"""

import re

FOLDER = "live"
SAID = re.compile(r"^(\w+) panel: ")  # what a panel calls itself: "prune panel: sliders for …"

# Put behind a lesson while it runs, and never stored. Out holds what cells showed, in their order. It
# prints the seconds that it took, which are none of the lesson's.
SAVE = """
import pathlib, time
from ticketlab.panels import base
_began = time.perf_counter()
for _old in pathlib.Path({folder!r}).glob({number!r} + "-*.html"):
    _old.unlink()
_seen = []
for _each in (_each for _each in Out.values() if isinstance(_each, base.Panel)):
    _seen.append(repr(_each).partition(" ")[0])
    _again = _seen.count(_seen[-1])
    _name = f"{number}-{{_seen[-1]}}" + (f"-{{_again}}" if _again > 1 else "") + ".html"
    _each.save(pathlib.Path({folder!r}, _name), title=f"{{_seen[-1]}} panel of lesson {number}")
print(time.perf_counter() - _began)
"""


def number(stem):
    """`03` of `03_one_shot_pruning`; the whole name where a notebook has no number."""
    first = stem.partition("_")[0]
    return first if first.isdigit() else stem


def save(stem):
    """The code that saves the panels of a lesson."""
    return SAVE.format(folder=FOLDER, number=number(stem))


def names(notebook, stem):
    """The cells of a stored lesson that show a panel: the place of each, and the name of its page."""
    found, seen = [], []
    for place, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            said = SAID.match("".join(output.get("data", {}).get("text/plain", "")))
            if said:
                seen.append(said[1])
                again = f"-{seen.count(said[1])}" if seen.count(said[1]) > 1 else ""
                found.append((place, f"{number(stem)}-{said[1]}{again}.html"))
    return found
