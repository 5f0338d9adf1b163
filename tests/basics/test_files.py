"""A file is whole or not there: a body that fails leaves what was there, and nothing beside it."""

import os

import pytest

from ticketlab.basics import whole_file


def test_what_was_written_is_there_under_its_name_and_nothing_else(tmp_path):
    with whole_file(tmp_path / "a.txt") as place:
        assert place.name == "a.txt" and not (tmp_path / "a.txt").exists()
        place.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert os.listdir(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "new"


def test_a_body_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), whole_file(tmp_path / "a.txt") as place:
        place.write_text("half")
        raise KeyError
    assert os.listdir(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old"
