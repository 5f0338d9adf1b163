"""Masks: what they may cover, what they keep, and how much of a net that is."""

import pytest
import torch

from tests.pruning.test_cut import LENET, drawn
from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.pruning import (
    apply_masks,
    dense,
    density,
    describe,
    layer_densities,
    prunable,
    prune,
)
from ticketlab.pruning import masks as masks_room
from ticketlab.pruning.masks import nested


def test_three_numbers_are_shown_together():
    assert describe(0.2107, rate=0.2) == "density 21.1 %, sparsity 78.9 %, rate 20 %"
    assert describe(0.25) == "density 25 %, sparsity 75 %, rate 75 %"
    with pytest.raises(ValueError, match="density is 21.07; a share lies between 0 and 1"):
        describe(21.07)


def test_density_counts_weights_only():
    ones = dense(stack.draw(LENET, [0]))
    assert sum(mask[0].numel() for mask in ones.values()) == 266_200
    assert not any("bias" in name for name in ones)
    half = ones | {"hidden1.weight": torch.zeros_like(ones["hidden1.weight"])}
    assert density(half).item() == pytest.approx(31_000 / 266_200, abs=0)
    assert layer_densities(half)["hidden1"].item() == 0


@pytest.mark.parametrize("change, message", [
    (lambda masks: masks.pop("hidden2.weight"), "they have none for 'hidden2.weight'"),
    (lambda masks: masks.update({"hidden1.bias": masks["hidden1.weight"]}), "'hidden1.bias', which is not"),
    (lambda masks: masks.update({"output.weight": masks["output.weight"][0]}), r"they are \(4, 8\), and"),
    (lambda masks: masks.update({"output.weight": masks["output.weight"].float()}), "float32, not torch.bool"),
])
def test_masks_that_do_not_fit_are_refused(change, message):
    masks = dense(drawn())
    change(masks)
    with pytest.raises(ValueError, match=message):
        apply_masks(drawn(), masks)


def test_a_net_without_weights_cannot_be_pruned():
    with pytest.raises(ValueError, match="ReLU has no linear or convolutional layer"):
        prunable(torch.nn.ReLU())


def test_kinds_are_conv_hidden_output():
    assert list(prunable(nets.conv(Task((3, 8, 8), 4), 2, width=2)).values()) == [
        "conv", "conv", "hidden", "hidden", "output"]


def test_applying_masks_changes_only_what_they_remove():
    nets_here = drawn()
    cut = prune(nets_here, rate=0.5)
    applied = apply_masks(nets_here, cut)
    for name, values in nets_here.parameters.items():
        expected = values * cut[name] if name in cut else values
        assert torch.equal(applied.parameters[name], expected)
    assert masks_room.survivors(cut)["output.weight"].tolist() == [16, 16]


def test_masks_of_several_stacks_are_joined_as_the_stacks_are():
    one, two = prune(drawn(), rate=0.5), prune(drawn(replicates=3), rate=0.2)
    joined = masks_room.concatenate([one, two])
    assert density(joined).tolist() == density(one).tolist() + density(two).tolist()
    with pytest.raises(ValueError, match="masks are of different nets"):
        masks_room.concatenate([one, prune(drawn(hidden=(16,)), rate=0.5)])


def test_applying_masks_leaves_the_given_stack_as_it_was():
    """The stem of a search is masked anew at every level: changed once, all later levels would
    start from the survivors of the first."""
    nets_here = drawn()
    before = nets_here.clone()
    apply_masks(nets_here, prune(nets_here, rate=0.5))
    for name, values in nets_here.parameters.items():
        assert torch.equal(values, before.parameters[name])


def test_masks_are_nested_only_if_every_weight_kept_inside_is_kept_outside():
    outer = {"a": torch.tensor([[True, True, False]]), "b": torch.tensor([[True, False]])}
    assert nested(outer, outer)
    assert nested(outer | {"a": torch.tensor([[True, False, False]])}, outer)
    assert not nested(outer, outer | {"a": torch.tensor([[True, False, False]])})
    other = outer | {"b": torch.tensor([[False, True]])}
    assert not nested(other, outer) and not nested(outer, other), "as many weights, and other ones"


def test_layer_densities_are_those_of_each_layer_and_replicate():
    masks = dense(drawn())
    masks["output.weight"][1, :, :4] = False
    found = layer_densities(masks)
    assert {name: shares.tolist() for name, shares in found.items()} == {
        "hidden1": [1, 1], "hidden2": [1, 1], "output": [1, 0.5]}
