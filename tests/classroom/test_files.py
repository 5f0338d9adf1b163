"""A file of a class is data, and whatever is wrong with one is named."""

import contextlib
import json
import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ticketlab
from tests.classroom.test_results import (
    SEEDS,
    SINGLES,
    TOGETHER,
    file_of,
    ignored,
    rewritten,
    why_not,
)
from tests.lottery.test_iterative_pruning import SHORT
from ticketlab.classroom import files as class_files
from ticketlab.classroom.files import Unfit, read
from ticketlab.classroom.results import pool, write
from ticketlab.runs import files as run_files


def test_files_are_small_and_their_names_say_the_seeds_and_do_not_collide(tmp_path):
    paths = [write(tmp_path, *each) for each in SINGLES.values()]
    assert [path.name.rsplit("-", 1)[0] for path in paths] == [f"seed-{seed}" for seed in SEEDS]
    assert write(tmp_path, *TOGETHER).name.startswith("seeds-0-to-11-")
    assert all(path.stat().st_size < 10_000 for path in paths)
    assert write(tmp_path, *SINGLES[7]) == paths[1]  # the same again is the same file
    assert write(tmp_path, SINGLES[7][0]) != paths[1]  # other content under the same seed is not
    assert sorted(tmp_path.iterdir()) == sorted(set(tmp_path.glob("*.json")))  # nothing half-written


BAD = {
    "accuracy above 1": ("accuracy", 1.5, "accuracy has the value 1.5; .* fraction from 0 to 1"),
    "accuracy in percent": ("early_accuracy", -1, "early_accuracy has the value -1"),
    "accuracy that is text": ("accuracy", "0.5", "accuracy has the value '0.5'"),
    "accuracy true": ("accuracy", True, "accuracy has the value True"),
    "no accuracy": ("accuracy", None, "accuracy has the value None"),
    "density 0": ("density", 0.0, "density has the value 0.0; .* above 0 to 1"),
    "another density": ("density", 0.5, "its densities of arm 'ticket'"),
    "negative step": ("early_step", -1, "early_step has the value -1"),
    "huge step": ("early_step", 10**400, "early_step has the value 1000"),
    "broken level": ("level", 0.5, "level has the value 0.5"),
    "level missing": ("level", 9, "its levels of arm 'ticket' are 9"),
    "level twice": ("level", 1, r"arm 'ticket' has at level 1 the seeds \[0, 0\]"),
    "another seed": ("seed", 5, r"seed has the value 5; it must be one of the file's seeds"),
    "list as arm": ("arm", [], r"arm has the value \[\]")}


@pytest.mark.parametrize("case", BAD)
def test_a_value_that_cannot_be_is_named_though_the_digest_fits(home, case):
    column, value, words = BAD[case]
    path = file_of(home, 0)
    rows = run_files.read_table(path)["rows"]
    rows[column][0] = value
    rewritten(path, rows=rows)
    assert re.search(words, why_not(home, path))


@pytest.mark.parametrize("changes, words", [
    ({"class_results": 2}, "in format 2, and this is ticketlab .* with format 1; let everybody"),
    ({"ticketlab": "0.0.9"}, "written by ticketlab '0.0.9'.* install the same version"),
    ({"ticketlab": None}, "written by ticketlab None"), ({"format": 2}, "another .*let everybody"),
    ({"seeds": [0, 0]}, "different whole numbers"), ({"seeds": [-1]}, "different whole numbers"),
    ({"seeds": []}, "different whole numbers"), ({"rows": {}}, "its columns are"),
    ({"experiment": []}, "'experiment' is .* not a dict"), ({"steps": {"ticket": 6}}, "are 6"),
    ({"experiment": {"net": [[[1]]]}}, "a field of an experiment"),
    ({"participant": "\x1b[31m"}, r"'participant' is '\\x1b\[31m'"), ({"stopped": 5}, "'stopped' is 5")])
def test_other_entries_that_cannot_be_are_named(home, changes, words):
    path = file_of(home, 0)
    rewritten(path, **changes)
    assert re.search(words, why_not(home, path))


def test_a_later_patch_of_the_same_version_fits(home, monkeypatch):
    monkeypatch.setattr(ticketlab, "__version__", ".".join([
        *ticketlab.__version__.split(".")[:2], "99"]))
    assert len(pool(home).files) == 3


