"""Masks go to ``torch.nn.utils.prune`` and come back: the same bits, and the same network."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune as torch_prune

from tests.nets.test_parameters import Tied
from ticketlab import nets, stack
from ticketlab.pruning import apply_masks, dense, density, from_torch, prune, to_torch
from ticketlab.stack import forward


def assert_same(one, two):
    for field in ("parameters", "buffers"):
        ours, theirs = getattr(one, field), getattr(two, field)
        assert list(ours) == list(theirs)
        for name, values in ours.items():
            assert torch.equal(values, theirs[name]), name
    assert nets.describe(one.net).digest == nets.describe(two.net).digest


def small(kind, inputs, hidden, bias):
    if kind == "linear":
        return nn.Sequential(nn.Linear(inputs, hidden, bias), nn.ReLU(), nn.Linear(hidden, 3, bias))
    return nn.Sequential(nn.Conv1d(2, hidden, 3, padding=1, bias=bias), nn.BatchNorm1d(hidden),
                         nn.Flatten(), nn.Linear(hidden * inputs, 3, bias))


@settings(max_examples=30)
@given(kind=st.sampled_from(["linear", "conv"]), inputs=st.integers(1, 9), hidden=st.integers(1, 9),
       bias=st.booleans(), density=st.floats(0, 1), replicates=st.integers(1, 3),
       seed=st.integers(0, 99))
def test_there_and_back_gives_the_same_masks_network_and_digest(kind, inputs, hidden, bias, density,
                                                                replicates, seed):
    drawn = stack.draw(small(kind, inputs, hidden, bias), range(seed, seed + replicates))
    generator = torch.Generator().manual_seed(seed)
    masks = {name: torch.rand(mask.shape, generator=generator) < density
             for name, mask in dense(drawn).items()}
    modules = [to_torch(drawn, masks, replicate) for replicate in range(replicates)]
    back, found = from_torch(modules)
    assert_same(back, apply_masks(drawn, masks))
    assert list(found) == list(masks)
    assert all(torch.equal(mask, masks[name]) for name, mask in found.items())
    x = torch.randn(4, inputs) if kind == "linear" else torch.randn(4, 2, inputs)
    for module, outputs in zip(modules, forward(back, x, shared=True), strict=True):
        torch.testing.assert_close(module(x), outputs)


def pruned_with_torch():
    net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    torch_prune.l1_unstructured(net[0], "weight", 0.5)
    torch_prune.random_unstructured(net[0], "weight", 0.5)  # a second round: a container of both
    return net


def test_a_module_pruned_there_is_left_as_it_was_and_its_masks_are_torchs():
    net = pruned_with_torch()
    before = copy.deepcopy(net.state_dict())
    computed = net[0].weight
    drawn, masks = from_torch(net)
    assert torch.equal(masks["0.weight"][0], net[0].weight_mask.bool()) and masks["2.weight"].all()
    assert net[0].weight is computed and list(net.state_dict()) == list(before)
    assert all(torch.equal(values, before[name]) for name, values in net.state_dict().items())
    assert density(masks).item() == pytest.approx((int(masks["0.weight"].sum()) + 15) / 45, abs=0)
    assert torch.equal(drawn.parameters["0.weight"][0], (net[0].weight_orig * net[0].weight_mask))
    x = torch.randn(4, 6)
    torch.testing.assert_close(forward(drawn, x, shared=True)[0], net(x))


def test_a_module_that_went_there_can_be_copied_and_keeps_its_zeros_when_trained():
    drawn = stack.draw(small("linear", 6, 5, True), [0, 1])
    masks = prune(drawn, rate=0.5)
    module = copy.deepcopy(to_torch(drawn, masks, 1))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        module(torch.randn(4, 6)).square().sum().backward()
        optimizer.step()
    torch_prune.remove(module[0], "weight")
    assert (module[0].weight != 0).eq(masks["0.weight"][1]).all()


def test_a_weight_that_two_layers_share_is_masked_in_both_and_refused_if_masked_in_one():
    drawn = stack.draw(Tied(), [0])
    masks = prune(drawn, density=0.5, scope="global")
    module = to_torch(drawn, masks)
    assert torch.equal(module.emb.weight_mask, module.out.weight_mask)
    back, found = from_torch(module)
    assert_same(back, apply_masks(drawn, masks))
    assert all(torch.equal(mask, masks[name]) for name, mask in found.items())
    one_sided = Tied()
    torch_prune.l1_unstructured(one_sided.emb, "weight", 0.5)
    with pytest.raises(ValueError, match="'emb.weight' and 'out.weight' are one parameter"):
        from_torch(one_sided)


def test_what_is_not_prunable_here_is_named_with_the_cure():
    net = pruned_with_torch()
    torch_prune.l1_unstructured(net[2], "bias", 1)
    with pytest.raises(ValueError, match=r"net 0 has a mask for '2.bias'.*remove\(net.get_submodule"):
        from_torch([net])


def test_masks_and_replicate_must_be_of_the_stack():
    drawn = stack.draw(small("linear", 6, 5, True), [0])
    masks = prune(drawn, rate=0.5)
    with pytest.raises(ValueError, match="replicate is 1"):
        to_torch(drawn, masks, 1)
    with pytest.raises(ValueError, match="they have none for '0.weight'"):
        to_torch(drawn, {"2.weight": masks["2.weight"]})
