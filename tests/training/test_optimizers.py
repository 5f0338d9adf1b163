"""The optimisers are torch's, bit for bit, and their state can be taken out and put back."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.training.test_loop import DATA
from ticketlab import pruning, stack
from ticketlab.training import Recipe, train
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
    """Also where values are of two types, and where one has no gradient in some steps."""
    generator = torch.Generator().manual_seed(0)

    def draw(name):
        kind = torch.float64 if name == "double" else torch.float32
        return torch.randn(3, 17, 9, generator=generator, dtype=kind)

    ours = {name: draw(name).requires_grad_() for name in ("a", "double", "at times")}
    same = {name: value.detach().clone().requires_grad_() for name, value in ours.items()}
    optimizer, reference = Optimizer(ours, recipe), theirs(recipe, list(same.values()))
    for step in range(20):
        for name in ours:
            same[name].grad = draw(name) if name != "at times" or step % 3 < 2 else None
            ours[name].grad = None if same[name].grad is None else same[name].grad.clone()
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


class Family(nn.Module):
    """A net with parameters of every kind: trained, tied, frozen, and of a head that forward leaves out."""

    def __init__(self, tied, frozen, unused, norm):
        super().__init__()
        self.first, self.second, self.output = nn.Linear(12, 12), nn.Linear(12, 12), nn.Linear(12, 4)
        self.norm = nn.BatchNorm1d(12) if norm else nn.Identity()
        if tied:
            self.second.weight = self.first.weight
        if unused:
            self.head = nn.Linear(12, 3)
        for name in frozen & dict(self.named_parameters()).keys():
            self.get_parameter(name).requires_grad_(False)

    def forward(self, x):
        return self.output(self.second(self.norm(self.first(x)).relu()).relu())


@settings(deadline=None, max_examples=12)
@given(recipe=st.sampled_from(sorted(RECIPES)), decay=st.sampled_from([0.0, 0.1]), tied=st.booleans(),
       frozen=st.sets(st.sampled_from(["first.weight", "first.bias", "second.weight", "norm.weight", "output.bias"])),
       unused=st.booleans(), norm=st.booleans(), density=st.sampled_from([None, 0.3, 0.8]))
def test_what_is_not_trained_stays_bit_for_bit_and_what_is_pruned_stays_zero(
        recipe, decay, tied, frozen, unused, norm, density):
    """Weight decay and momentum move whatever an optimiser holds, gradient or none."""
    net = Family(tied, frozen, unused, norm)
    own = {name for name, parameter in net.named_parameters() if not parameter.requires_grad}
    start = stack.draw(net, [0, 1])
    masks = None if density is None else pruning.prune(start, density=density, scope="global")
    before = start if masks is None else pruning.apply_masks(start, masks)
    with torch.no_grad():
        for name in own:
            assert torch.equal(start.parameters[name][0], net.get_parameter(name)), "no seed draws a frozen one"
    run = train(start, DATA, RECIPES[recipe].with_(weight_decay=decay, steps=2, batch=10), masks=masks,
                progress=False)
    left_out = {name for name in start.parameters if name.startswith("head")}
    for name, values in run.stack.parameters.items():
        stays = name in own | left_out
        assert torch.equal(values, before.parameters[name]) == stays, f"{name} {'moved' if stays else 'stayed'}"
    assert not (own & set(masks or ()))
    assert ("second.weight" in start.parameters) is not tied
    for name, mask in (masks or {}).items():
        assert (run.stack.parameters[name][~mask] == 0).all()
    torch.testing.assert_close(run.stack.module(1)(DATA.x_test), stack.forward(run.stack, DATA.x_test, shared=True)[1])


def test_training_does_not_import_torchs_compiler():
    """It costs seconds at the first step of every notebook, and is the reason for this file; so does sympy."""
    code = ("import sys, torch, ticketlab as tl;"
            "data = tl.data.from_arrays(torch.randn(99, 6), torch.arange(99) % 3);"
            "net = tl.draw(tl.nets.mlp(data, (4,)), [0]);"
            "tl.train(net, data, tl.Recipe(steps=1), progress=False);"
            "sys.exit('torch._dynamo' in sys.modules or 'sympy' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
