"""The setup cell: what it does on Colab, that it does nothing elsewhere, and that the public address
stands in one place."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
NOT_TOUCHED = ("torch", "numpy", "ipywidgets", "ticketlab")


def load(name):
    """A file of tools/, which are scripts beside the lessons and no part of the package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")  # as for a script, which finds its neighbours
        spec.loader.exec_module(module)
    return module


setup_cell = load("setup_cell")
ADDRESS = setup_cell.address()


# ---- what the cell does ----

# Instead of pip: what is installed is what lies in $SITE, and every call is written down. With $OFFLINE
# it fails as pip does.
PIP = """#!/bin/sh
echo "$@" >> "$LOG"
case "$1" in
  show) test -d "$SITE/ticketlab" ;;
  install) test -z "$OFFLINE" || { echo "ERROR: No matching distribution found for setuptools"; exit 1; }
           cp -r "$2/ticketlab" "$SITE" ;;
esac
"""

# A kernel in which the cell is run, twice if need be, and then says what has become of it.
KERNEL = """
import contextlib, io, json, os, sys
from IPython.core.interactiveshell import InteractiveShell

shell, said, errors = InteractiveShell.instance(), [], []
for cell in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        result = shell.run_cell(cell)
    error = result.error_before_exec or result.error_in_exec
    said.append("" if error else out.getvalue())
    errors.append(str(error or ""))
json.dump({"said": said, "errors": errors, "folder": os.getcwd(), "modules": list(sys.modules)},
          sys.stdout)
"""


@pytest.fixture
def colab(tmp_path):
    """Run cells in a new kernel of a machine like Colab's; the course is fetched from a local repository."""
    if os.name != "posix" or not shutil.which("git"):
        pytest.skip("Colab has a shell and git")
    origin, site, place, tools = (tmp_path / name for name in ("origin", "site", "place", "tools"))
    for folder in (origin / "ticketlab", origin / "lessons" / "reference", site, place, tools):
        folder.mkdir(parents=True)
    (origin / "ticketlab" / "__init__.py").write_text("FROM = 'the course'\n")
    (origin / "lessons" / "reference" / "published.csv").write_text("accuracy\n0.98\n")
    (tools / "pip").write_text(PIP)
    (tools / "pip").chmod(0o755)
    log = tmp_path / "log"
    log.touch()
    # the user's own git settings (signatures, hooks, other names of addresses) are no part of this
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(site),
           "IPYTHONDIR": str(tmp_path / "ipython"), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
           "LOG": str(log), "SITE": str(site), "COLAB_RELEASE_TAG": "release-colab"}  # fmt: skip
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "1"],
                    ["commit", "-qm", "2", "--allow-empty"]):  # fmt: skip
        subprocess.run(git + command, cwd=origin, env=env, check=True)

    class Colab:
        address, folder = f"file://{origin}", place

        def run(self, *cells, inside=place, **variables):
            own = {name: value for name, value in (env | variables).items() if value is not None}
            done = subprocess.run([sys.executable, "-c", KERNEL, json.dumps(cells)], cwd=inside,
                                  env=own, capture_output=True, text=True, check=True)  # fmt: skip
            return json.loads(done.stdout)

        def pip_calls(self):
            return log.read_text().splitlines()

        def git(self, *arguments):
            return subprocess.run(["git", *arguments], cwd=place / "course", env=env, check=True,
                                  capture_output=True, text=True).stdout.strip()  # fmt: skip

    return Colab()


USES = "import ticketlab; print(ticketlab.FROM); print(open('reference/published.csv').read())"


def test_on_colab_the_course_can_be_used_at_once_in_the_running_kernel(colab):
    state = colab.run(setup_cell.source(colab.address), USES)
    assert state["errors"] == ["", ""]
    assert state["said"][1] == "the course\naccuracy\n0.98\n\n"
    assert state["folder"] == str(colab.folder / "course" / "lessons")
    assert len(state["said"][0].splitlines()) == 1, "one plain line, and nothing of git or pip"
    assert colab.pip_calls() == ["show ticketlab", "install ./course"]
    assert colab.git("rev-parse", "--is-shallow-repository") == "true"


