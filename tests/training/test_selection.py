"""What a recipe does not name stays as it was drawn, bit for bit, and the rest trains as if frozen by torch."""

import copy
import re

import pytest
import torch
from torch import nn

from tests.training.test_loop import DATA, NETS, TASK, assert_same_bits, fit
from ticketlab import nets, stack
from ticketlab.pruning import prune
from ticketlab.training import Recipe, memory

SGD = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-2, batch=10, steps=30, evaluate_every=10)
ADAM = Recipe("adam", lr=5e-3, weight_decay=1e-2, batch=10, steps=30, evaluate_every=10)
NORMED = nets.mlp(TASK, (16, 8), norm=True)
CASES = {"last layer": NETS["mlp"], "biases": NETS["mlp"], "first layer": NETS["mlp"], "norms": NORMED,
         "hidden2": NETS["mlp"], "conv2": NETS["cnn"]}


@pytest.mark.parametrize("recipe", [SGD, ADAM], ids=["sgd", "adam"])
@pytest.mark.parametrize("chosen", CASES)
def test_it_trains_as_a_net_whose_other_parameters_are_frozen(recipe, chosen):
    """requires_grad=False is the reference: no update, no weight decay, no momentum."""
    start = stack.draw(CASES[chosen], range(2))
    run = fit(start, recipe.with_(trained=chosen))
    names = nets.selected(start.net, chosen)
    frozen = copy.deepcopy(start.net)
    for name, parameter in frozen.named_parameters():
        parameter.requires_grad_(name in names)
    reference = fit(stack.Stack(frozen, start.parameters, start.buffers), recipe)
    assert_same_bits(run.stack, reference.stack)
    assert {name for name, own in run.end.optimizer.items() if own} == names
    for name, values in start.parameters.items():
        assert torch.equal(values, run.stack.parameters[name]) == (name not in names), name


def test_what_is_held_is_pruned_and_stays_zero_and_is_not_pressed():
    start = stack.draw(NETS["mlp"], range(2))
    masks = prune(start, rate=0.5)
    for more in ({}, {"l1": 0.05, "weight_decay": 0.0}, {"powerprop": 3, "lr": 0.01}):
        run = fit(start, SGD.with_(trained="last layer", **more), masks=masks)
        held = run.stack.parameters["hidden1.weight"]
        assert torch.equal(held, start.parameters["hidden1.weight"] * masks["hidden1.weight"])
        assert not run.stack.parameters["output.weight"][~masks["output.weight"]].any()


def test_what_is_frozen_stays_so_where_its_layer_is_named():
    net = copy.deepcopy(NETS["mlp"])
    net.get_parameter("hidden1.bias").requires_grad_(False)
    start = stack.draw(net, range(2))
    start.parameters["hidden1.bias"] += 0.5  # else weight decay would leave zeros zero
    run = fit(start, SGD.with_(trained="hidden1"))
    moved = {name for name, values in start.parameters.items()
             if not torch.equal(values, run.stack.parameters[name])}
    assert moved == {"hidden1.weight"}


def test_several_names_are_one_recipe_in_any_order():
    one, other = (SGD.with_(trained=names) for names in (["output", "norms"], ("norms", "output")))
    assert one == other and hash(one) == hash(other) and SGD.with_(trained=["output"]).trained == "output"


def test_the_forecast_of_memory_counts_only_what_is_trained():
    start = stack.draw(NETS["mlp"], range(2))
    weights = 8 * 4 + 4
    found, whole = (memory.needed(start, DATA, recipe, masks=False) for recipe in (ADAM.with_(trained="output"), ADAM))
    assert found.gradients == 2 * 4 * weights and found.optimizer < 2 * 4 * (2 * weights + 9) < whole.optimizer
    assert found.parameters == whole.parameters and found.total < whole.total
    scores = memory.needed(start, DATA, SGD.with_(trained="masks"))
    assert scores.optimizer == 3 * scores.gradients == 2 * 3 * 4 * (12 * 16 + 16 * 8 + 8 * 4)


@pytest.mark.parametrize("trained, message", [
    ("outptu", r"Recipe trained is 'outptu': 'outptu' is no layer.*did you mean 'output'\?"),
    ("norms", "Recipe trained is 'norms': 'norms' means nothing in this net"),
    (["hidden1", "hidden3"], "'hidden3' is no layer"),
])
def test_a_name_that_the_net_has_not_is_an_error(trained, message):
    with pytest.raises(ValueError, match=message):
        fit(stack.draw(NETS["mlp"], [0]), SGD.with_(trained=trained))


def test_nothing_left_to_train_is_an_error():
    net = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 4))
    net[2].requires_grad_(False)
    with pytest.raises(ValueError, match=r"'last layer', and all of that is frozen.*2.bias, 2.weight; nothing is left"):
        fit(stack.draw(net, [0]), SGD.with_(trained="last layer"))
    with pytest.raises(ValueError, match="all parameters of the net are frozen"):
        fit(stack.draw(net.requires_grad_(False), [0]), SGD)


@pytest.mark.parametrize("change, message", [
    ({"trained": ("masks", "output")}, "'masks' alone, or without it"),
    ({"trained": ()}, "at least one name"),
    ({"trained": None}, "trained is None; it must be a name or several"),
    ({"trained": "masks", "powerprop": 2}, "other than 'masks' beside .*powerprop of 2"),
    ({"trained": "masks", "l1": 0.1, "weight_decay": 0.0}, "other than 'masks' beside an l1 of 0.1"),
    ({"cosine": True, "drops": ("50%",)}, re.escape("cosine is True; it must be False beside the drops ('50%',)")),
])
def test_what_contradicts_itself_is_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        SGD.with_(**change)


def test_the_cosine_falls_from_the_peak_to_nothing():
    schedule = SGD.with_(cosine=True, steps=100).schedule(70)
    assert schedule.lr_at(0) == pytest.approx(0.1) and schedule.lr_at(50) == pytest.approx(0.05)
    assert 0 < schedule.lr_at(99) < 1e-4
    warm = SGD.with_(cosine=True, steps=100, warmup=10).schedule(70)
    assert warm.lr_at(0) == pytest.approx(0.01, rel=1e-3) and warm.lr_at(50) == pytest.approx(0.05)
