"""Edge-popup's cut and gradient: exactly k, ties as everywhere, straight through."""

import pytest
import torch
from torch import nn

from tests.pruning.test_cut import drawn
from ticketlab import nets, stack
from ticketlab.pruning import apply_masks, dense, prune, supermasks, survivors
from ticketlab.pruning import random as random_score


def test_exactly_so_many_of_the_largest_magnitudes_are_used_whatever_their_sign():
    scores = torch.tensor([[[-3.0, 0.5], [1.0, -2.0]], [[0.1, 0.2], [0.3, -0.4]]])
    used = supermasks.top(scores, torch.tensor([2, 3]))
    assert used.tolist() == [[[True, False], [False, True]], [[False, True], [True, True]]]


@pytest.mark.parametrize("keep", range(1, 7))
def test_of_equal_scores_exactly_k_are_used_and_the_first_in_memory_goes_first(keep):
    scores = torch.tensor([[0.5, -0.5, 0.5, 0.5, -0.5, 0.5]]).repeat(2, 1)
    used = supermasks.top(scores, torch.tensor([keep, 6]))
    assert used.tolist() == [[False] * (6 - keep) + [True] * keep, [True] * 6]


def test_networks_that_keep_different_numbers_are_cut_as_each_alone():
    scores = torch.randn(20, 7, 5, generator=torch.Generator().manual_seed(0))
    for keep in (torch.arange(1, 21), torch.tensor([3, 30] * 10)):  # many numbers, and few
        together = supermasks.top(scores, keep)
        assert together.flatten(1).sum(1).tolist() == keep.tolist()
        for r in range(20):
            assert torch.equal(together[r:r + 1], supermasks.top(scores[r:r + 1], keep[r:r + 1]))


def test_the_gradient_passes_the_cut_as_if_it_were_not_there():
    """Against autograd: w |s| has the gradient g w sign(s) in s, used or not."""
    generator = torch.Generator().manual_seed(0)
    values, gradient = torch.randn(2, 3, 4, 5, generator=generator)
    scores = torch.randn(3, 4, 5, generator=generator).requires_grad_()
    (values * scores.abs() * gradient).sum().backward()
    torch.testing.assert_close(supermasks.score_gradient(gradient, values, scores), scores.grad)


def test_first_scores_are_each_networks_own_and_those_of_the_authors_code():
    values = torch.zeros(3, 60, 100)
    scores = supermasks.first_scores(values, "hidden1.weight", [5, 6, 5])
    assert torch.equal(scores[0], scores[2]) and not torch.equal(scores[0], scores[1])
    assert torch.equal(scores[1:2], supermasks.first_scores(values[:1], "hidden1.weight", [6])), "alone as together"
    assert not torch.equal(scores, supermasks.first_scores(values, "hidden2.weight", [5, 6, 5]))
    # Kaiming uniform with a = sqrt(5): within 1 / sqrt(fan in)
    reference = nn.init.kaiming_uniform_(torch.empty(60, 100), a=5 ** 0.5)
    assert 0.097 < scores.abs().max() < 0.1 and abs(scores.std() - reference.std()) < 2e-3


def test_shares_keep_that_much_of_every_layer():
    start = drawn()
    half, most = supermasks.shares(start, [0.5, 1])
    assert all(mask.all() for mask in most.values())
    for name, kept in survivors(half).items():
        assert kept.tolist() == [round(start.parameters[name][0].numel() / 2)] * start.replicates


def test_found_reads_the_mask_off_the_weights_that_act():
    masks = prune(start := drawn(), density=0.3, score=random_score(range(drawn().replicates)))
    found = supermasks.found(apply_masks(start, masks))
    assert all(torch.equal(found[name], masks[name]) for name in masks)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan"), 50, "half", None])
def test_a_share_that_is_none_is_an_error(share):
    with pytest.raises(ValueError, match=f"the share is {share!r}; .*above 0, up to 1"):
        supermasks.shares(drawn(), [0.5, share])


def test_a_share_that_empties_a_layer_names_it():
    net = stack.draw(nets.mlp(nets.Task((30,), 2), (20, 3)), [0])
    with pytest.raises(ValueError, match="0.08 leaves none of the 6 weights of layer 'output'; the smallest .* 0.17"):
        supermasks.shares(net, [0.08])
    masks = dense(net)
    masks["hidden2.weight"][:] = False
    with pytest.raises(ValueError, match="none of the 60 weights of layer 'hidden2' of replicate 0"):
        supermasks.counts(masks)


def test_tied_weights_and_weights_that_are_zero_cannot_be_picked():
    layer = nn.Linear(6, 6)
    net = nn.Sequential(layer, nn.ReLU(), layer, nn.Linear(6, 2))
    with pytest.raises(ValueError, match=r"'0.weight' and '2.weight' are one tied weight.*prunable_as"):
        supermasks.check_pickable(net, dict(net.named_parameters()))
    start = drawn()
    supermasks.check_pickable(start.net, start.parameters)
    start.parameters["hidden1.weight"][0, 0, :3] = 0
    with pytest.raises(ValueError, match="3 weights of layer 'hidden1' are exactly 0"):
        supermasks.check_pickable(start.net, start.parameters)
