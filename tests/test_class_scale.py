"""Lessons 08 and 10 at scale class: every cell runs, with settings made small, on made-up images and texts.

What they measure at that scale takes a GPU. But a path that never ran does not run.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import ticketlab as tl
from tests import lesson_cells
from tests.language import made
from ticketlab.claims import Verdicts


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that TICKETLAB_DATA names; and no GPU, wherever this runs."""
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    yield tmp_path
    plt.close("all")


def at(monkeypatch, **changes):
    """Scale class, with some of its settings changed."""
    scale = replace(tl.scales.named("class"), **changes)
    monkeypatch.setattr(tl.scales, "current", lambda: scale)
    assert (scale.name, scale.device) == ("class", "cpu")
    return scale


def images(path, shape, each=40, seed=0):
    """Ten classes that can be told apart: a pattern each, in noise."""
    draw = np.random.default_rng(seed)
    patterns, labels = draw.integers(0, 256, (10, *shape)), np.repeat(np.arange(10, dtype=np.uint8), each)
    splits = {split: (0.6 * patterns[labels] + 0.4 * draw.integers(0, 256, (len(labels), *shape))).astype(np.uint8)
              for split in ("train", "test")}
    np.savez(path, **{f"x_{split}": x for split, x in splits.items()}, y_train=labels, y_test=labels)


def test_lesson_08_trains_freezes_picks_and_resets_mnist_and_picks_conv_nets_on_cifar10(folder, monkeypatch, capsys):
    images(folder / "mnist.npz", (28, 28))
    images(folder / "cifar10.npz", (32, 32, 3), each=10)
    plan, searched, search = tl.scales.named("class").random, [], tl.lottery.supermasks
    small = plan.recipe.with_(steps=6, evaluate_every=6, batch=40)
    monkeypatch.setattr(tl.lottery, "supermasks", lambda net, data, recipe, *given, **options: (
        searched.append((data.name, recipe)), search(net, data, recipe, *given, **options))[1])
    at(monkeypatch, replicates=2, random=replace(
        plan, widths=(4, 8, 16, 32, 64, 128), linearised=(4, 8, 16), frozen=(4, 16, 64, 128), recipe=small,
        picking=plan.picking.with_(steps=8, evaluate_every=4), picked=64, small=((4, 16), (16, 4)),
        deep=(16, 16, 16), image_recipe=plan.image_recipe.with_(steps=2, batch=20, evaluate_every=1)))
    names, shown = lesson_cells.run("08", monkeypatch)
    said = capsys.readouterr().out
    assert "class · mnist" in said and "CIFAR-10 is skipped" not in said
    assert "Conv-2, untrained, half of the weights: ≈" in said and "Conv-4, untrained, half of the weights: ≈" in said
    assert [name for name, _ in searched] == ["mnist"] * 5 + ["cifar10"] * 2
    for _, recipe in searched:  # those of Ramanujan et al. 2020, but for their length
        assert (recipe.optimizer, recipe.lr, recipe.momentum, recipe.cosine) == ("sgd", 0.1, 0.9, True)
        assert recipe.weight_decay in (5e-4, 1e-4)
    assert float((names["trial"].run.stack.parameters["conv1.weight"] == 0).float().mean()) == 0.5
    tables = [each for each in shown if isinstance(each, Verdicts)]
    assert len(tables) == 3 and "On real MNIST edge-popup reaches" in repr(tables[1])
    assert all("nan" not in repr(each) for each in tables)


def test_lesson_10_cuts_and_heals_on_texts_of_shakespeares_length(folder, monkeypatch, capsys):
    """A llama of thirty blocks of 64 channels, and a text of words that it has never seen."""
    for name, value in (("blocks", 30), ("context", 600)):
        monkeypatch.setitem(made.SIZE, name, value)
    made.write_gguf(folder / "smollm2-135m-tiny.gguf")
    words, draw = ["the", "whether", "rose", "is", "a", "crown,", "of", "night.\n"], np.random.default_rng(0)
    text = " ".join(draw.choice(words, 12_000))
    monkeypatch.setattr("ticketlab.language.texts.tinyshakespeare", lambda: text)
    large = tl.scales.named("class")
    at(monkeypatch, dataset="mnist1d", recipe=large.recipe.with_(steps=20, evaluate_every=20),
       language=replace(large.language, pieces=2, calibration=4, healing=6))
    names, shown = lesson_cells.run("10", monkeypatch)
    said = capsys.readouterr().out
    assert "class · Llama with 30 blocks" in said and "The model is not here" not in said
    assert list(names["texts"]) == ["Shakespeare 1", "Shakespeare 2", "Shakespeare 3"]
    assert all(tokens.shape == (2, 512) for tokens in names["texts"].values())
    healing = names["healing"]
    assert list(healing.index) == [(way, step) for way in ("Wanda", "magnitude", "dense") for step in (0, 3, 6)]
    begun = healing.loc["Wanda", 0].to_numpy(float)
    np.testing.assert_allclose(begun, names["found"]["Wanda", 0.5].numpy(), rtol=1e-4)
    assert (healing.loc["Wanda", 6].to_numpy(float) < begun).all()
    np.testing.assert_allclose(healing.loc["dense", 0].to_numpy(float), names["whole"].numpy(), rtol=1e-4)
    tables = [each for each in shown if isinstance(each, Verdicts)]
    assert len(tables) == 2 and all("nan" not in repr(each) for each in tables)
