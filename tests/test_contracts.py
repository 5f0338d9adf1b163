"""The floors and doors of the house hold, and a wrong import would be noticed."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lint(folder):
    """What import-linter says of the package in `folder`."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"})


def test_floors_and_doors_hold():
    said = lint(ROOT)
    assert said.returncode == 0 and "3 kept, 0 broken" in said.stdout, said.stdout + said.stderr


@pytest.fixture
def copy(tmp_path):
    """The package, and what import-linter needs, where a mistake may be put in."""
    for name in ("ticketlab", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("file, line, contract", [
    ("nets/simple.py", "from ticketlab.lottery import search", "floors below its own BROKEN"),
    ("scales/scale.py", "from ticketlab.figures import curves", "floors below its own BROKEN"),
    ("panels/base.py", "from ticketlab.pruning.cut import prune", "entered by its door BROKEN"),
    ("lottery/arms.py", "from ticketlab.training.memory.free import free", "its door BROKEN"),
    ("runs/files.py", "import matplotlib.pyplot", "neither pictures nor Jupyter BROKEN"),
])
def test_a_wrong_import_is_noticed(copy, file, line, contract):
    path = copy / "ticketlab" / file
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")
    said = lint(copy)
    assert said.returncode == 1 and contract in said.stdout, said.stdout + said.stderr


def test_a_folder_without_a_floor_is_noticed(copy):
    """So the picture of the floors stays whole when a folder is added."""
    (copy / "ticketlab" / "attic.py").write_text("")
    assert "attic" in lint(copy).stdout


@pytest.mark.parametrize("door", sorted((ROOT / "ticketlab").rglob("*/__init__.py")),
                         ids=lambda door: str(door.parent.relative_to(ROOT)))
def test_a_door_is_a_docstring_and_the_names_handed_out(door):
    text = door.read_text(encoding="utf-8")
    docstring = text.split('"""')[1]
    assert len(docstring.strip().splitlines()) <= 15
    assert "def " not in text and "class " not in text.replace(docstring, "")


@pytest.mark.parametrize("door", sorted((ROOT / "ticketlab").rglob("*/__init__.py")),
                         ids=lambda door: str(door.parent.relative_to(ROOT)))
def test_no_file_has_the_name_of_something_else_that_its_door_hands_out(door):
    """``from ticketlab.landscape import project`` would else give a file or a function, whichever was
    imported last."""
    files = {path.stem for path in door.parent.iterdir() if path.name != "__init__.py"}
    for node in ast.parse(door.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module != ".".join(door.parent.relative_to(ROOT).parts):
            assert files.isdisjoint(each.asname or each.name for each in node.names)


def drawing(page):
    """The floors in the diagram of a page, from the top down."""
    text = (ROOT / page).read_text(encoding="utf-8")
    drawn = re.search(r"```mermaid\n(.*?)```", text, re.DOTALL)[1]
    return [set(floor.split(" · ")) for floor in re.findall(r'\["(.*?)"\]', drawn)]


def test_the_pages_draw_the_floors_that_are_checked():
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    floors = [set(floor.split(" | ")) for floor in layers["layers"]]
    assert drawing("README.md") == drawing("CONTRIBUTING.md") == floors


def test_the_top_of_the_package_is_a_handful_of_files():
    files = {path.name for path in (ROOT / "ticketlab").glob("*.py")} - {"__init__.py"}
    assert len(files) <= 6, files
