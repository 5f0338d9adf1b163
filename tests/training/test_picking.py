"""Edge-popup in the loop: against a loop of one's own, alone as together, over breaks and on disk."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.training.test_loop import DATA, NETS, assert_same_bits, fit
from ticketlab import stack
from ticketlab.pruning import apply_masks, prunable, prune, supermasks, survivors
from ticketlab.pruning import random as random_score
from ticketlab.training import MASKS, Recipe, Snapshot, evaluate
from ticketlab.training.orders import order
from ticketlab.training.picking import SCORE, VALUE

SGD = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-3, batch=10, steps=40, warmup=5, cosine=True,
             evaluate_every=10, trained=MASKS)
RECIPES = {"sgd": SGD, "adam": Recipe("adam", lr=5e-3, batch=10, steps=40, evaluate_every=10, trained=MASKS)}
START = {name: stack.draw(net, range(3)) for name, net in NETS.items()}
KEEP = {name: prune(start, density=0.4, score=random_score(range(3))) for name, start in START.items()}
each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
each_net = pytest.mark.parametrize("net", NETS)


class Cut(torch.autograd.Function):
    """The k largest of |scores|; the gradient passes as if nothing had been cut."""

    @staticmethod
    def forward(ctx, size, k):
        used = torch.zeros_like(size).flatten()
        used[size.flatten().argsort(stable=True)[-k:]] = 1
        return used.view(size.shape)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def by_hand(recipe, seed, share=0.4):
    """One MLP as anyone would write it."""
    net, schedule = START["mlp"].module(seed), recipe.schedule(len(DATA.x_train))
    drawn = {name: t.detach().clone() for name, t in net.named_parameters()}
    scores = {name: nn.Parameter(supermasks.first_scores(drawn[name][None], name, [seed])[0]) for name in prunable(net)}
    make = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[recipe.optimizer]
    extra = {"momentum": recipe.momentum} if recipe.optimizer == "sgd" else {}
    optimizer = make(scores.values(), lr=recipe.lr, weight_decay=recipe.weight_decay, **extra)

    def acting():
        return drawn | {name: drawn[name] * Cut.apply(score.abs(), round(share * score.numel()))
                        for name, score in scores.items()}

    for step, index in enumerate(order(len(DATA.x_train), recipe.batch, [seed], 0, schedule.total, "cpu")):
        optimizer.param_groups[0]["lr"] = schedule.lr_at(step)
        outputs = torch.func.functional_call(net, acting(), (DATA.x_train[index[0]],))
        optimizer.zero_grad()
        F.cross_entropy(outputs, DATA.y_train[index[0]]).backward()
        optimizer.step()
    return {name: t.detach() for name, t in acting().items()}, scores


@each_recipe
def test_every_net_picks_as_the_papers_formula_does_alone(recipe):
    run = fit(START["mlp"], recipe, masks=KEEP["mlp"])
    for seed in range(3):
        acting, scores = by_hand(recipe, seed)
        for name, values in acting.items():
            own = run.stack.parameters[name][seed]
            if name in scores:  # a rounding may change places at the cut
                assert ((own != 0) == (values != 0)).float().mean() > 0.98
                torch.testing.assert_close(run.end.optimizer[name][SCORE][seed], scores[name].detach(),
                                           rtol=1e-2, atol=1e-3)
            else:
                assert torch.equal(own, values)


@each_net
def test_no_weight_is_trained_and_exactly_so_many_act(net):
    run = fit(START[net], SGD, masks=KEEP[net], snapshots=[0])
    for moment in (run.snapshots[0], run.end):
        masks = supermasks.found(moment.stack)
        assert {n: k.tolist() for n, k in survivors(masks).items()} == \
            {n: k.tolist() for n, k in survivors(KEEP[net]).items()}
        assert_same_bits(moment.stack, apply_masks(START[net], masks) if net != "cnn" else moment.stack)
        for name, values in START[net].parameters.items():
            here = moment.stack.parameters[name]
            assert torch.equal(here, torch.where(masks[name], values, 0) if name in masks else values)
    first, last = (supermasks.found(each.stack) for each in (run.snapshots[0], run.end))
    assert any(not torch.equal(first[name], last[name]) for name in first), "weights come and go"
    loss, _ = evaluate(run.stack, DATA.x_test, DATA.y_test)
    assert torch.equal(loss, run.curves["test_loss"][-1]) and (loss < run.curves["test_loss"][0]).all()


def test_scores_of_weights_that_are_not_used_move_too():
    """Or a weight once dropped would never come back."""
    run = fit(START["mlp"], SGD.with_(weight_decay=0.0, steps=1, warmup=0, cosine=False, lr=1e-4), masks=KEEP["mlp"],
              snapshots=[0])
    name = "hidden2.weight"
    before, after = (moment.optimizer[name][SCORE] for moment in (run.snapshots[0], run.end))
    unused = ~supermasks.found(run.snapshots[0].stack)[name]
    assert (before != after)[unused].float().mean() > 0.3


@each_net
def test_a_net_is_the_same_alone_and_together_with_others_of_another_share(net):
    other = prune(START[net], density=0.7, score=random_score(range(3)))
    keep = {name: torch.cat([mask, other[name]]) for name, mask in KEEP[net].items()}
    both = fit(stack.concatenate([START[net]] * 2), SGD, masks=keep, order_seeds=[0, 1, 2] * 2)
    for place, masks in ((1, KEEP[net]), (4, other)):
        alone = fit(START[net][1], SGD, masks={n: m[1:2] for n, m in masks.items()}, order_seeds=[1])
        for name in prunable(START[net].net):
            same = (alone.stack.parameters[name][0] != 0) == (both.stack.parameters[name][place] != 0)
            assert same.float().mean() > 0.98
        assert abs(alone.last("test_loss")[0] - both.last("test_loss")[place]) < 0.02


def test_two_calls_give_the_same_bits():
    assert_same_bits(fit(START["mlp"], SGD, masks=KEEP["mlp"]).stack, fit(START["mlp"], SGD, masks=KEEP["mlp"]).stack)


@each_recipe
def test_a_break_changes_no_bit(recipe):
    whole = fit(START["mlp"], recipe, masks=KEEP["mlp"])
    half = fit(START["mlp"], recipe, masks=KEEP["mlp"], stop=17)
    rest = fit(half.end, recipe, masks=KEEP["mlp"])
    assert_same_bits(rest.stack, whole.stack)
    for name, own in whole.end.optimizer.items():
        assert all(torch.equal(values, rest.end.optimizer[name][kind]) for kind, values in own.items())
    assert torch.equal(whole.end.optimizer["hidden1.weight"][VALUE], START["mlp"].parameters["hidden1.weight"])


def test_only_the_numbers_in_the_given_masks_count():
    first = supermasks.shares(START["mlp"], [0.4])[0]
    assert_same_bits(fit(START["mlp"], SGD, masks=first).stack, fit(START["mlp"], SGD, masks=KEEP["mlp"]).stack)


def test_frozen_weights_may_be_picked_where_their_layer_says_that_it_is_prunable():
    net = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 4))
    net[0].weight.requires_grad_(False)
    start = stack.draw(net, [0])
    run = fit(start, SGD, masks=supermasks.shares(start, [0.5])[0])
    assert list(prunable(net)) == ["2.weight"] and torch.equal(run.stack.parameters["0.weight"], start.parameters["0.weight"])
    net[0].prunable_as = "hidden"
    start = stack.draw(net, [0])
    assert (fit(start, SGD, masks=supermasks.shares(start, [0.5])[0]).stack.parameters["0.weight"] == 0).sum() == 48


@pytest.mark.parametrize("arguments, message", [
    ({}, r"there are none; give train masks=.*shares"),
    ({"masks": {name: torch.zeros_like(mask) for name, mask in KEEP["mlp"].items()}}, "keeps none of the 192 weights"),
])
def test_masks_that_say_no_number_are_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit(START["mlp"], SGD, **arguments)


def test_a_search_for_masks_and_a_training_of_weights_do_not_go_on_from_one_another():
    weights = fit(START["mlp"], SGD.with_(trained="everything"), stop=5).end
    with pytest.raises(ValueError, match="training of weights, and no scores for 'hidden1.weight'"):
        fit(weights, SGD, masks=KEEP["mlp"])
    picked = fit(START["mlp"], SGD, masks=KEEP["mlp"], stop=5).end
    with pytest.raises(ValueError, match="state of a search for masks, and the recipe trains weights"):
        fit(picked, SGD.with_(trained="everything"))
    fresh = Snapshot(apply_masks(START["mlp"], KEEP["mlp"]))
    with pytest.raises(ValueError, match="exactly 0 before the search"):
        fit(fresh, SGD, masks=KEEP["mlp"])
