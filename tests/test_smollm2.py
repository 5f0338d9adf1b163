"""The program behind lesson 10's tables, on a tiny random llama: it goes on where it was stopped."""

import importlib
import json
import sys
from pathlib import Path

import pandas
import pytest

from tests.language import made

FOLDER = Path(__file__).resolve().parent.parent / "lessons" / "reference"
PARTS = "grid", "weights", "writing", "sparsegpt", "parts", "healing", "layers", "channels", "spared"


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.setitem(made.SIZE, "context", 600)
    monkeypatch.setenv("TICKETLAB_DATA", str(made.write_gguf(tmp_path / "smollm2-135m-tiny.gguf")))
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("smollm2", "smollm2_bench", "smollm2_cuts", "smollm2_inside", "growing"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("smollm2")


def table(folder, part):
    return pandas.read_csv(folder / f"smollm2_{part}.csv")


def entries(folder):
    return json.loads((folder / "smollm2.json").read_text())


def test_every_part_gives_its_table(program, tmp_path):
    program.main(tmp_path, list(PARTS))
    grid, weights, writing = (table(tmp_path, part) for part in PARTS[:3])
    assert len(grid) == 1 + 4 * 7 + 6 + 2 + 2 and not grid.isna().any().any()
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
    assert list(healing["step"]) == [0, 55, 110] * 3
    dense = grid.loc[0].to_dict()
    begun = healing[(healing["way"] == "dense") & (healing["step"] == 0)].iloc[0]
    assert begun["digits"] == pytest.approx(dense["digits"], rel=1e-4), "a part leaves the net dense"
    layers, channels = table(tmp_path, "layers"), table(tmp_path, "channels")
    assert len(layers) == 14 and set(layers["block"]) == {0, 1} and layers["weights"].sum() == 61_440
    assert len(table(tmp_path, "spared")) == 4
    assert len(channels) == 3 * 2 and (channels["first"] > channels["median"]).all()
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
    assert list(found["a"]) == [1, 2, 3, 4, *range(6, 41)] and len(measured) == 40
    program.main(tmp_path, ["grid"])
    assert len(measured) == 40, "what is finished is not computed again"
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


# ---- what is stored ----


def test_the_stored_tables_are_finished_and_of_one_model_and_the_same_texts():
    said = entries(FOLDER)
    assert set(said) == set(PARTS) and all(each["finished"] for each in said.values())
    for name in ("model", "evaluation", "calibration"):
        assert len({each[name] for each in said.values()}) == 1, name
    assert said["grid"]["model"] == "SmolLM2-135M-Instruct.Q4_1.gguf"
    texts = ["breast_cancer", "digits", "twenty_newsgroups"]
    for part, rows in (("grid", 39), ("sparsegpt", 3), ("spared", 4), ("parts", 7 + 30 + 3), ("healing", 9)):
        found = table(FOLDER, part)
        assert len(found) == rows and (found[texts] > 1).all().all(), part
    assert sum(path.stat().st_size for path in FOLDER.glob("smollm2*")) < 1_000_000


@pytest.mark.parametrize("part", PARTS)
def test_a_stored_table_is_of_the_program_that_stands_beside_it(program, monkeypatch, part):
    """Whoever changes what computes a table computes it anew: its numbers may be other ones."""
    said = entries(FOLDER)[part]
    versions = said["versions"]
    if versions["python"].split(".")[:2] != [str(each) for each in sys.version_info[:2]]:
        pytest.skip(f"the fingerprints are of Python {versions['python']}, which writes a program's tree otherwise")
    monkeypatch.setattr(program.tl, "__version__", versions["ticketlab"])
    (own,) = (each for each in program.PARTS if each.__name__ == part)
    assert said["fingerprint"] == program.fingerprint(own, said["model"], said["evaluation"], said["calibration"])


def test_the_stored_tables_agree_with_one_another():
    grid, weights, layers = (table(FOLDER, part) for part in ("grid", "weights", "layers"))
    assert layers["weights"].sum() == 106_168_320 and len(layers) == 210
    kept = weights[[name for name in weights if name.startswith("kept ")]].sum(axis=1)
    share = kept.groupby([weights["way"], weights["sparsity"]]).sum() / 106_168_320
    for (_, sparsity), density in share.items():
        assert density == pytest.approx(1 - sparsity, abs=2e-3)
    healing, parts = table(FOLDER, "healing"), table(FOLDER, "parts")
    dense = grid.loc[0, "digits"]
    assert healing.set_index(["way", "step"]).loc[("dense", 0), "digits"] == pytest.approx(dense, rel=1e-3)
    equal = parts[parts["budget"] == "equal"].iloc[0]
    wanda = grid[(grid["way"] == "Wanda") & (grid["sparsity"] == 0.5)].iloc[0]
    assert equal["digits"] == pytest.approx(wanda["digits"], rel=1e-3), "equal shares are Wanda's cut"
