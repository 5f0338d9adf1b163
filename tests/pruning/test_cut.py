"""Masks of exactly the size asked, nested, deterministic; and arithmetic exact to printed digits."""

import pytest
import torch
import torch.nn.utils.prune as torch_prune
from hypothesis import given
from hypothesis import strategies as st

from tests.training.test_loop import TASK
from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.pruning import (
    LayerCollapse,
    dense,
    density,
    ladder,
    magnitude,
    prunable,
    prune,
    rate_for,
    removal_ranks,
)
from ticketlab.pruning.masks import nested

LENET = nets.mlp(Task((1, 28, 28), 10))
PAPER_RATES = {"hidden": 0.2, "output": 0.1}
# % remaining, rounds 0-24: Frankle & Carbin 2019, figure 1 and appendix
PAPER_LADDER = ("100, 80.04, 64.06, 51.28, 41.05, 32.87, 26.32, 21.07, 16.88, 13.52, 10.83, 8.68, 6.95, "
                "5.57, 4.47, 3.58, 2.87, 2.31, 1.85, 1.49, 1.19, .96, .77, .62, .50")


def drawn(hidden=(16, 8), replicates=2):
    return stack.draw(nets.mlp(TASK, hidden), range(replicates))


def kept(masks, name):
    return masks[name].flatten(1).sum(1).tolist()


# --- arithmetic --------------------------------------------------------------------------------

def test_the_papers_ladder_to_the_printed_digits():
    published = [float(value) for value in PAPER_LADDER.split(",")]
    ours = ladder(stack.draw(LENET, [0]), PAPER_RATES, 24)
    assert [round(100 * share, 2) for share in ours] == published


def test_global_20_percent_is_powers_of_0_8():
    ours = ladder(stack.draw(LENET, [0]), 0.2, 10, scope="global")
    assert ours == pytest.approx([0.8**level for level in range(11)], abs=2e-5)


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_the_ladder_is_what_pruning_does(scope):
    nets_here = drawn()
    rate = 0.2 if scope == "global" else PAPER_RATES
    masks = None
    for level, expected in enumerate(ladder(nets_here, rate, 6, scope)[1:], start=1):
        masks = prune(nets_here, masks, rate=rate, scope=scope)
        assert density(masks).tolist() == [expected] * 2, level


@given(st.floats(0.001, 0.999), st.integers(1, 30))
def test_rate_and_density_are_inverse(density, rounds):
    assert (1 - rate_for(density, rounds)) ** rounds == pytest.approx(density)


# --- invariants, over random nets, rates and scopes ----------------------------------------------

shapes = st.lists(st.integers(2, 9), min_size=0, max_size=3).map(tuple)


@given(hidden=shapes, rate=st.floats(0.05, 0.6), scope=st.sampled_from(["layer", "global"]),
       rounds=st.integers(1, 4), seed=st.integers(0, 10**6), coarse=st.booleans())
def test_every_cut_is_nested_and_of_exactly_the_size_asked(hidden, rate, scope, rounds, seed, coarse):
    nets_here = stack.draw(nets.mlp(TASK, hidden), [seed, seed + 1])
    if coarse:  # many ties
        nets_here = nets_here.map(lambda t: (4 * t).round())
    masks = dense(nets_here)
    for _ in range(rounds):
        try:
            cut = prune(nets_here, masks, rate=rate, scope=scope)
        except LayerCollapse:
            return
        assert nested(cut, masks)
        pools = [[name] for name in masks] if scope == "layer" else [list(masks)]
        for pool in pools:
            before = sum(torch.tensor(kept(masks, name)) for name in pool).tolist()
            after = sum(torch.tensor(kept(cut, name)) for name in pool).tolist()
            assert after == [n - round(rate * n) for n in before]
        assert all(torch.equal(cut[name], again) for name, again in
                   prune(nets_here, masks, rate=rate, scope=scope).items())
        masks = cut


