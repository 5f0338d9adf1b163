"""Histograms count every weight once, and say what is wrong."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot

import ticketlab as tl
from ticketlab import figures

LAYERS = ["hidden1", "hidden2", "output"]


def steps_of(ax, label):
    """Bar tops of a histogram's part, above its own foot."""
    patch = next(p for p in ax.patches if p.get_label() == label)
    values, _, base = patch.get_data()
    return values - (base if base is not None else 0)


def test_bars_count_every_weight_of_one_layer_of_one_network(initial, final):
    ax = figures.histogram(final, initial, "hidden2", replicate=1, bins=11)
    weights = final.parameters["hidden2.weight"][1].flatten().numpy()
    before = initial.parameters["hidden2.weight"][1].flatten().numpy()
    reach = max(np.abs(weights).max(), np.abs(before).max())
    edges = np.linspace(-reach, reach, 12)
    np.testing.assert_array_equal(steps_of(ax, "final"), np.histogram(weights, edges)[0])
    np.testing.assert_array_equal(steps_of(ax, "initial"), np.histogram(before, edges)[0])
    assert steps_of(ax, "final").sum() == 63
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("weight value", "number of weights", "hidden2")


@pytest.mark.parametrize("log", [False, True])
def test_kept_and_pruned_bars_count_what_the_masks_say(final, masks, log):
    ax = figures.histogram(final, masks=masks, log=log, replicate=2)
    kept = sum(int(mask[2].sum()) for mask in masks.values())
    assert (steps_of(ax, "kept").sum(), steps_of(ax, "pruned").sum()) == (kept, 199 - kept)
    pruned = next(p for p in ax.patches if p.get_label() == "pruned")
    assert pruned.get_hatch(), "kept and pruned must not differ in colour alone"
    foot = pruned.get_data().baseline
    # stacked heights add up; on a log scale they would not, so there each stands on the axis
    assert np.all(foot == 0) if log else np.array_equal(foot, steps_of(ax, "kept"))
    assert ax.get_yscale() == ("log" if log else "linear")


def test_the_gaussian_has_the_area_mean_and_spread_of_the_weights(final):
    ax = figures.histogram(final, gaussian=True, bins=21)
    x, y = ax.lines[0].get_data()
    weights = torch.cat([final.parameters[f"{layer}.weight"][0].flatten() for layer in LAYERS]).double()
    width = 2 * weights.abs().max().item() / 21
    assert x[y.argmax()] == pytest.approx(weights.mean().item(), abs=x[1] - x[0])
    assert y.max() == pytest.approx(199 * width / (weights.std().item() * np.sqrt(2 * np.pi)), rel=0.01)


def test_one_axis_a_layer_in_order(final, initial, masks):
    axes = figures.histograms(final, initial, masks=masks)
    assert [ax.get_title() for ax in axes] == LAYERS
    assert [steps_of(ax, "kept").sum() + steps_of(ax, "pruned").sum() for ax in axes] == [108, 63, 28]
    given = pyplot.figure().subplots(1, 2)
    assert list(figures.histograms(final, layers=["output", "hidden1"], axes=given)) == list(given)


@pytest.mark.parametrize("options, message", [
    ({"layer": "hiden1"}, "layer is 'hiden1'.*'hidden1', 'hidden2', 'output'.*did you mean 'hidden1'"),
    ({"replicate": 3}, "replicate is 3.*0 to 2"),
    ({"bins": 1}, "bins is 1"),
])  # fmt: skip
def test_histograms_say_what_is_wrong(final, options, message):
    with pytest.raises(ValueError, match=message):
        figures.histogram(final, **options)


def test_stacks_and_masks_that_do_not_belong_together_are_refused(initial, final, masks):
    with pytest.raises(ValueError, match="initial has 2 replicates and final has 3"):
        figures.histogram(final, initial[:2])
    other = tl.draw(tl.nets.mlp(tl.nets.Task((12,), 4), (8, 7)), [0, 1, 2])
    with pytest.raises(ValueError, match="not of one architecture"):
        figures.initial_against_final(other, final)
    with pytest.raises(ValueError, match="masks are not for this stack"):
        figures.histogram(final[:2], masks=masks)
    with pytest.raises(ValueError, match="2 axes for 3 layers"):
        figures.histograms(final, axes=pyplot.figure().subplots(1, 2))
