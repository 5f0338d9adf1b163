"""Lessons 07 and 09 at scale class: every cell runs, with settings made small, on made-up images and texts.

What they measure at that scale takes a GPU. But a path that never ran does not run.
"""

from dataclasses import replace

import numpy as np
import torch
import torchvision

import ticketlab as tl
from tests import lesson_cells
from tests.test_class_scale import at, folder, images  # noqa: F401 - a fixture
from ticketlab.claims import Verdicts


def test_lesson_07_on_lenet_and_resnet20(folder, monkeypatch, capsys):  # noqa: F811
    images(folder / "mnist.npz", (28, 28), each=30)
    images(folder / "cifar10.npz", (32, 32, 3), each=12)
    text = "what is the whole of the night? a rose.\n" * 400
    monkeypatch.setattr("ticketlab.data.text_files._read", lambda progress: (text, "made up"))
    lines, plane = tl.instability.lines, tl.landscape.plane_through
    # of ResNet-20's lines three points, and statistics from few images: these take the time
    monkeypatch.setattr(tl.instability, "lines", lambda pairs, data, **more: lines(
        pairs, replace(data, x_test=data.x_test[:50], y_test=data.y_test[:50]), points=3,
        **more | ({"norm_examples": 50} if more else {})))
    monkeypatch.setattr(tl.landscape, "plane_through", lambda *nets, **more: plane(*nets, points=5, **more))
    large = tl.scales.named("class")
    plan, signals, scaling = large.surface, large.rewinding, large.scaling
    small = plan.recipe.with_(steps=20, batch=40, evaluate_every=20)
    at(monkeypatch, surface=replace(plan, recipe=small, pressed=small, matched=small, replicates=3,
                                    pressed_replicates=2, widths=(8, 16), signal_steps=6),
       rewinding=replace(signals, rewound=(0, 3), recipe=signals.recipe.with_(
           steps=6, batch=16, evaluate_every=6, drops=(), precision="float32")),
       scaling=replace(scaling, text_size={"width": 16, "heads": 2, "blocks": 2}, text_recipe=scaling.text_recipe.with_(
           batch=8, warmup=0, evaluate_every=50, precision="float32")))
    names, shown = lesson_cells.run("07", monkeypatch)
    said = capsys.readouterr().out
    assert "class · mnist · MLP with 266,200 weights" in said and "is skipped" not in said
    assert list(names["searches"]) == ["MLP", "ResNet-20, k = 0", "ResNet-20, k = 3"]
    assert [len(own) for own in names["lines"].values()] == [plan.levels, signals.levels, signals.levels]
    tables = [each for each in shown if isinstance(each, Verdicts)]
    exact, near, _, pressure = tables
    assert all("nan" not in repr(each) for each in (exact, pressure))
    assert [claim.verdict for claim in exact.claims[:6]] == ["holds"] * 6
    assert sum("ResNet-20" in claim.text for claim in near.claims) == 3
    assert set(names["runs"]) == {"SGD", "L2, 0.001", "L2, 0.005", "L1, 0.0005",
                                  *(f"powerpropagation, α = {power}" for power in (2, 3, 4))}


def test_lesson_07_without_cifar10_says_so_and_goes_on(folder, monkeypatch, capsys):  # noqa: F811
    """Only the cells up to the panel of levels: what comes after does not ask for these images."""
    images(folder / "mnist.npz", (28, 28), each=30)

    def missing(*arguments, **more):
        raise tl.data.DownloadError("no route to host")

    plan = tl.scales.named("class").surface
    small = plan.recipe.with_(steps=20, batch=40, evaluate_every=20)
    scale = at(monkeypatch, surface=replace(plan, recipe=small, replicates=2, levels=2, rate=0.684))
    load = type(scale).load
    monkeypatch.setattr(type(scale), "load", lambda self, name=None: missing() if name else load(self))
    plane = tl.landscape.plane_through
    monkeypatch.setattr(tl.landscape, "plane_through", lambda *nets, **more: plane(*nets, points=3, **more))
    cells = lesson_cells.sources("07")
    end = next(place for place, source in enumerate(cells) if "levels_panel(" in source) + 1
    monkeypatch.setattr(lesson_cells, "sources", lambda lesson: cells[:end])
    names, shown = lesson_cells.run("07", monkeypatch)
    assert "ResNet-20 is skipped: no route to host" in capsys.readouterr().out
    assert list(names["lines"]) == ["MLP"] and names["images"] is None
    assert repr(shown[-1]).startswith("levels panel")


def test_lesson_09_reads_torchvisions_kernels_and_trains_on_cifar10(folder, monkeypatch, capsys):  # noqa: F811
    """SqueezeNet comes from torch's own cache, prepared here with untrained kernels."""
    images(folder / "cifar10.npz", (32, 32, 3), each=30)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(folder / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(folder / "hub"))
    weights = torchvision.models.SqueezeNet1_0_Weights.DEFAULT
    cached = folder / "hub" / "checkpoints" / weights.url.rpartition("/")[2]
    cached.parent.mkdir(parents=True)
    state = torchvision.models.squeezenet1_0().state_dict()
    torch.save(state, cached)
    monkeypatch.setattr(type(weights), "get_state_dict", lambda self, **more: torch.load(cached))
    at(monkeypatch, replicates=2)
    train = tl.train
    monkeypatch.setattr(tl, "train", lambda start, data, recipe, **more: train(  # the code, not the numbers
        start, data, recipe.with_(steps=6, evaluate_every=6), **more))
    each = tl.train_each
    monkeypatch.setattr(tl, "train_each", lambda starts, data, recipes, **more: each(starts, data, {
        name: recipe.with_(steps=6, evaluate_every=6) for name, recipe in recipes.items()}, **more))
    names, shown = lesson_cells.run("09", monkeypatch)
    said = capsys.readouterr().out
    assert np.array_equal(names["kernels"], state["features.0.weight"].numpy()) and names["what"] == "the kernels"
    assert "CIFAR-10 is skipped" not in said
    for name in ("conv", "resnet20"):
        assert f"{name}: median R² before" in said
    assert sum(isinstance(each, Verdicts) for each in shown) == 2
