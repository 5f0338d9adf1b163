"""SparseGPT: never worse than magnitude on what it minimises, exact where that is known, exactly k."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import ticketlab as tl
from ticketlab.pruning import output_error, reconstruct, sparse_gpt

DATA = tl.data.load("mnist1d")


def made(seed, rows=24, columns=32):
    """A random layer, and inputs that have four causes in common and noise of their own."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(400, 4, generator=draw) @ torch.randn(4, columns, generator=draw)
    x = x + torch.randn(400, columns, generator=draw)
    return torch.randn(rows, columns, generator=draw), x.T @ x


@given(st.integers(0, 10_000), st.sampled_from([0.3, 0.5, 0.8]))
def test_its_outputs_change_less_than_those_of_magnitude(seed, density):
    weight, products = made(seed)
    new, kept = sparse_gpt(weight, products, density)
    by_size = tl.pruning.highest(weight.abs().reshape(1, -1), kept.sum()[None]).view(weight.shape)
    assert output_error(weight, new, products) <= output_error(weight, weight * by_size, products)
    assert output_error(weight, new, products) <= output_error(weight, weight * kept, products), "its own mask, uncorrected"


@given(st.integers(0, 1_000), st.sampled_from([0.25, 0.5, 0.9]), st.sampled_from([5, 16, 128]))
def test_exactly_so_many_stay_in_each_block_and_the_rest_is_zero(seed, density, block):
    weight, products = made(seed)
    new, kept = sparse_gpt(weight, products, density, block=block)
    for start in range(0, 32, block):
        part = kept[:, start:start + block]
        assert part.sum() == round(density * part.numel())
    assert (new[~kept] == 0).all() and (new[kept] != 0).all()


@pytest.mark.parametrize("n, m", [(2, 4), (1, 2)])
def test_a_pattern_is_kept_in_every_group(n, m):
    weight, products = made(1)
    new, kept = sparse_gpt(weight, products, pattern=(n, m))
    assert (kept.reshape(-1, m).sum(1) == n).all() and torch.equal(new != 0, kept)


def test_where_inputs_have_nothing_to_do_with_one_another_nothing_is_made_good():
    """X'X diagonal: the survivors stay as they were, and it is Wanda's score that decides."""
    weight, _ = made(2)
    sizes = torch.linspace(0.1, 3, 32)
    new, kept = sparse_gpt(weight, torch.diag(sizes**2), 0.5)
    torch.testing.assert_close(new, weight * kept)
    # the damping adds to each size, so only weights near the threshold may change places
    scores = weight.abs() * (sizes**2 + 0.01 * (sizes**2).mean()).sqrt()
    assert torch.equal(kept, tl.pruning.highest(scores.reshape(1, -1), kept.sum()[None]).view(weight.shape))


def test_an_input_that_another_repeats_is_made_good_for():
    """Two equal inputs: the second takes over what the first one did."""
    x = torch.randn(100, 1, generator=torch.Generator().manual_seed(3)).repeat(1, 2)
    new, kept = sparse_gpt(torch.tensor([[1.0, 2.0]]), x.T @ x, 0.5)
    assert kept.tolist() == [[False, True]] and new[0, 1].item() == pytest.approx(3, abs=0.05)


def test_blocks_change_little():
    """Blocks only save memory traffic; the mask is chosen block by block, and so differs a little."""
    weight, products = made(4)
    errors = [output_error(weight, sparse_gpt(weight, products, 0.5, block=block)[0], products) for block in (4, 32)]
    assert errors[0] == pytest.approx(errors[1], rel=0.5)
    one, two = (sparse_gpt(weight, products, pattern=(2, 4), block=block)[0] for block in (4, 32))
    torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4), "with a pattern they change nothing"


def test_a_silent_input_goes_first():
    weight, products = made(5)
    products[7], products[:, 7] = 0, 0
    new, kept = sparse_gpt(weight, products, 0.5)
    assert (new[:, 7] == 0).all() and new.isfinite().all()


def test_a_stack_is_cut_layer_after_layer_and_keeps_more_of_its_outputs():
    stack = tl.draw(tl.nets.mlp(DATA, (24, 16)), [0, 1])
    x, before = DATA.x_train[:300], {name: t.clone() for name, t in stack.parameters.items()}
    cut, masks = reconstruct(stack, x, 0.5)
    assert all(torch.equal(stack.parameters[name], t) for name, t in before.items())
    outputs = tl.stack.forward(stack, x, shared=True)
    def error(other):
        return (tl.stack.forward(other, x, shared=True) - outputs).square().mean((1, 2))
    plain = tl.masks.apply_masks(stack, tl.pruning.prune(stack, density=0.5))
    assert (error(cut) < error(plain)).all()
    assert tl.pruning.density(masks).tolist() == pytest.approx([0.5, 0.5], abs=0.01)
    assert all((cut.parameters[name][~mask] == 0).all() for name, mask in masks.items())


def test_a_layer_is_made_good_for_what_comes_out_of_those_before_it():
    stack = tl.draw(tl.nets.mlp(DATA, (24, 16)), [0])
    x = DATA.x_train[:300]
    cut, masks = reconstruct(stack, x, 0.5)
    own = cut.parameters
    hidden = torch.relu(x @ own["hidden1.weight"][0].T + own["hidden1.bias"][0])
    new, kept = sparse_gpt(stack.parameters["hidden2.weight"][0], hidden.T @ hidden, 0.5)
    assert (kept == masks["hidden2.weight"][0]).float().mean() > 0.99, "but for ties of rounding"
    torch.testing.assert_close(own["hidden2.weight"][0] * kept, new * masks["hidden2.weight"][0],
                               rtol=1e-2, atol=1e-3)


def test_only_named_layers_are_cut_and_kernels_are_too():
    stack = tl.draw(tl.nets.conv1d(DATA), [0])
    layers = [tl.pruning.layer_name(name) for name in tl.pruning.prunable(stack.net)]
    cut, masks = reconstruct(stack, DATA.x_train[:40], 0.5, layers=layers[1:2])
    assert [round(float(d), 1) for d in tl.pruning.layer_densities(masks).values()] == [
        0.5 if layer == layers[1] else 1.0 for layer in layers]
    with pytest.raises(ValueError, match="layers names 'nothing'; this net has"):
        reconstruct(stack, DATA.x_train[:4], 0.5, layers=["nothing"])


@pytest.mark.parametrize("options, message", [
    ({}, "either a density or a pattern"), ({"density": 0.5, "pattern": (2, 4)}, "either a density or a pattern"),
    ({"density": 1.0}, "density is 1.0"), ({"pattern": (2, 5)}, "the pattern is 2 of 5"),
    ({"density": 0.5, "block": 0}, "block is 0")])
def test_bad_input_is_named(options, message):
    weight, products = made(0)
    with pytest.raises(ValueError, match=message):
        sparse_gpt(weight, products, **options)
    with pytest.raises(ValueError, match="must be"):
        sparse_gpt(nn.Parameter(weight), products[:4, :4], 0.5)
