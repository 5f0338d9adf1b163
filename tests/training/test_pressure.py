"""Pressure: the updates of the papers, exact zeros, and nothing lost over breaks, masks and rewinding."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.training.test_loop import DATA, NETS, assert_same_bits, fit
from ticketlab import lottery, stack
from ticketlab.pruning import prunable, prune
from ticketlab.training import Recipe, Snapshot, evaluate, memory
from ticketlab.training.orders import order
from ticketlab.training.pressure import ROOT, power, root_of

SGD = Recipe("sgd", lr=0.1, momentum=0.9, batch=10, steps=40, warmup=5, drops=("50%",), evaluate_every=10)
ADAM = Recipe("adam", lr=5e-3, batch=10, steps=40, evaluate_every=10)
SLOW = SGD.with_(lr=0.02)  # roots of large weights take larger steps
PRESSED = {"l1, sgd": SGD.with_(l1=3e-3), "l1, adam": ADAM.with_(l1=3e-3),
           "powerprop 2": SLOW.with_(powerprop=2), "powerprop 2.5": SLOW.with_(powerprop=2.5),
           "powerprop 3, adam": ADAM.with_(powerprop=3, weight_decay=1e-2)}
START = stack.draw(NETS["mlp"], range(3))
each_pressure = pytest.mark.parametrize("recipe", PRESSED.values(), ids=PRESSED)


def by_hand(recipe, seed):
    """One net as anyone would write it: autograd through φ|φ|^(α-1), torch's own optimisers."""
    net, schedule = START.module(seed), recipe.schedule(len(DATA.x_train))
    a = recipe.powerprop
    free = {name: nn.Parameter(t.detach() if name not in prunable(net) else t.detach().sign() * t.detach().abs() ** (1 / a))
            for name, t in net.named_parameters()}
    extra = {"momentum": recipe.momentum} if recipe.optimizer == "sgd" else {}
    make = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[recipe.optimizer]
    optimizer = make(free.values(), lr=recipe.lr, weight_decay=recipe.weight_decay, **extra)
    actual = lambda: {n: t * t.abs() ** (a - 1) if n in prunable(net) else t for n, t in free.items()}  # noqa: E731
    for step, index in enumerate(order(len(DATA.x_train), recipe.batch, [seed], 0, schedule.total, "cpu")):
        optimizer.param_groups[0]["lr"] = lr = schedule.lr_at(step)
        outputs = torch.func.functional_call(net, actual(), (DATA.x_train[index[0]],))
        optimizer.zero_grad()
        F.cross_entropy(outputs, DATA.y_train[index[0]]).backward()
        optimizer.step()
        with torch.no_grad():
            for name in prunable(net):  # the proximal step of lr x l1 x |w|
                w = free[name]
                w.copy_(torch.sign(w) * torch.clamp(w.abs() - lr * recipe.l1, min=0))
    return {name: t.detach() for name, t in actual().items()}


@each_pressure
def test_every_net_is_trained_as_the_papers_formulas_train_it_alone(recipe):
    run = fit(START, recipe)
    for seed in range(3):
        for name, values in by_hand(recipe, seed).items():
            torch.testing.assert_close(run.stack.parameters[name][seed], values, rtol=2e-3, atol=2e-5)


def test_l1_makes_exact_zeros_and_only_among_prunable_weights():
    pressed, plain = (fit(START, recipe).stack.parameters for recipe in (SGD.with_(l1=0.1), SGD))
    zeros = {name: [(values[name] == 0).sum().item() for values in (pressed, plain)] for name in pressed}
    weights = prunable(START.net)
    assert sum(zeros[name][0] for name in weights) > 50 and not any(zeros[name][1] for name in weights)
    # a bias is zero where its unit never learnt, with pressure or without
    assert all(zeros[name][0] < pressed[name].numel() for name in zeros if name not in weights)


@pytest.mark.parametrize("exponent", [2, 3, 4, 2.5])
def test_the_net_of_step_0_is_the_given_one_to_the_bit_and_roots_stand_for_it(exponent):
    run = fit(START, SLOW.with_(powerprop=exponent), snapshots=[0])
    assert_same_bits(run.snapshots[0].stack, START)
    for name, own in run.snapshots[0].optimizer.items():
        if name in prunable(START.net):
            torch.testing.assert_close(power(own[ROOT], exponent), START.parameters[name])
        else:
            assert ROOT not in own
    assert torch.equal(run.curves["test_loss"][0], fit(START, SGD).curves["test_loss"][0])


@each_pressure
def test_snapshots_hold_the_weights_that_act(recipe):
    """Not the roots: what is evaluated, pruned and drawn is what the network computes with."""
    run = fit(START, recipe, snapshots=[20])
    loss, accuracy = evaluate(run.snapshots[20].stack, DATA.x_test, DATA.y_test)
    row = run.curves["step"].tolist().index(20)
    assert torch.equal(loss, run.curves["test_loss"][row]) and torch.equal(accuracy, run.curves["test_accuracy"][row])