@given(target=st.floats(0.1, 0.95), scope=st.sampled_from(["layer", "global"]), seed=st.integers(0, 999))
def test_what_goes_is_smaller_than_what_stays(target, scope, seed):
    nets_here = stack.draw(nets.mlp(TASK, (16, 8)), [seed])
    try:
        cut = prune(nets_here, density=target, scope=scope)
    except LayerCollapse:
        return
    scores = magnitude(nets_here)
    for pool in ([[name] for name in cut] if scope == "layer" else [list(cut)]):
        values = torch.cat([scores[name].flatten() for name in pool])
        alive = torch.cat([cut[name].flatten() for name in pool])
        assert int(alive.sum()) == round(target * len(alive))
        if not alive.all():
            assert values[alive].min() >= values[~alive].max()


def test_of_equal_scores_the_first_goes_first():
    nets_here = drawn().map(torch.ones_like)
    mask = prune(nets_here, rate=0.25)["hidden2.weight"]
    assert mask.flatten(1).int().tolist() == [[0] * 32 + [1] * 96] * 2


def test_each_replicate_is_cut_by_its_own_weights():
    nets_here = drawn(replicates=3)
    together = prune(nets_here, rate=0.4, scope="global")
    for r in range(3):
        alone = prune(nets_here[r], rate=0.4, scope="global")
        assert all(torch.equal(together[name][r], alone[name][0]) for name in alone)


def test_pruned_weights_stay_pruned_even_if_their_values_grow():
    nets_here = drawn()
    first = prune(nets_here, rate=0.5)
    grown = nets_here.clone()
    for name, mask in first.items():
        grown.parameters[name][~mask] = 1e6
    assert nested(prune(grown, first, rate=0.5), first)


# --- agreement with torch.nn.utils.prune -----------------------------------------------------------

@pytest.mark.parametrize("net, task", [(LENET, None), (nets.conv(Task((3, 8, 8), 4), 4, width=4), None)])
@pytest.mark.parametrize("rate", [0.2, 0.777])
def test_the_result_is_that_of_torch_global_and_by_layer(net, task, rate):
    nets_here = stack.draw(net, [11])
    module = nets_here.module()
    layers = [(module.get_submodule(name.removesuffix(".weight")), "weight") for name in prunable(net)]
    torch_prune.global_unstructured(layers, torch_prune.L1Unstructured, amount=rate)
    ours = prune(nets_here, rate=rate, scope="global")
    for (layer, _), mask in zip(layers, ours.values(), strict=True):
        assert torch.equal(layer.weight_mask.bool(), mask[0])
    module = nets_here.module()
    ours = prune(nets_here, rate=rate)
    for name, mask in ours.items():
        layer = module.get_submodule(name.removesuffix(".weight"))
        torch_prune.l1_unstructured(layer, "weight", amount=rate)
        assert torch.equal(layer.weight_mask.bool(), mask[0])


# --- scores ----------------------------------------------------------------------------------------


def test_a_score_written_in_a_cell_works():
    nets_here = drawn()
    cut = prune(nets_here, rate=0.5, score=lambda s: {n: -w for n, w in magnitude(s).items()})
    small = prune(nets_here, rate=0.5)
    assert all(not (cut[name] & small[name]).any() for name in cut)


def test_a_score_is_asked_once_however_many_layers_compete_apart():
    """Gradient saliency is a pass over the data each time."""
    asked = []

    def score(nets_here):
        asked.append(nets_here)
        return magnitude(nets_here)

    prune(drawn(), rate=0.5, score=score)
    assert len(asked) == 1


