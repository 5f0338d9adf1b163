"""The setup cell: the first code cell of every lesson, and the only thing that Colab needs.

`make lessons` stamps it into each lesson, with the repository's public address as pyproject.toml
gives it; nobody writes it by hand. It is folded, in JupyterLab by its metadata and on Colab as a form
whose title is its first line: it is no code for a learner to read. It touches neither torch, numpy nor ipywidgets, so whatever the
installation brings is there before the first import of it, and no kernel needs a restart.
"""

import re
import tomllib
from pathlib import Path

import names
from nbformat.v4 import new_code_cell

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
TAG = "setup"
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}

# A lesson's kernel starts in lessons/, where reference/ lies; Colab's starts in an empty place. The
# folder is not called ticketlab: Python would take a folder of that name for the package. What was
# fetched or installed before a restart of the kernel is not fetched or installed again.
SOURCE = '''\
#@title On Google Colab this cell fetches the course and installs what is missing. Elsewhere it does nothing.
import os
import subprocess

fetch = "test -d course/lessons || git clone --depth 1 ADDRESS course"
install = "pip show ticketlab || pip install ./course"
if "COLAB_RELEASE_TAG" in os.environ and not os.path.isdir("reference"):
    assert "/OWNER/" not in fetch, "The course's address is not set: see [project.urls] in pyproject.toml"
    failed, answer = subprocess.getstatusoutput(f"({fetch}) && ({install})")
    assert not failed, f"{answer}\\n\\nIs there a network? Delete the folder course, and run this cell again."
    os.chdir("course/lessons")
    print("The course is in the folder course, and ticketlab is installed. Go on with the next cell.")
'''


def address(pyproject=PYPROJECT):
    """The repository's public address, from the one place where it stands.

    Raises SystemExit if it is missing, or nothing that can be put into the cell's command as it is.
    """
    with open(pyproject, "rb") as file:
        urls = tomllib.load(file)["project"].get("urls", {})
    found = urls.get("Repository")
    if not re.fullmatch(r"https://[\w.-]+(/[\w.-]+)+", str(found)):
        raise SystemExit(f"[project.urls] Repository in {Path(pyproject).name} is {found!r}; it must be "
                         "an address such as https://github.com/NAME/ticketlab")
    return found


def source(address):
    """The setup cell's text for a repository at `address`."""
    return SOURCE.replace("ADDRESS", address).rstrip("\n")


def find(notebook):
    """The notebook's setup cell, or None."""
    cells = (cell for cell in notebook.cells if TAG in cell.metadata.get("tags", []))
    return next(cells, None)


def stamp(notebook, stem, address):
    """Put the setup cell for `address` into a lesson, in place: behind its title.

    stem: the lesson's name, `05_rewinding`; the cell's id is made of its number, or of the
    name of a page that has none. A cell that is there already keeps its place, and that it was executed:
    it shows nothing in either case.
    """
    cell = find(notebook)
    if cell is None:
        cell = new_code_cell(id=f"{names.slug(stem)}-setup", metadata={"tags": [TAG]})
        titled = bool(notebook.cells) and notebook.cells[0].cell_type == "markdown"
        notebook.cells.insert(int(titled), cell)
    cell.metadata.update(FOLDED)
    cell.source = source(address)
