"""A lesson that was copied elsewhere finds the tables it compares with, or says where they are."""

import json
import re
from pathlib import Path

import pytest

from ticketlab.data import reference_table, reference_tables

LESSONS = Path(__file__).resolve().parents[2] / "lessons"


def used() -> dict[str, list[str]]:
    """Lesson -> the tables that its code asks for."""
    found = {}
    for path in sorted(LESSONS.glob("*.ipynb")):
        code = "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]
                         if cell["cell_type"] == "code")
        assert "read_csv(\"reference" not in code, f"{path.name} finds its table in one folder only"
        found[path.stem] = re.findall(r"reference_table\(\"(.+?)\"\)", code)
    return {lesson: names for lesson, names in found.items() if names}


def test_every_table_of_a_lesson_is_found_from_any_folder(tmp_path, monkeypatch):
    assert {name.partition("_")[0] for name in used()} == {"04", "05", "06", "09"}
    for place in (tmp_path, LESSONS):
        monkeypatch.chdir(place)
        for names in used().values():
            for name in names:
                assert reference_table(name).samefile(LESSONS / "reference" / name)


def test_a_folder_beside_the_notebook_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "lenet_mnist.csv").write_text("mine")
    assert reference_table("lenet_mnist.csv").read_text() == "mine"


def test_without_the_clone_it_is_said_where_the_tables_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reference_tables, "CLONE", tmp_path / "site-packages" / "lessons" / "reference")
    with pytest.raises(FileNotFoundError, match="'lenet_mnist.csv' is neither in .*reference nor in "
                                                ".*reference; .*lessons/reference: copy that folder"):
        reference_table("lenet_mnist.csv")


def test_a_wrong_name_is_corrected(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="'lenet_mnst.csv'; did you mean 'lenet_mnist.csv'"):
        reference_table("lenet_mnst.csv")
