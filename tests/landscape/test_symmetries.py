"""Symmetries: the function stays where the papers say so, and nowhere else; zeros are counted."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ticketlab import landscape, nets, stack
from ticketlab.nets import Task
from ticketlab.pruning import apply_masks, prune

SIGNAL, IMAGE = Task((40,), 10), Task((3, 8, 8), 10)
NETS = {"mlp": (nets.mlp(SIGNAL, (30, 20)), SIGNAL), "cnn with norms": (nets.conv1d(SIGNAL, width=6), SIGNAL),
        "images with pools": (nets.conv(IMAGE, depth=2, width=8), IMAGE)}
PAIR = nn.Sequential(nn.Linear(40, 30), nn.ReLU(), nn.Linear(30, 32), nn.Linear(32, 25), nn.ReLU(), nn.Linear(25, 10))


def sparse(net, seed=0, density=0.3):
    """Pruned networks whose biases, norms and statistics are all of their own."""
    drawn = stack.draw(net, [seed, seed + 1])
    generator = torch.Generator().manual_seed(seed)
    def stir(t):
        # not the counts of batches, and no weight matrix
        return t + 0.3 * torch.rand(t.shape, generator=generator) if t.is_floating_point() and t.dim() == 2 else t
    drawn = drawn.map(stir)
    masks = prune(drawn, density=density)
    return apply_masks(drawn, masks), masks


def outputs(networks, task, seed=0):
    x = torch.randn(50, *task.shape, generator=torch.Generator().manual_seed(seed))
    return stack.forward(networks, x, shared=True)


def change(a, b, task):
    ours, theirs = outputs(a, task), outputs(b, task)
    return ((ours - theirs).abs().max() / ours.abs().max()).item()


@settings(max_examples=15, deadline=None)
@given(name=st.sampled_from(sorted(NETS)), seed=st.integers(0, 10**6))
def test_renamed_and_scaled_units_compute_the_same_with_as_many_zeros(name, seed):
    net, task = NETS[name]
    networks, masks = sparse(net, seed % 1000)
    orders = landscape.random_orders(networks, [seed, seed + 1])
    factors = landscape.random_factors(networks, [seed, seed + 1])
    for moved in (landscape.permute(networks, orders), landscape.rescale(networks, factors)):
        assert change(networks, moved, task) < 1e-5
        assert torch.equal(landscape.zeros(moved), landscape.zeros(networks))
        assert any(not torch.equal(t, moved.parameters[name]) for name, t in networks.parameters.items())


def test_each_network_has_an_order_of_its_own_that_its_seed_decides():
    networks, _ = sparse(NETS["mlp"][0])
    first, again, other = (landscape.random_orders(networks, seeds)["hidden1"] for seeds in ([3, 4], [3, 4], [4, 3]))
    assert torch.equal(first, again) and torch.equal(first.flip(0), other) and not torch.equal(first[0], first[1])


def test_masks_go_where_their_weights_go():
    for net, _ in NETS.values():
        networks, masks = sparse(net)
        orders = landscape.random_orders(networks, [3, 4])
        moved, carried = landscape.permute(networks, orders), landscape.permute_masks(masks, networks, orders)
        for name, mask in carried.items():
            assert not moved.parameters[name][~mask].any()
            assert mask.sum() == masks[name].sum() and not torch.equal(mask, masks[name])


def test_an_order_and_its_inverse_give_back_every_bit():
    networks, _ = sparse(NETS["cnn with norms"][0])
    orders = landscape.random_orders(networks, [5, 6])
    back = landscape.permute(landscape.permute(networks, orders),
                             {layer: order.argsort(1) for layer, order in orders.items()})
    for field in ("parameters", "buffers"):
        for name, values in getattr(networks, field).items():
            assert torch.equal(getattr(back, field)[name], values)


@settings(max_examples=20, deadline=None)
@given(angle=st.floats(1, 359).filter(lambda a: min(a % 90, 90 - a % 90) > 0.5), seed=st.integers(0, 10**6))
def test_a_rotated_linear_pair_computes_the_same_without_zeros(angle, seed):
    networks, _ = sparse(PAIR, seed % 1000)
    moved = landscape.rotate(networks, "2", angle, seed=seed)
    names = landscape.place_of(PAIR, "2").weights
    assert names == ("2.weight", "3.weight")
    assert change(networks, moved, SIGNAL) < 1e-4
    zeros, size = landscape.zeros(moved, names), sum(moved.parameters[name][0].numel() for name in names)
    assert (zeros < 0.01 * size).all() and (landscape.zeros(networks, names) > 0.5 * size).all()


def test_rotated_attention_computes_the_same_without_zeros():
    task = Task((9,), 7)
    net = nets.gpt(task, width=32, heads=2, blocks=2)
    networks, _ = sparse(net, density=0.5)
    x = torch.randint(0, 7, (5, 9), generator=torch.Generator().manual_seed(0))
    given = stack.forward(networks, x, shared=True)
    places = landscape.rotatable(net)
    assert len(places) == 4 and set(places.values()) == {None}
    for place in places:
        moved = landscape.rotate(networks, place, 37, seed=1)
        assert (stack.forward(moved, x, shared=True) - given).abs().max() / given.abs().max() < 1e-4
        names = landscape.place_of(net, place).weights
        size = sum(moved.parameters[name][0].numel() for name in names)
        assert (landscape.zeros(moved, names) < 0.01 * size).all()
        assert (landscape.zeros(networks, names) > 0.4 * size).all()


def test_across_a_relu_the_function_changes_and_the_message_says_so():
    networks, _ = sparse(NETS["mlp"][0])
    with pytest.warns(UserWarning, match="ReLU stands behind 'hidden1'.*computes another function"):
        moved = landscape.rotate(networks, "hidden1", 40)
    assert change(networks, moved, SIGNAL) > 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        landscape.rotate(networks, "hidden1", 40, knowing=True)
        landscape.rotate(sparse(PAIR)[0], "2", 40)


def test_a_rotated_layer_of_channels_turns_all_positions_of_a_unit_alike():
    """Behind a Flatten a unit has several inputs of the reader, side by side."""
    net = nn.Sequential(nn.Conv1d(2, 6, 3), nn.Flatten(), nn.Linear(6 * 8, 5))
    networks, _ = sparse(net)
    assert change(networks, landscape.rotate(networks, "0", 65), Task((2, 10), 5)) < 1e-4


def test_a_full_turn_is_no_turn_and_half_of_one_changes_signs():
    networks, masks = sparse(PAIR)
    for angle in (0, 360, -360):
        moved = landscape.rotate(networks, "2", angle)
        assert all(torch.equal(moved.parameters[name], values) for name, values in networks.parameters.items())
    half = landscape.rotate(networks, "2", 180)
    torch.testing.assert_close(half.parameters["2.weight"], -networks.parameters["2.weight"])
    torch.testing.assert_close(half.parameters["3.weight"], -networks.parameters["3.weight"])


@pytest.mark.parametrize("call, message", [
    (lambda s, m: landscape.rotate(s, "2", 361), "angle is 361; it must be a number between -360 and 360"),
    (lambda s, m: landscape.rotate(s, "2", "sixty"), "angle is 'sixty'"),
    (lambda s, m: landscape.rotate(s, "2", float("nan")), "angle is nan"),
    (lambda s, m: landscape.rotate(s, "9", 10), r"'9' is no place .* there are \['0', '2', '3'\]"),
    (lambda s, m: landscape.rotate(s, "2", 10, masks=m), "masks prune .* of '2.weight', .*no mask can be carried"),
    (lambda s, m: landscape.permute(s, {"5": torch.zeros(2, 3)}), "'5' has no hidden units"),
    (lambda s, m: landscape.permute(s, {"2": torch.zeros(2, 32, dtype=torch.long)}), "each of the units 0 to 31 once"),
    (lambda s, m: landscape.permute(s, {"2": torch.arange(12)}), r"orders of '2' have the shape \(12,\); .*\(2, 32\)"),
    (lambda s, m: landscape.rescale(s, {"0": torch.zeros(2, 30)}), "factors of '0' must lie above 0.*least is 0"),
    (lambda s, m: landscape.random_orders(s, [1]), "1 seeds for 2 networks"),
    (lambda s, m: landscape.random_factors(s, [1, 2], most=1), "most is 1"),
    (lambda s, m: landscape.permute(s.module(0), {}), "one nn.Module")])
def test_what_does_not_fit_is_named_with_the_cure(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(*sparse(PAIR))


def test_only_positive_factors_pass_and_only_through_a_relu():
    bent = stack.draw(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)), [0])
    with pytest.raises(ValueError, match="Tanh stands behind '0': scaled units give another function"):
        landscape.rescale(bent, {"0": torch.ones(1, 3)})
