"""The recipes of CONTRIBUTING.md, each executed as it stands on a copy of the package."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```python\n# ([^\n]*)\n(.*?)```", re.DOTALL)
RECIPES = {title: BLOCK.findall(body) for title, body in
           re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", TEXT, re.DOTALL | re.MULTILINE)}


def follow(where, code, folder):
    """Do what a block says: insert before a line, replace a text, append, or write a new file."""
    name, how = re.fullmatch(r"(\S+), (.+)", where).groups()
    path, (how, _, anchor) = folder / name, how.partition(": ")
    if how == "new":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if how == "before":
        assert text.count(f"\n{anchor}") == 1, f"{anchor!r} is not one place in {name}"
        text = text.replace(f"\n{anchor}", f"\n{code}{anchor}")
    elif how == "instead of":
        assert text.count(anchor) == 1, f"{anchor!r} is not one place in {name}"
        text = text.replace(anchor, code.rstrip("\n"))
    else:
        assert how == "end", f"unknown way {how!r}"
        text += "\n" + code
    path.write_text(text, encoding="utf-8")


def test_there_is_a_recipe_for_each_thing_that_people_add():
    assert list(RECIPES) == ["an arm", "a score", "a data set", "a net", "a figure", "a panel",
                             "a lesson"]


# Tries every recipe, in one process: what is imported and generated for one serves the next.
TRY = """
import json, sys, traceback
programs, errors = json.load(sys.stdin), {}
for title, program in programs.items():
    try:
        exec(program, {"__name__": "__main__"})
    except BaseException:
        errors[title] = traceback.format_exc()
import ticketlab
json.dump({"errors": errors, "package": ticketlab.__file__}, open("said.json", "w"))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """title -> what went wrong when all recipes were followed on one copy of the package."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "ticketlab", folder / "ticketlab", ignore=shutil.ignore_patterns("__pycache__"))
    programs = {}
    for title, (*blocks, (last, check)) in RECIPES.items():
        if title != "a lesson":
            assert blocks and last == "try it"
            programs[title] = check
            for where, code in blocks:
                follow(where, code, folder)
    said = subprocess.run([sys.executable, "-c", TRY], cwd=folder, input=json.dumps(programs), text=True,
                          env=os.environ | {"PYTHONPATH": str(folder), "MPLBACKEND": "Agg"}, capture_output=True)
    assert said.returncode == 0, said.stderr
    found = json.loads((folder / "said.json").read_text("utf-8"))
    assert found["package"].startswith(str(folder))
    return found["errors"]


@pytest.mark.parametrize("title", [title for title in RECIPES if title != "a lesson"])
def test_a_recipe_does_what_it_says(title, tried):
    assert title not in tried, tried[title]


def test_a_lesson_of_the_recipes_cells_is_executed_and_stored(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")  # as for a script, which finds its neighbours
    spec = importlib.util.spec_from_file_location("execute", ROOT / "tools" / "execute.py")
    execute = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(execute)
    ((where, code),) = RECIPES["a lesson"]
    path = tmp_path / Path(where.partition(",")[0]).name
    nbformat.write(new_notebook(cells=[new_markdown_cell("# 7"), new_code_cell(code)]), path)
    execute.main(["99"], tmp_path)
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [1, 2]
