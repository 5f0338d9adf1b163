"""The numbers of lesson 07's panels are those of the library: cuts, zeros, accuracies."""

import pytest

from ticketlab.panels.variants.panel import ANGLES
from ticketlab.panels.variants.table import RATES, measure
from ticketlab.pruning import apply_masks, prunable, prune
from ticketlab.training import evaluate


def test_a_cut_has_the_accuracy_of_pruning_and_evaluating(trained, some_data):
    own = trained["powerpropagation"]
    variants = measure(list(own), list(own.values()), list(prunable(own["none"].net)), some_data)
    for variant, networks in zip(variants, own.values(), strict=True):
        for place in (4, 10, 16):
            masks = prune(networks, rate=RATES[place], scope="global")
            accuracy = evaluate(apply_masks(networks, masks), some_data.x_test, some_data.y_test)[1]
            assert variant.mean[place] == pytest.approx(accuracy.mean().item())
            assert (variant.low[place], variant.high[place]) == pytest.approx(
                (accuracy.min().item(), accuracy.max().item()))
            kept = min(networks.parameters[name][0].abs()[masks[name][0]].min().item() for name in masks)
            assert variant.thresholds[place] <= kept


def test_the_histogram_counts_every_weight_that_turns_and_the_zeros_in_it(rotations):
    shown = rotations._groups["linear pair"]
    assert [variant.counts.sum() for variant in shown] == [30 * 32 + 32 * 25] * len(ANGLES)
    assert shown[0].zeros > 0.5 and shown[3].zeros < 0.01
    assert shown[-1].zeros == shown[0].zeros and (shown[-1].mean == shown[0].mean).all(), "a full turn is none"


def test_a_turn_costs_accuracy_only_across_the_relu(rotations, some_data):
    for name, same in (("linear pair", True), ("ReLU layer", False)):
        accuracies = [variant.mean[0] for variant in rotations._groups[name]]
        assert bool(max(abs(each - accuracies[0]) for each in accuracies) < 0.005) is same
