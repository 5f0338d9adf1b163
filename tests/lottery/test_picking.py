"""Supermasks stand among the arms: same table, paired, kept on disk, and each share as if alone."""

import pytest
import torch

from tests.lottery.test_iterative_pruning import SHORT, search
from tests.training.test_loop import DATA, NETS
from ticketlab import lottery, nets, stack
from ticketlab.lottery import comparisons, supermasks
from ticketlab.pruning import apply_masks, dense, survivors
from ticketlab.training import MASKS, Recipe, evaluate

RECIPE = Recipe("sgd", lr=0.1, momentum=0.9, batch=10, steps=30, evaluate_every=10)
SHARES = [0.2, 0.5, 1]


def pick(shares=SHARES, start=None, **more):
    start = stack.draw(NETS["mlp"], range(2), nets.signed_constant) if start is None else start
    return start, supermasks(start, DATA, RECIPE, shares, progress=False, **more)


def test_each_trial_holds_what_was_learned_and_its_networks():
    start, trials = pick()
    assert [trial.number for trial in trials] == [1, 2, 3] and {trial.arm for trial in trials} == {"supermask"}
    for share, trial in zip(SHARES, trials, strict=True):
        for name, kept in survivors(trial.masks).items():
            assert kept.tolist() == [round(share * start.parameters[name][0].numel())] * 2
        for name, values in apply_masks(start, trial.masks).parameters.items():
            assert torch.equal(trial.run.stack.parameters[name], values)
    table = lottery.table(trials)
    assert table["density"].round(2).tolist() == pytest.approx([0.2, 0.2, 0.5, 0.5, 1, 1], abs=0.01)
    whole = evaluate(start, DATA.x_test, DATA.y_test)[1]
    assert comparisons.values(table, "supermask", 3).tolist() == pytest.approx((100 * whole).tolist())
    assert (comparisons.values(table, "supermask", 2) > comparisons.values(table, "supermask", 3)).all()


def test_shares_in_one_stack_are_those_of_stacks_of_their_own():
    start, trials = pick()
    _, apart = pick(together=2)
    for one, other in zip(trials, apart, strict=True):
        for name, mask in one.masks.items():
            assert (mask == other.masks[name]).float().mean() > 0.98


def test_it_is_kept_on_disk_and_found_again(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    _, trials = pick(keep="picked")
    monkeypatch.setattr("ticketlab.runs.training.training.train", None)  # nothing is trained again
    _, again = pick(keep="picked")
    for one, other in zip(trials, again, strict=True):
        assert all(torch.equal(mask, other.masks[name]) for name, mask in one.masks.items())
        assert torch.equal(one.run.curves["test_loss"], other.run.curves["test_loss"])


@pytest.fixture(scope="module")
def tickets():
    return search(recipe=SHORT, levels=2, rate=0.5, replicates=2)


def test_the_arm_learns_masks_as_large_as_the_tickets_on_untrained_weights(tickets):
    found = lottery.controls(tickets, ["supermask", "untrained", "random"], progress=False)
    arms = {arm: [each for each in found if each.arm == arm] for arm in ("supermask", "untrained", "random")}
    for level, trial in enumerate(arms["supermask"], start=1):
        ticket = tickets.trials[level].masks
        assert {n: k.tolist() for n, k in survivors(trial.masks).items()} == {n: k.tolist() for n, k in survivors(ticket).items()}
        assert any(not torch.equal(trial.masks[name], ticket[name]) for name in ticket)
        for name, values in apply_masks(tickets.initial, trial.masks).parameters.items():
            assert torch.equal(trial.run.stack.parameters[name], values)
    assert set(comparisons.paired(lottery.table(tickets, found), [("supermask", "untrained")], [1, 2])["level"]) == {1, 2}


def test_another_recipe_says_how_and_not_what(tickets):
    slow = lottery.controls(tickets, ["supermask"], levels=[1], recipe=RECIPE, progress=False)[0]
    values = slow.run.stack.parameters["hidden1.weight"]
    assert ((values == 0) | (values == tickets.initial.parameters["hidden1.weight"])).all()


@pytest.mark.parametrize("shares, message", [
    ([], "shares is empty"), ([0.5, 1.2], "the share is 1.2"), ([0.01], "leaves none of the 32 weights of layer 'output'")])
def test_shares_that_do_not_fit(shares, message):
    with pytest.raises(ValueError, match=message):
        pick(shares)


def test_what_contradicts_a_supermask():
    start = stack.draw(NETS["mlp"], [0])
    with pytest.raises(ValueError, match="Recipe trained is 'output', and a supermask trains scores and no weight"):
        supermasks(start, DATA, RECIPE.with_(trained="output"), [0.5])
    with pytest.raises(ValueError, match="the recipe trains 'masks', and a search trains weights"):
        search(recipe=SHORT.with_(trained=MASKS))
    pruned = apply_masks(start, {name: mask & (torch.arange(mask.shape[-1]) > 2) for name, mask in dense(start).items()})
    with pytest.raises(ValueError, match="exactly 0 before the search"):
        supermasks(pruned, DATA, RECIPE, [0.5])
