"""The program behind lesson 10's tables, on a tiny random llama: it goes on where it was stopped."""

import importlib
import json
import sys
from pathlib import Path

import pandas
import pytest

from tests.language import made

FOLDER = Path(__file__).resolve().parent.parent / "lessons" / "reference"
PARTS = "grid", "weights", "writing", "sparsegpt", "parts", "healing"


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.setitem(made.SIZE, "context", 600)
    monkeypatch.setenv("TICKETLAB_DATA", str(made.write_gguf(tmp_path / "smollm2-135m-tiny.gguf")))
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("smollm2", "growing"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("smollm2")


def table(folder, part):
    return pandas.read_csv(folder / f"smollm2_{part}.csv")


def entries(folder):
    return json.loads((folder / "smollm2.json").read_text())


def test_every_part_gives_its_table(program, tmp_path):
    program.main(tmp_path, list(PARTS))
    grid, weights, writing = (table(tmp_path, part) for part in PARTS[:3])
    assert len(grid) == 1 + 3 * 7 + 5 + 6 + 2 + 2 and not grid.isna().any().any()
    # at sparsity 0 the bins hold all weights, and what is kept and what goes add up to them
    bins = [name for name in weights if name.startswith("bin ")]
    kept = [name for name in weights if name.startswith("kept ")]
    whole = weights[weights["sparsity"] == 0].groupby("way")[bins].sum().sum(axis=1)
    assert set(whole) == {61_440}
    cut = weights[weights["sparsity"] > 0]
    sums = cut.groupby(["way", "sparsity"])[bins + kept].sum().sum(axis=1)
    assert set(sums) == {61_440}
    assert len(writing) == 1 + 4 * 7
    parts = table(tmp_path, "parts")
    assert list(parts["what"]) == ["query", "key", "value", "attention output", "gate", "up", "down", "0", "1",
                                   "all", "all", "all"]
    assert parts["rise"].notna().sum() == 2
    healing = table(tmp_path, "healing")
    assert list(healing["step"]) == [0, 30, 60, 120] * 3
    dense = grid.loc[0].to_dict()
    begun = healing[(healing["way"] == "dense") & (healing["step"] == 0)].iloc[0]
    assert begun["digits"] == pytest.approx(dense["digits"], rel=1e-4), "a part leaves the net dense"
    assert all(entries(tmp_path)[part]["finished"] for part in PARTS)


def test_a_run_that_was_stopped_goes_on_at_the_next_row(program, tmp_path, monkeypatch):
    measured = []

    def stopping(bench, net, at=5):
        measured.append(1)
        if len(measured) == at:
            raise KeyboardInterrupt
        return {"a": float(len(measured))}

    monkeypatch.setattr(program.Bench, "measure", stopping)
    with pytest.raises(KeyboardInterrupt):
        program.main(tmp_path, ["grid"])
    assert len(table(tmp_path, "grid")) == 4 and not entries(tmp_path)["grid"]["finished"]
    program.main(tmp_path, ["grid"])
    found = table(tmp_path, "grid")
    assert list(found["a"]) == [1, 2, 3, 4, *range(6, 39)] and len(measured) == 38
    program.main(tmp_path, ["grid"])
    assert len(measured) == 38, "what is finished is not computed again"
    assert not found.duplicated(["way", "sparsity"]).any()


def test_rows_of_another_program_or_model_are_not_kept(program, tmp_path, monkeypatch):
    monkeypatch.setattr(program.Bench, "measure", lambda bench, net: {"a": 1.0})
    program.main(tmp_path, ["sparsegpt"])
    first = entries(tmp_path)["sparsegpt"]["fingerprint"]
    monkeypatch.setattr(program.Bench, "measure", lambda bench, net: {"a": 2.0})
    program.main(tmp_path, ["sparsegpt"])
    assert list(table(tmp_path, "sparsegpt")["a"]) == [1, 1, 1], "what stands counts, as nothing was changed"
    monkeypatch.setattr(program.tl, "__version__", "another")
    program.main(tmp_path, ["sparsegpt"])
    assert list(table(tmp_path, "sparsegpt")["a"]) == [2, 2, 2]
    assert entries(tmp_path)["sparsegpt"]["fingerprint"] != first


def test_a_fingerprint_is_of_the_code_and_not_of_its_comments(program):
    growing = sys.modules["growing"]
    assert growing.fingerprint(made.tensors, 3) == growing.fingerprint(made.tensors, 3)
    assert growing.fingerprint(made.tensors, 3) != growing.fingerprint(made.tensors, 4)
    assert growing.fingerprint(made.tensors) != growing.fingerprint(made.write_gguf)


def test_an_unknown_part_is_named(program, capsys):
    with pytest.raises(SystemExit):
        program.main(given=["grids"])
    assert "['grids'] is no part; there are grid, weights" in capsys.readouterr().err
