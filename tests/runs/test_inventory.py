"""What is kept is listed, and only what is named is removed."""

import shutil
import time

import pytest

from tests.runs.test_training import contents, finished, half_finished, keep
from ticketlab import runs


def test_the_listing_shows_each_run_with_its_state_and_size(tmp_path, made):
    homes, _ = made
    shutil.copytree(homes[finished] / "lesson-04", tmp_path / "done")
    shutil.copytree(homes[half_finished] / "lesson-04", tmp_path / "half")
    (unit,) = shutil.copytree(homes[finished] / "lesson-04", tmp_path / "hurt").iterdir()
    (unit / "run.json").write_bytes(b"{")
    (unit,) = shutil.copytree(homes[finished] / "lesson-04", tmp_path / "old").iterdir()
    unit.rename(f"{unit}.damaged-1")
    (tmp_path / "done" / "notes-0123456789").mkdir()
    (tmp_path / "done" / "notes-0123456789" / "mine.txt").write_text("not a run")
    table = runs.listing(tmp_path)
    assert [name.split("/")[0] for name in table["name"]] == ["done", "half", "hurt", "old"]
    assert table["status"].tolist() == ["finished", "half-finished", "damaged", "damaged"]
    assert table["done"].tolist()[:2] == [1.0, 0.5]
    assert table["networks"].tolist()[:2] == [2, 2] and table["steps"].tolist()[:2] == [40, 40]
    size = sum(map(len, contents(homes[finished]).values()))
    assert table["MB"][0] == pytest.approx(size / 1e6)
    assert abs(time.time() - table["changed"][0].to_pydatetime().timestamp()) < 3600
    empty = runs.listing(tmp_path / "new")
    assert empty.empty and list(empty) == list(table)


def test_only_what_is_named_and_only_runs_are_removed(tmp_path):
    for name in ("lesson-04/a", "lesson-04/b", "lesson-05/a"):
        keep(tmp_path, name=name, stop=0)
    a, b, c = runs.listing(tmp_path)["name"]
    (tmp_path / b / "notes.txt").write_text("the user's")
    (tmp_path / "lesson-04" / "mine-0123456789").mkdir()
    (tmp_path / "lesson-04" / "mine-0123456789" / "run.txt").write_text("the user's")
    outside = tmp_path.parent / f"{tmp_path.name} outside"
    shutil.copytree(tmp_path / c, outside)
    (tmp_path / "lesson-04" / "link-0123456789").symlink_to(outside)
    with pytest.raises(ValueError, match=f"did you mean '{c}'"):
        runs.remove(a, "lesson-05/a", folder=tmp_path)
    with pytest.raises(ValueError, match=f"did you mean .*{a}"):
        runs.remove(a.replace("lesson", "leson"), folder=tmp_path)
    with pytest.raises(ValueError, match="name the runs"):
        runs.remove(folder=tmp_path)
    assert runs.listing(tmp_path)["name"].tolist() == [a, b, c], "nothing was removed yet"
    assert runs.remove(a, folder=tmp_path) == [a]
    assert runs.remove("lesson-04*", "lesson-0*", folder=tmp_path) == [b, c]
    assert set(contents(tmp_path)) == {f"{b}/notes.txt", "lesson-04/mine-0123456789/run.txt"}
    assert "run.json" in contents(outside) and runs.listing(tmp_path).empty


def test_a_run_that_is_in_use_is_not_removed(tmp_path):
    for name in ("a", "b"):
        keep(tmp_path, name=name, stop=0)
    a, b = runs.listing(tmp_path)["name"]
    with runs.locked(tmp_path, b), pytest.raises(RuntimeError, match=f"{b} is in use"):
        runs.remove("*", folder=tmp_path)
    assert runs.listing(tmp_path)["name"].tolist() == [a, b]
    assert runs.remove("*", folder=tmp_path) == [a, b]
