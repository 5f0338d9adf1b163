"""The optimisers are torch's, bit for bit, and their state can be taken out and put back."""

import subprocess
import sys

import pytest
import torch

from ticketlab.training import Recipe
from ticketlab.training.optimizers import Optimizer

RECIPES = {"adam": Recipe("adam", lr=1e-2, weight_decay=1e-2),
           "sgd with momentum": Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-2),
           "sgd": Recipe("sgd", lr=0.1)}


def theirs(recipe, values):
    shared = {"lr": recipe.lr, "weight_decay": recipe.weight_decay, "fused": True}
    return (torch.optim.Adam(values, **shared) if recipe.optimizer == "adam"
            else torch.optim.SGD(values, momentum=recipe.momentum, **shared))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_update_is_that_of_torchs_class_across_a_break_and_a_changing_rate(recipe):
    generator = torch.Generator().manual_seed(0)
    draw = lambda: torch.randn(3, 17, 9, generator=generator)  # noqa: E731
    ours = {name: draw().requires_grad_() for name in ("a", "b")}
    same = {name: value.detach().clone().requires_grad_() for name, value in ours.items()}
    optimizer, reference = Optimizer(ours, recipe), theirs(recipe, list(same.values()))
    for step in range(20):
        for name in ours:
            ours[name].grad = draw()
            same[name].grad = ours[name].grad.clone()
        lr = recipe.lr * (1 - step / 40)
        optimizer.step(lr)
        reference.param_groups[0]["lr"] = lr
        reference.step()
        if step == 9:
            optimizer = Optimizer(ours, recipe, optimizer.state())
        for name in ours:
            assert torch.equal(ours[name], same[name]), (step, name)
            assert ours[name].grad is None


def test_a_state_taken_out_does_not_change_with_the_next_update():
    """A Snapshot is kept while training goes on."""
    values = {"a": torch.ones(2, 3, requires_grad=True)}
    optimizer = Optimizer(values, RECIPES["adam"])
    values["a"].grad = torch.ones(2, 3)
    optimizer.step(0.1)
    before = optimizer.state()
    kept = {kind: tensor.clone() for kind, tensor in before["a"].items()}
    values["a"].grad = torch.ones(2, 3)
    optimizer.step(0.1)
    assert all(torch.equal(before["a"][kind], kept[kind]) for kind in kept)
    assert optimizer.state()["a"]["step"] == 2


def test_training_does_not_import_torchs_compiler():
    """It costs seconds at the first step of every notebook, and is the reason for this file."""
    code = ("import sys, ticketlab as tl; data = tl.data.load('mnist1d');"
            "net = tl.draw(tl.nets.mlp(data, (4,)), [0]);"
            "tl.train(net, data, tl.Recipe(steps=1), progress=False);"
            "sys.exit('torch._dynamo' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
