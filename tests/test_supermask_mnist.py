"""The program behind lesson 08's number on MNIST, and what it stored."""

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pandas

import ticketlab as tl

FOLDER = Path(__file__).resolve().parent.parent / "lessons" / "reference"


def test_a_row_is_a_network_and_a_second_run_adds_only_what_is_new(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("supermask_mnist", "growing"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    program, plan = importlib.import_module("supermask_mnist"), tl.scales.named("class").random
    scale = replace(tl.scales.named("class"), dataset="mnist1d", random=replace(
        plan, picked=10, picking=plan.picking.with_(steps=4, evaluate_every=2)))
    program.main(tmp_path, [], scale)
    first = pandas.read_csv(tmp_path / "supermask_mnist.csv")
    assert first["weights"].tolist() == ["signed constant", "Kaiming normal"] and (first["share"] == 0.5).all()
    program.main(tmp_path, ["--seeds", "2"], scale)
    both = pandas.read_csv(tmp_path / "supermask_mnist.csv")
    assert both[:2].equals(first) and both["seed"].tolist() == [0, 0, 1, 1]


def test_on_real_mnist_picking_reaches_what_was_published():
    """Zhou et al. 2019: 86 %; the recipe of Ramanujan et al. 2020 should reach 90 at least."""
    table = pandas.read_csv(FOLDER / "supermask_mnist.csv").set_index(["weights", "seed"])
    about = json.loads((FOLDER / "supermask_mnist.json").read_text())["supermask_mnist"]
    assert about["finished"] and about["recipe"]["weight_decay"] == "0.0005" and about["recipe"]["steps"] == "14ep"
    assert table["accuracy"].between(0.9, 1).all() and (table["units"] == 256).all()
    lesson = (FOLDER.parent / "08_random_networks.ipynb").read_text(encoding="utf-8")
    assert f"{100 * table['accuracy']['signed constant', 0]:.1f} %" in lesson