@each_pressure
def test_a_break_changes_no_bit_with_masks_or_without(recipe):
    for masks in (None, prune(START, rate=0.5)):
        whole = fit(START, recipe, masks=masks)
        half = fit(START, recipe, masks=masks, stop=17)
        rest = fit(half.end, recipe, masks=masks)
        assert_same_bits(rest.stack, whole.stack)
        for name, own in whole.end.optimizer.items():
            assert own.keys() == rest.end.optimizer[name].keys()
            assert all(torch.equal(own[kind], rest.end.optimizer[name][kind]) for kind in own)


@each_pressure
def test_what_is_masked_stays_zero_and_so_does_its_root(recipe):
    masks = prune(START, rate=0.5)
    run = fit(START, recipe, masks=masks)
    for name, mask in masks.items():
        assert not run.stack.parameters[name][~mask].any()
        roots = run.end.optimizer[name].get(ROOT)
        assert roots is None or not roots[~mask].any()


def test_weights_that_were_put_back_win_over_the_roots_of_the_moment():
    """Rewinding puts other weights beside the optimiser's state of step k: they decide."""
    recipe = SLOW.with_(powerprop=3)
    moment = fit(START, recipe, stop=10).end
    other = moment.stack.map(lambda values: values * 2)
    assert_same_bits(fit(Snapshot(other, 10, moment.optimizer), recipe, stop=10).stack, other)
    plain = {name: {k: v for k, v in own.items() if k != ROOT} for name, own in moment.optimizer.items()}
    assert_same_bits(fit(Snapshot(other, 10, moment.optimizer), recipe).stack,
                     fit(Snapshot(other, 10, plain), recipe).stack)


def test_what_is_frozen_or_without_a_gradient_stays_to_the_bit():
    class Half(nn.Sequential):
        def forward(self, x):
            return self[0](x)

    unused = stack.draw(Half(nn.Linear(12, 4), nn.Linear(12, 4)), range(2))
    frozen = stack.draw(NETS["mlp"].requires_grad_(True), range(2))
    frozen.net.hidden1.requires_grad_(False)
    for recipe in PRESSED.values():
        kept = fit(unused, recipe).stack
        assert torch.equal(kept.parameters["1.weight"], unused.parameters["1.weight"])
        kept = fit(frozen, recipe).stack
        assert torch.equal(kept.parameters["hidden1.weight"], frozen.parameters["hidden1.weight"])


@each_pressure
def test_a_search_rewinds_under_pressure_with_no_case_of_its_own(recipe):
    found = lottery.search(START, DATA, recipe, levels=2, rate=0.4, rewind=10, seeds=range(3), progress=False)
    assert len(found.trials) == 3


def test_roots_are_counted_in_the_memory_that_is_predicted():
    plain, pressed = (memory.needed(START, DATA, recipe) for recipe in (SGD, SGD.with_(powerprop=2)))
    weights = sum(START.parameters[name].numel() for name in prunable(START.net))
    assert pressed.optimizer - plain.optimizer == 4 * weights


def test_powers_and_roots_undo_one_another_with_their_signs():
    weights = torch.tensor([-2.0, -1e-6, 0.0, 1e-6, 3.0])
    for exponent in (1, 2, 2.5, 3, 4):
        torch.testing.assert_close(power(root_of(weights, exponent), exponent), weights)


@pytest.mark.parametrize("fields, message", [
    ({"l1": -1e-4}, "l1 is -0.0001; it must be 0 or above"), ({"l1": float("nan")}, "l1 is nan"),
    ({"l1": float("inf")}, "l1 is inf"),
    ({"l1": 1e-4, "weight_decay": 1e-4}, "l1 is 0.0001; it must be 0 beside a weight_decay of 0.0001"),
    ({"powerprop": 0.5}, "powerprop is 0.5; it must be from 1 .off. to 10"), ({"powerprop": 11}, "powerprop is 11"),
    ({"powerprop": 2, "l1": 1e-4}, "powerprop is 2; it must be 1 beside an l1 of 0.0001")])
def test_pressures_out_of_range_are_named_with_what_is_allowed(fields, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**fields)


def test_a_net_with_nothing_to_press_on_is_named():
    net = nn.Sequential(nn.Linear(12, 4))
    net[0].weight.requires_grad_(False)
    for recipe in PRESSED.values():
        with pytest.raises(ValueError, match="no linear or convolutional layer to prune, or all of them are frozen"):
            fit(stack.draw(net, [0]), recipe)
    fit(stack.draw(net, [0]), SGD)  # and is trained as ever where nothing presses