def test_it_imports_nothing_that_an_installation_may_replace(colab):
    """A library that is loaded already stays the old one, until a restart that loses the page."""
    state = colab.run(setup_cell.source(colab.address))
    assert state["errors"] == [""]
    assert not set(NOT_TOUCHED) & {name.partition(".")[0] for name in state["modules"]}


def test_run_again_it_does_nothing(colab):
    cell = setup_cell.source(colab.address)
    state = colab.run(cell, cell)
    assert state["errors"] == ["", ""] and state["said"][1] == ""
    assert state["folder"] == str(colab.folder / "course" / "lessons")
    assert colab.pip_calls().count("install ./course") == 1


def test_after_a_restart_of_the_kernel_it_only_goes_back_to_the_lessons(colab):
    cell = setup_cell.source(colab.address)
    colab.run(cell)
    kept = colab.folder / "course" / "lessons" / "own.txt"
    kept.write_text("a learner's work")
    state = colab.run(cell, USES)
    assert state["errors"] == ["", ""] and state["folder"].endswith("course/lessons")
    assert colab.pip_calls().count("install ./course") == 1
    assert kept.read_text() == "a learner's work"


def test_elsewhere_it_does_nothing_and_says_nothing(colab):
    state = colab.run(setup_cell.source(colab.address), COLAB_RELEASE_TAG=None)
    assert (state["errors"], state["said"]) == ([""], [""])
    assert state["folder"] == str(colab.folder) and os.listdir(colab.folder) == []
    assert colab.pip_calls() == []


def test_a_clone_that_fails_says_what_to_do_and_can_be_tried_again(colab):
    state = colab.run(setup_cell.source(colab.address + "-moved"))
    (error,) = state["errors"]
    assert "fatal" in error and "Is there a network?" in error and "run this cell again" in error
    assert state["folder"] == str(colab.folder) and "install ./course" not in colab.pip_calls()
    assert colab.run(setup_cell.source(colab.address), USES)["errors"] == ["", ""]


def test_an_installation_that_fails_says_so_and_can_be_tried_again(colab):
    cell = setup_cell.source(colab.address)
    (error,) = colab.run(cell, OFFLINE="1")["errors"]
    assert "No matching distribution" in error and "run this cell again" in error
    assert colab.run(cell, USES)["errors"] == ["", ""]


def test_an_address_that_is_not_set_is_named_and_nothing_is_tried(colab):
    state = colab.run(setup_cell.source("https://host.invalid/OWNER/x"))
    (error,) = state["errors"]
    assert "address is not set" in error and "[project.urls] in pyproject.toml" in error
    assert os.listdir(colab.folder) == [] and colab.pip_calls() == []


def test_a_learner_can_read_it():
    lines = setup_cell.source(ADDRESS).splitlines()
    assert len(lines) <= 12 and max(map(len, lines)) <= 110
    assert lines[0].startswith("#@title On Google Colab")


# ---- how it gets into the lessons ----


def lesson(*cells):
    return new_notebook(cells=list(cells))


def test_it_is_stamped_behind_the_title():
    notebook = lesson(new_markdown_cell("# 5 · Rewinding"), new_code_cell("1 + 1", id="05-01"))
    setup_cell.stamp(notebook, "05_rewinding", ADDRESS)
    title, setup, first = notebook.cells
    assert (title.cell_type, first.id) == ("markdown", "05-01")
    assert (setup.id, setup.metadata.tags, setup.outputs) == ("05-setup", ["setup"], [])
    assert setup.source == setup_cell.source(ADDRESS)
    assert setup.metadata.jupyter.source_hidden, "it is folded"
    nbformat.validate(notebook)


