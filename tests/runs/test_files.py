"""Files that can be trusted: whole or absent, every altered bit found, nothing unpickled."""

import errno
import os
import pickle

import platformdirs
import pytest
import torch

from ticketlab.basics import digest
from ticketlab.runs import Damaged, IncompatibleRun, folder
from ticketlab.runs import files as run_files
from ticketlab.runs.files import (
    read_notes,
    read_table,
    read_tensors,
    set_aside,
    write,
    write_table,
    write_tensors,
)

TENSORS = {"weights": torch.tensor([[1.5, -0.0], [float("nan"), 2.0]]), "step": torch.tensor(3.0),
           "kept": torch.tensor([True, False, True]), "batches": torch.tensor(7),
           "none": torch.zeros(0, 2)}
TABLE = {"step": [0, 10], "loss": [[0.1, None], [1e-30, 2.5]], "who": "ü"}


def test_tensors_come_back_bit_for_bit(tmp_path):
    """Scalars, truth values, whole numbers, nan and -0.0; and views, which share memory."""
    shared = torch.arange(6.0).reshape(2, 3)
    tensors = TENSORS | {"all": shared, "transposed": shared.T, "row": shared[1]}
    found = write_tensors(tmp_path / "a", tensors, {"step": 5})
    back, notes = read_tensors(tmp_path / "a")
    assert digest(back) == digest(tensors) and back.keys() == tensors.keys()
    assert notes["digest"] == found and notes["step"] == 5
    assert read_notes(tmp_path / "a") == notes


def test_the_same_content_is_the_same_bytes_whatever_its_order(tmp_path):
    write_tensors(tmp_path / "a", TENSORS, {"b": 1, "a": 2})
    write_tensors(tmp_path / "b", dict(reversed(TENSORS.items())), {"a": 2, "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_table_comes_back_and_a_person_can_read_it(tmp_path):
    write_table(tmp_path / "t.json", TABLE)
    assert read_table(tmp_path / "t.json") == {"format": run_files.FORMAT} | TABLE
    assert '"step": [0, 10],\n' in (tmp_path / "t.json").read_text()
    with pytest.raises(ValueError, match="JSON"):
        write_table(tmp_path / "t.json", {"loss": float("nan")})


@pytest.mark.parametrize("kind", ["tensors", "table"])
def test_every_single_flipped_bit_and_every_missing_end_is_found(tmp_path, kind):
    path = tmp_path / "file"
    if kind == "tensors":
        write_tensors(path, TENSORS, {"step": 5})
        read = read_tensors
    else:
        write_table(path, TABLE)
        read = read_table
    content = path.read_bytes()
    wrong = [content[:size] for size in range(len(content))] + [content + b" "]
    for place in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        wrong.append(bytes(flipped))
    other_format = 0
    for each in wrong:
        path.write_bytes(each)
        try:
            read(path)
        except Damaged as damaged:
            assert str(path) in str(damaged)
        except IncompatibleRun:
            other_format += 1  # the digit of the format itself
        else:
            pytest.fail(f"not found: {each!r}")
    assert 0 < other_format <= 16


@pytest.mark.parametrize("kind", ["tensors", "table"])
def test_another_format_is_named_with_ours_and_the_cure(tmp_path, kind, monkeypatch):
    path = tmp_path / "name-0123456789" / "file"
    with monkeypatch.context() as later:
        later.setattr(run_files, "FORMAT", 7)
        write_tensors(path, TENSORS, {}) if kind == "tensors" else write_table(path, TABLE)
    before = path.read_bytes()
    with pytest.raises(IncompatibleRun, match=r"format 7.* format 1.*upgrade.*runs\.remove"):
        read_tensors(path) if kind == "tensors" else read_table(path)
    assert path.read_bytes() == before


def test_nothing_is_unpickled(tmp_path):
    """A file that would run code if it were."""
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    traps = {"pickle": pickle.dumps(Trap()), "numpy": b"\x93NUMPY" + bytes(90)}
    for name, content in traps.items():
        (tmp_path / name).write_bytes(content)
        for read in (read_tensors, read_table, read_notes):
            with pytest.raises(Damaged, match=name):
                read(tmp_path / name)
    torch.save(Trap(), tmp_path / "torch")
    with pytest.raises(Damaged):
        read_tensors(tmp_path / "torch")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_no_temporary(tmp_path, monkeypatch, number, where):
    (tmp_path / "file").write_bytes(b"old")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, where, fail)
    with pytest.raises(OSError, match=f"3 bytes.*{tmp_path}.*TICKETLAB_RUNS") as caught:
        write(tmp_path / "file", b"new")
    assert caught.value.errno == number
    assert ("no room" in str(caught.value)) == (number != errno.EIO)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"old")]


def test_the_folder_is_the_argument_else_the_variable_else_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path / "mounted" / "drive"))
    assert folder() == tmp_path / "mounted" / "drive" and folder().is_dir()
    assert folder(tmp_path / "given") == tmp_path / "given"
    monkeypatch.delenv("TICKETLAB_RUNS")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / name)
    assert folder() == tmp_path / "ticketlab" / "runs"


def test_a_folder_that_cannot_be_used_is_named_with_the_cure(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match=f"{path}, cannot be used.*TICKETLAB_RUNS"):
            folder(path)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="no permission.*TICKETLAB_RUNS"):
        folder(tmp_path)


def test_what_is_set_aside_is_numbered(tmp_path):
    for number in (1, 2, 3):
        (tmp_path / "a-0123456789").mkdir()
        assert set_aside(tmp_path / "a-0123456789").name == f"a-0123456789.damaged-{number}"
