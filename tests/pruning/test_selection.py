"""Rows and patterns: exactly so many stay, the highest, and ties go in the order of memory."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import ticketlab as tl
from ticketlab.pruning import highest, n_of_m, prune

DATA = tl.data.load("mnist1d")


def mlp(seeds=(0, 1)):
    return tl.draw(tl.nets.mlp(DATA, (12, 8)), seeds)


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 1000), st.booleans())
def test_exactly_the_wanted_number_stays_and_no_higher_score_goes(count, n, seed, ties):
    draw = torch.Generator().manual_seed(seed)
    scores = torch.randn(count, n, generator=draw)
    scores = scores.round() if ties else scores
    keep = torch.randint(0, n + 1, (count,), generator=draw)
    kept = highest(scores, keep)
    assert torch.equal(kept.sum(1), keep)
    for row, mask in zip(scores, kept, strict=True):
        if mask.any() and not mask.all():
            assert row[mask].min() >= row[~mask].max()


def test_of_equal_scores_the_first_in_memory_goes_first():
    kept = highest(torch.tensor([[1.0, 1, 1, 0, 1]]), torch.tensor([2]))
    assert kept.tolist() == [[False, False, True, False, True]]


@pytest.mark.parametrize("density", [0.5, 0.21])
def test_by_row_every_output_keeps_as_many(density):
    stack = mlp()
    masks = prune(stack, density=density, scope="row")
    for name, mask in masks.items():
        assert (mask.flatten(2).sum(2) == round(density * mask[0, 0].numel())).all(), name
    layerwise = prune(stack, density=density)
    assert any(not torch.equal(masks[name], layerwise[name]) for name in masks)


def test_by_row_is_by_layer_where_a_layer_has_one_row():
    stack = tl.draw(torch.nn.Sequential(torch.nn.Linear(40, 1)), [0])
    for rate in (0.3, 0.8):
        one, two = (prune(stack, rate=rate, scope=scope)["0.weight"] for scope in ("row", "layer"))
        assert torch.equal(one, two)


def test_rounds_by_row_are_nested_and_end_at_the_ladder():
    stack, rungs = mlp(), tl.pruning.ladder(mlp(), 0.3, 3, "row")
    masks = None
    for level in range(3):
        after = prune(stack, masks, rate=0.3, scope="row")
        assert masks is None or tl.masks.nested(after, masks)
        masks = after
        assert tl.pruning.density(masks).tolist() == pytest.approx([rungs[level + 1]] * 2)


def test_by_row_in_a_kernel_a_row_is_an_output_channel():
    stack = tl.draw(tl.nets.conv1d(DATA), [0])
    mask = prune(stack, density=0.5, scope="row")["conv2.weight"] if "conv2.weight" in stack.parameters else \
        next(m for m in prune(stack, density=0.5, scope="row").values() if m.dim() == 4)
    assert (mask.flatten(2).sum(2) == round(0.5 * mask[0, 0].numel())).all()


def test_a_density_that_leaves_a_row_nothing_is_refused():
    with pytest.raises(ValueError, match="a row of hidden2"):
        prune(mlp(), density={"hidden": 0.02, "output": 1}, scope="row")


# ---- n of m ----


@pytest.mark.parametrize("n, m", [(2, 4), (1, 4), (3, 4)])
def test_n_of_every_m_weights_of_a_row_stay_and_they_are_the_largest(n, m):
    stack = mlp()
    for name, mask in n_of_m(stack, n, m).items():
        groups = mask.reshape(-1, m)
        assert (groups.sum(1) == n).all(), name
        sizes = stack.parameters[name].abs().reshape(-1, m)
        lowest = sizes.masked_fill(~groups, torch.inf).min(1).values
        assert (lowest >= sizes.masked_fill(groups, -torch.inf).max(1).values).all()


def test_what_is_pruned_stays_pruned_under_a_pattern():
    stack = mlp()
    before = prune(stack, density=0.4)
    after = n_of_m(stack, 2, 4, masks=before)
    assert tl.masks.nested(after, before) and all((m.reshape(-1, 4).sum(1) <= 2).all() for m in after.values())


@pytest.mark.parametrize("n, m, message", [
    (2, 3, "rows of layer 'hidden1' have 40 weights, which 3 does not divide"), (4, 4, "n must be below m"),
    (0, 4, "n is 0; it must be a whole number, 1 or above"), (2.0, 4, "n is 2.0")])
def test_patterns_that_do_not_fit_are_named(n, m, message):
    with pytest.raises(ValueError, match=message):
        n_of_m(mlp(), n, m)
