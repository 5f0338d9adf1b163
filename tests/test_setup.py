"""The set-up: one list of dependencies in two files, Colab left alone, make targets that install once."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tools import lowest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

CONDA_NAMES = {"torch": "pytorch", "playwright": "playwright-python"}
ONLY_ON_PYPI = {"axe-playwright-python", "mnist1d"}

# Colab, August 2026. Replacing one of these means a kernel restart in the middle of a lesson.
COLAB = {
    "ipywidgets": "7.7.1",
    "numpy": "2.1.3",
    "matplotlib": "3.10",
    "torch": "2.11",
    "torchvision": "0.26",
}


def runtime():
    return [Requirement(line) for line in PROJECT["dependencies"]]


def everything():
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return runtime() + [r for r in map(Requirement, extras) if r.name != PROJECT["name"]]


def test_environment_yml_lists_the_dependencies_of_pyproject_with_the_same_bounds():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    lines = environment["dependencies"]
    conda = {
        r.name: r.specifier for r in map(Requirement, (l for l in lines if isinstance(l, str)))
    }
    (pip,) = [line["pip"] for line in lines if isinstance(line, dict)]
    from_pip = {r.name: r.specifier for r in map(Requirement, (l for l in pip if l != "-e ."))}

    assert conda.pop("python") == PROJECT["requires-python"]
    conda.pop("pip")
    # in the order of pyproject.toml: the extras come last, and ask for the ipywidgets of JupyterLab 4
    assert conda == {
        CONDA_NAMES.get(r.name, r.name): r.specifier
        for r in everything()
        if r.name not in ONLY_ON_PYPI
    }
    assert from_pip == {r.name: r.specifier for r in everything() if r.name in ONLY_ON_PYPI}
    assert "-e ." in pip, "the environment must hold ticketlab itself"


def test_dependencies_have_lower_bounds_and_no_pins():
    for requirement in everything():
        operators = [bound.operator for bound in requirement.specifier]
        assert operators.count(">=") == 1, f"{requirement}: give the oldest version that works"
        assert set(operators) <= {">=", "!="}, f"{requirement}: a pin or a cap breaks other courses"


def test_installing_on_colab_replaces_nothing():
    bounds = {r.name: r.specifier for r in runtime()}
    for name, version in COLAB.items():
        assert version in bounds[name], f"{name} {version} of Colab is outside {bounds[name]}"
    newer_there = {"ipython", "ipykernel", "jupyterlab", "notebook"} & set(bounds)
    assert not newer_there, f"{newer_there}: the library must not bring its own Jupyter"


def test_the_ipywidgets_that_shows_nothing_in_vs_code_is_excluded():
    (bounds,) = [r.specifier for r in runtime() if r.name == "ipywidgets"]
    assert "8.1.9" not in bounds and "8.1.8" in bounds and "8.1.10" in bounds


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone in a folder of its own, entered as an installer enters it; gives what flit builds there."""
    flit = pytest.importorskip("flit_core.buildapi", reason="flit-core is not installed: make test")
    root = tmp_path / "holder" / "ticketlab"
    shutil.copytree(ROOT / "ticketlab", root / "ticketlab", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("lessons", "tests", "tools"):
        (root / folder).mkdir()
        (root / folder / "notes.py").write_text("")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    monkeypatch.chdir(root)

    def build(kind):
        out = tmp_path / kind
        out.mkdir()
        return out / getattr(flit, f"build_{kind}")(str(out))

    return build


def test_the_package_is_found_from_the_folder_that_holds_the_clone(clone, tmp_path):
    """A clone is called ticketlab like the package in it, and is no package: the one in it must be found."""
    site = tmp_path / "site"
    zipfile.ZipFile(clone("editable")).extractall(site)
    code = (f"import site, sys, importlib.util; sys.path.insert(0, ''); site.addsitedir({str(site)!r}); "
            "print(importlib.util.find_spec('ticketlab').origin)")
    root = tmp_path / "holder" / "ticketlab"
    for folder in (root.parent, root, root / "lessons", tmp_path):
        done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=folder, check=True,
                              capture_output=True, text=True)
        assert done.stdout.strip() == str(root / "ticketlab" / "__init__.py"), f"from {folder}"


