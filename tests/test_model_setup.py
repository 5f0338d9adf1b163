"""Where the language model cannot be had: the set-up goes on, and lesson 10 is skipped with the reason."""

import importlib.util
import runpy
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

import ticketlab as tl
from tests import lesson_cells
from ticketlab import language

ROOT = Path(__file__).resolve().parents[1]


def collected(monkeypatch, found):
    """What pytest would mark, of a cell of lesson 10 and one of another lesson."""
    spec = importlib.util.spec_from_file_location("lessons_conftest", ROOT / "lessons" / "conftest.py")
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    monkeypatch.setattr(language, "find", lambda: found)
    marks = {}
    conftest.pytest_collection_modifyitems([
        SimpleNamespace(path=ROOT / "lessons" / name, add_marker=lambda mark, name=name: marks.update({name: mark}))
        for name in (conftest.NEEDS_THE_MODEL, "03_one_shot_pruning.ipynb")])
    return marks


def test_only_lesson_10_is_skipped_and_says_why(monkeypatch):
    assert collected(monkeypatch, ("a.gguf", "the cache")) == {}
    (name, mark), = collected(monkeypatch, None).items()
    assert name == "10_language_model.ipynb" and mark.name == "skip"
    assert "python tools/fetch_model.py" in mark.kwargs["reason"]


@pytest.mark.parametrize("error", [language.ModelNotFound("tried the hub"), PermissionError("tried the hub")])
def test_the_set_up_goes_on_without_the_model_and_says_so(monkeypatch, capsys, error):
    def fetch():
        raise error

    monkeypatch.setattr(language, "fetch", fetch)
    runpy.run_path(str(ROOT / "tools" / "fetch_model.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "tried the hub" in said and "comparison is skipped" in said


def test_without_the_model_lesson_10_says_so_first_and_shows_stored_figures(monkeypatch, capsys):
    def load(*given, **options):
        raise language.ModelNotFound("no network, and no folder")

    monkeypatch.setattr(language, "load", load)
    monkeypatch.setattr(tl, "train", lambda stack, data, recipe, train=tl.train, **options: train(
        stack, data, recipe.with_(steps=20, evaluate_every=20), **options))
    monkeypatch.setenv("TICKETLAB_SCALE", "quick")
    said = []
    shown, _ = lesson_cells.run("10", monkeypatch, lambda number: said.append(capsys.readouterr().out))
    assert said[0].startswith("The model is not here") and "no network, and no folder" in said[0]
    figures = len(plt.get_fignums())
    plt.close("all")
    assert shown["lm"] is None and figures >= 5
    assert shown["halves"]["Wanda"].tolist() == shown["grid"].set_index(["way", "sparsity"]).loc["Wanda", 0.5].tolist()