@pytest.mark.parametrize("content", [
    b"", b"hello", b"{}", b"[1]", b"[" * 100_000, b"\xff\xfe{}", b'{"format": 1}', b"PK\x03\x04", b"null",
    b'{"format": 1e999}', b'{"format": ' + b"1" * 5000 + b"}"])
def test_foreign_files_are_named(home, content):
    path = home / "foreign file.json.txt"
    path.write_bytes(content)
    assert why_not(home, path)


def test_what_is_no_plain_file_is_named_and_not_waited_for(home):
    os.mkfifo(home / "pipe")
    (home / "nowhere").symlink_to(home / "missing")
    with open(home / "big.json", "wb") as file:
        file.truncate(class_files.LARGEST + 1)
    with pytest.warns(UserWarning):
        left_out = pool(home).left_out
    assert "no plain file" in left_out["pipe"] and "no plain file" in left_out["nowhere"]
    assert "10,000,001 bytes" in left_out["big.json"]


def test_a_name_that_no_screen_can_print_is_printed_all_the_same(home):
    try:
        (home / os.fsdecode(b"\xff\nname")).write_text("hello")
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.warns(UserWarning):
        pooled = pool(home)
    repr(pooled).encode()
    assert list(pooled.left_out) == [r"'\udcff\nname'"]


def garbled(content: bytes):
    """A file with bytes replaced, left out, put in or cut off."""
    places = st.integers(0, len(content) - 1)
    return st.one_of(
        st.tuples(places, st.integers(1, 255)).map(
            lambda at: content[:at[0]] + bytes([content[at[0]] ^ at[1]]) + content[at[0] + 1:]),
        places.map(lambda at: content[:at]),
        st.tuples(places, places).map(lambda at: content[:min(at)] + content[max(at) + 1:]),
        st.tuples(places, st.binary(min_size=1)).map(
            lambda at: content[:at[0]] + at[1] + content[at[0]:]),
        st.binary())


@contextlib.contextmanager
def one_file(home):
    """The file of seed 0, put back afterwards: one folder serves all examples."""
    path = file_of(home, 0)
    original = path.read_bytes()
    try:
        yield path
    finally:
        path.write_bytes(original)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_garbled_bytes_are_unfit_and_nothing_else(home, data):
    original = file_of(home, 0).read_bytes()
    (home / "garbled").write_bytes(data.draw(garbled(original)))
    with pytest.raises(Unfit):
        read(home / "garbled")


@ignored
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_garbled_bytes_never_stop_a_pool_and_are_always_named(home, data):
    with one_file(home) as path:
        path.write_bytes(data.draw(garbled(path.read_bytes())))
        pooled = pool(home)
        assert list(pooled.files) == [7, 11] and list(pooled.left_out) == [path.name]
        repr(pooled).encode()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=5), inner, max_size=3), max_leaves=6)


@ignored
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_tampered_entries_never_stop_a_pool_and_get_in_only_if_they_fit(home, data):
    """Anything anywhere in the file, with a digest that fits. What gets in is a sound table."""
    content = run_files.read_table(file_of(home, 0))
    place, keys = content, data.draw(st.sampled_from(
        [(name,) for name in content] + [("experiment", name) for name in content["experiment"]]
        + [("steps", "reinit"), ("rows", "new")] + [("rows", name) for name in content["rows"]]
        + [("rows", name, 2) for name in content["rows"]]))
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = data.draw(ANYTHING)
    with one_file(home) as path:
        run_files.write_table(path, content)
        pooled = pool(home)
        assert path.name in pooled.files.values() or path.name in pooled.left_out
        assert {7, 11} <= set(pooled.files)
        repr(pooled).encode()
        shares = pooled.table[["accuracy", "early_accuracy", "density"]]
        assert ((shares >= 0) & (shares <= 1)).all(axis=None)
        assert len(pooled.table[pooled.table["arm"] == "ticket"]) == 3 * len(pooled.files)


def test_a_file_is_data_and_a_person_can_read_it(home):
    content = json.loads(file_of(home, 7).read_text())
    assert content["seeds"] == [7] and content["experiment"]["recipe lr"] == SHORT.lr
    assert content["ticketlab"] == ticketlab.__version__ and content["participant"] is None
    with pytest.raises(Unfit, match="it is missing"):
        read(home / "nowhere")