def test_what_is_distributed_is_the_package_and_its_licence(clone):
    """The page that a saved panel is made of is no module, and is needed all the same."""
    modules = {p.relative_to(ROOT).as_posix() for kind in ("*.py", "page.*")
               for p in (ROOT / "ticketlab").rglob(kind) if p.is_file()}
    wheel = set(zipfile.ZipFile(clone("wheel")).namelist())
    about = {name for name in wheel if ".dist-info/" in name}
    assert wheel - about == modules
    assert any(name.endswith("/LICENSE") for name in about)

    with tarfile.open(clone("sdist")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == modules | {"LICENSE", "README.md", "pyproject.toml", "PKG-INFO"}


# A stand-in for Python: it makes a .venv that holds itself, and writes down how it was called.
STAND_IN = """#!{python}
import pathlib, shutil, sys
here, called = pathlib.Path(sys.argv[0]), sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(" ".join(called) + "\\n")
if called[0] == "-c":
    sys.version_info = {version}
    exec(called[1])
if called[:2] == ["-m", "venv"]:
    pathlib.Path(called[2], "bin").mkdir(parents=True)
    shutil.copy(here, pathlib.Path(called[2], "bin", "python"))
"""


@pytest.fixture
def make(tmp_path):
    """Run make on a copy of the Makefile whose Python only says what was asked of it."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)

    def run(*arguments, version=(3, 11, 0), python="stand-in"):
        log = tmp_path / "log"
        log.write_text("")
        stand_in = tmp_path / "stand-in"
        stand_in.write_text(STAND_IN.format(python=sys.executable, log=str(log), version=version))
        stand_in.chmod(0o755)
        # make hands its own flags down to a make inside a test that it started
        env = {
            k: v
            for k, v in os.environ.items()
            if k not in ("MAKEFLAGS", "MAKELEVEL", "ARGS", "PYTHON")
        }
        done = subprocess.run(
            ["make", f"PYTHON={tmp_path / python}", *arguments],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, log.read_text().splitlines()

    return run


def test_make_lab_installs_once_and_passes_its_arguments_on(make):
    first, calls = make("lab", "ARGS=--no-browser --port 8899")
    assert first.returncode == 0, first.stderr
    assert [c for c in calls if " install " in c], calls
    assert "tools/fetch_model.py" in calls, "the model of lesson 10 is part of the set-up"
    assert calls[-1].startswith("tools/serve.py ") and calls[-1].endswith("--no-browser --port 8899")
    assert "/lab/tree/lessons" in calls[-1]

    _, again = make("lab")
    assert len(again) == 1 and again[0].startswith("tools/serve.py "), again


def test_make_test_compares_every_lesson_strictly_and_installs_once(make):
    _, calls = make("test")
    assert calls[-1].startswith("-m pytest -n 2 --dist loadfile "), "a lesson's cells stay together"
    assert calls[-1].endswith(" --nbval --nbval-sanitize-with tests/nbval.cfg lessons tests")
    assert len(make("test")[1]) == 1


def test_a_changed_pyproject_is_installed_again(make, tmp_path):
    make("test")
    later = (tmp_path / ".venv" / ".installed-test").stat().st_mtime + 10
    os.utime(tmp_path / "pyproject.toml", (later, later))
    assert any(" install " in call for call in make("test")[1])


def test_an_old_python_and_a_missing_one_are_named_with_the_cure(make, tmp_path):
    old, _ = make("lab", version=(3, 10, 4))
    assert old.returncode and "is 3.10" in old.stderr and "make PYTHON=" in old.stderr
    missing, _ = make("lab", python="no-such-python")
    assert (
        missing.returncode
        and "no-such-python" in missing.stderr
        and "make PYTHON=" in missing.stderr
    )
    assert not (tmp_path / ".venv").exists()


def test_make_without_a_target_lists_the_targets(make):
    done, calls = make()
    assert not calls
    for target in ("lab", "test", "test-lowest", "check", "mutants", "lessons", "bench", "clean"):
        assert f"make {target} " in done.stdout


def test_the_lowest_versions_are_the_lower_bounds_and_the_librarys_own_counts():
    project = {"name": "ticketlab", "dependencies": ["a>=1.2,!=1.3", "b-c>=2"],
               "optional-dependencies": {"lab": ["a>=4"], "test": ["ticketlab[lab]", "d>=3.0.post1"]}}
    assert lowest.pins(project) == ["a==1.2", "b-c==2", "d==3.0.post1"]
    with pytest.raises(SystemExit, match="no lowest version of e"):
        lowest.pins({"name": "ticketlab", "dependencies": ["e<2"]})
    for pin in lowest.pins(PROJECT):
        name, _, version = pin.partition("==")
        assert all(version in r.specifier for r in runtime() if r.name == name)
