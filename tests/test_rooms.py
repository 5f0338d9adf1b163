"""Who knows a file of the package knows where its tests are: beside its name, in the same folders."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path.relative_to(ROOT / "ticketlab") for path in (ROOT / "ticketlab").rglob("*.py")
               if path.name != "__init__.py")


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_test_file_stands_beside_the_name_of_every_file(file):
    beside = Path("tests", file.parent, f"test_{file.name}")
    assert (ROOT / beside).is_file(), f"ticketlab/{file} has no tests of its name: write {beside}"
    assert "\ndef test_" in (ROOT / beside).read_text("utf-8"), f"{beside} holds no test"


def test_folders_of_tests_are_packages_so_that_they_import_from_one_another():
    for path in (ROOT / "tests").rglob("test_*.py"):
        assert (path.parent / "__init__.py").is_file(), f"{path.parent} has no __init__.py"