@given(st.lists(st.sampled_from(["markdown", "code"]), max_size=5), st.data())
def test_stamping_leaves_the_other_cells_and_the_count_of_its_own(kinds, data):
    """A new address changes one cell and no more, so that it needs no new execution."""
    make = {"markdown": new_markdown_cell, "code": new_code_cell}
    notebook = lesson(*(make[kind](f"cell {place}") for place, kind in enumerate(kinds)))
    others = [cell.id for cell in notebook.cells]
    for address in ("https://a.invalid/b/c", "https://d.invalid/e/f"):
        setup_cell.stamp(notebook, "03_pruning", address)
        cell = setup_cell.find(notebook)
        assert cell.source == setup_cell.source(address)
        assert [each.id for each in notebook.cells if each is not cell] == others
        assert cell.execution_count == (1 if address.endswith("f") else None)
        cell.execution_count = 1


def test_the_flag_stamp_executes_nothing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    monkeypatch.setenv("TICKETLAB_SCALE", "class")
    path = tmp_path / "02_little.ipynb"
    nbformat.write(lesson(new_markdown_cell("# 2"), new_code_cell("raise ValueError")), path)
    load("execute").main(["--stamp"], tmp_path)
    _, _, setup, cell, _ = nbformat.read(path, as_version=4).cells  # links, title, ..., links
    assert setup.source == setup_cell.source(ADDRESS) and cell.outputs == []
    assert os.listdir(tmp_path) == [path.name] and os.environ["TICKETLAB_SCALE"] == "class"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_stored_setup_cell_is_the_one_that_would_be_stamped(path):
    notebook = nbformat.read(path, as_version=4)
    cell = setup_cell.find(notebook)
    assert cell is not None, "there is no setup cell: make lessons"
    assert cell.source == setup_cell.source(ADDRESS), "another text or address: make lessons"
    codes = [each for each in notebook.cells if each.cell_type == "code"]
    assert cell is codes[0] and cell.id == f"{load('names').slug(path.stem)}-setup" and cell.outputs == []


# ---- one address, in one place ----


@pytest.mark.parametrize("urls", [
    "", "[project.urls]\nHomepage = 'https://a.b/c/d'", "[project.urls]\nRepository = ''",
    "[project.urls]\nRepository = 'https://a.b/c d'",
    "[project.urls]\nRepository = 'https://a.b/c; echo'",
    "[project.urls]\nRepository = 'git@a.b:c/d'",
])  # fmt: skip
def test_an_address_that_no_cell_could_use_is_refused_with_an_example(tmp_path, urls):
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[project]\nname = 'x'\n{urls}\n")
    with pytest.raises(SystemExit, match=r"Repository in pyproject\.toml.*such as https://"):
        setup_cell.address(path)


def written_files():
    """Every text of the repository: no pictures, no environments, caches or builds."""
    for parent, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "__", "build", "dist"))
                      and not name.endswith(".egg-info")]  # fmt: skip
        for path in (Path(parent, name) for name in names):
            if path.suffix in (".py", ".md", ".toml", ".yml", ".ipynb", ".cfg", ".json", ""):
                yield path


def test_the_address_stands_in_pyproject_and_in_setup_cells_only():
    """In any spelling: with another host for Colab, over ssh, with `.git` behind it."""
    name = re.compile(re.escape(urlsplit(ADDRESS).path.strip("/")) + r"(?![\w-])", re.IGNORECASE)
    seen = 0
    for path in written_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        where = [line for line in text.splitlines() if name.search(line)]
        if path.suffix == ".ipynb":
            notebook = nbformat.reads(text, as_version=4)
            own = setup_cell.find(notebook)
            where = [c.id for c in notebook.cells if c is not own and name.search(json.dumps(c))]
        if path == setup_cell.PYPROJECT:
            assert len(where) == 1
            seen += 1
        else:
            assert not where, f"{path.relative_to(ROOT)} has the address: {where}"
    assert seen == 1
