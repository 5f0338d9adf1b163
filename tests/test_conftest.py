"""The lessons in `make test`: in which order they come, and how long nbval waits for them."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def conftest():
    spec = importlib.util.spec_from_file_location("conftest_of_the_root", ROOT / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_longest_lesson_comes_first_and_every_file_stays_together(conftest):
    """A lesson that costs.json does not know yet may be the longest of all."""
    given = ["lessons/01_a.ipynb", "lessons/99_new.ipynb", "lessons/06_b.ipynb", "lessons/05_c.ipynb",
             "tests/test_x.py", "tests/a/test_y.py"]
    items = [SimpleNamespace(path=ROOT / name, place=place) for name in given for place in range(3)]
    conftest.pytest_collection_modifyitems(items)
    costs = json.loads((ROOT / "lessons" / "costs.json").read_text("utf-8"))["lessons"]
    known = sorted(["01_a.ipynb", "05_c.ipynb", "06_b.ipynb"], key=lambda name: costs[name[:2]]["quick"]["seconds"])
    wanted = ["99_new.ipynb", *known[::-1], "test_x.py", "test_y.py"]
    assert [(item.path.name, item.place) for item in items] == [
        (name, place) for name in wanted for place in range(3)]


def test_nbval_waits_two_minutes_for_an_output_and_not_five_seconds(conftest, request):
    """On a busy machine a kernel says nothing for longer than that while it imports or draws."""
    if not hasattr(request.config.option, "nbval_lax"):
        pytest.skip("nbval is switched off here")
    from nbval.plugin import IPyNbFile

    path = ROOT / "lessons" / "01_dense_training.ipynb"
    cells = list(IPyNbFile.from_parent(request.session, path=path).collect())
    assert cells and {cell.output_timeout for cell in cells} == {5}, "nbval has another limit now"
    conftest.pytest_collection_modifyitems(cells)
    assert {cell.output_timeout for cell in cells} == {120}