# --- bad input ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, message", [
    ({"rate": 0}, "rate is 0; it must lie between 0 and 1.*write 20 % as 0.2"),
    ({"rate": 20}, "rate is 20;"),
    ({"rate": 1.0}, "rate is 1.0;"),
    ({"density": -0.1}, "density is -0.1;"),
    ({}, "either a rate .* or a density"),
    ({"rate": 0.5, "density": 0.5}, "not both"),
    ({"rate": {"hiden": 0.2}}, "'hiden'.*did you mean 'hidden'"),
    ({"rate": {"hidden": 0.2}}, "nothing of layer 'output'.*0 to leave it alone"),
    ({"rate": {"hidden": 0.2, "output": 2}}, "rate of 'output' is 2; it must lie between 0 and 1, 0 included"),
    ({"rate": 0.2, "scope": "model"}, r"scope is 'model'; choose one of 'layer', 'row', 'global'"),
    ({"rate": PAPER_RATES, "scope": "global"}, "one pool and so one share"),
    ({"rate": 1e-4}, "a rate of 0.0001 removes none"),
    ({"density": 1e-4}, "leaves none of the 192 weights of hidden1; the smallest that leaves one is 0.0052"),
    ({"rate": 0.5, "score": lambda s: {n: w * torch.nan for n, w in magnitude(s).items()}},
     "score of 'hidden1' has values that are not finite"),
])
def test_bad_shares_and_scopes_say_what_is_allowed(arguments, message):
    with pytest.raises(ValueError, match=message):
        prune(drawn(), **arguments)


def test_a_density_above_the_present_one_cannot_be_reached():
    nets_here = drawn()
    cut = prune(nets_here, rate=0.5, scope="global")
    with pytest.raises(ValueError, match="density of 0.8 cannot be reached.*replicate 0 is at 0.5 already"):
        prune(nets_here, cut, density=0.8, scope="global")


def test_a_layer_left_without_weights_is_named():
    nets_here = drawn()
    nets_here.parameters["hidden2.weight"][1] *= 1e-6
    with pytest.raises(LayerCollapse, match="layer 'hidden2' of replicate 1 would lose all of its 128"
                       ) as caught:
        prune(nets_here, rate=0.6, scope="global")
    assert (caught.value.layer, caught.value.replicate) == ("hidden2", 1)


def test_a_rate_of_zero_leaves_a_layer_alone_in_either_scope():
    nets_here = drawn()
    for scope in ("layer", "global"):
        cut = prune(nets_here, rate={"hidden": 0.5, "output": 0}, scope=scope)
        assert cut["output.weight"].all() and not cut["hidden1.weight"].all()


def test_ranks_are_a_permutation_with_the_pruned_first():
    nets_here = drawn()
    cut = prune(nets_here, rate=0.3)
    pool = list(cut)
    ranks = removal_ranks(magnitude(nets_here), cut, pool)
    flat = torch.cat([ranks[name].flatten(1) for name in pool], 1)
    assert torch.equal(flat.sort(1).values, torch.arange(flat.shape[1]).expand(2, -1))
    gone = torch.cat([~cut[name].flatten(1) for name in pool], 1)
    assert (flat[gone].view(2, -1) < gone.sum(1, keepdim=True)).all()


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("shift", [-10.0, 0.0, 10.0])
def test_pruned_weights_stay_pruned_whatever_the_sign_of_the_scores(scope, shift):
    """Scores only order the weights. Where all survivors score below zero, a zero that stands for
    "pruned" would be the best of them, and what was cut would compete again."""
    def score(nets_here):
        return {name: shift - w for name, w in magnitude(nets_here).items()}

    nets_here = drawn()
    before = dense(nets_here)
    for _ in range(3):
        cut = prune(nets_here, before, rate=0.3, scope=scope, score=score)
        assert nested(cut, before)
        pools = [[name] for name in cut] if scope == "layer" else [list(cut)]
        for pool in pools:
            alive = sum(torch.tensor(kept(before, name)) for name in pool).tolist()
            left = sum(torch.tensor(kept(cut, name)) for name in pool).tolist()
            assert left == [n - round(0.3 * n) for n in alive]
            for r in range(2):
                values, old, new = (torch.cat([each[name][r].flatten() for name in pool])
                                    for each in (score(nets_here), before, cut))
                assert values[new].min() >= values[old & ~new].max(), "the lowest survivors go"
        before = cut
