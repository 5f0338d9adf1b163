"""The table of the prune panel: the masks of prune at every rate, counted."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ticketlab as tl
from tests.panels.prune.test_panel import BETWEEN
from ticketlab import panels, pruning
from ticketlab.panels.prune.table import GRID, RATES, SCOPES, PruneTable
from ticketlab.pruning import dense


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("name", ["magnitude", "random", "saliency"])
def test_the_cut_is_that_of_prune(stack, data, scope, name):
    scores = {"magnitude": pruning.magnitude, "random": pruning.random(range(3)), "saliency": odd_score}
    panel = panels.prune_panel(stack, data, scope=scope, score=name, scores={"saliency": odd_score})
    for rate in (0.005, 0.29, 0.5, 0.855):
        panel.rate = rate
        expected = pruning.prune(stack, rate=rate, score=scores[name], scope=scope)
        assert all(torch.equal(panel.masks[weight], mask) for weight, mask in expected.items())


def odd_score(stack):
    return {name: stack.parameters[name].detach() ** 3 + 0.1 for name in dense(stack)}


@settings(max_examples=40)
@given(st.integers(1, 9), st.lists(st.integers(1, 8), max_size=2), st.integers(2, 5), st.integers(1, 3),
       st.integers(0, len(RATES) - 1), st.sampled_from(SCOPES), st.integers(0, 50))  # fmt: skip
def test_every_cut_of_every_small_net_counts_whole_weights_as_prune_does(
        inputs, hidden, classes, replicates, position, scope, seed):
    stack = tl.draw(tl.nets.mlp(tl.nets.Task((inputs,), classes), hidden), range(seed, seed + replicates))
    # rounded, so that there are ties
    stack = stack.map(lambda t: (10 * t).round() / 10)
    table = PruneTable(stack, pruning.magnitude, scope, replicates - 1)
    masks = table.masks(position)
    try:
        expected = pruning.prune(stack, rate=RATES[position], scope=scope)
    except pruning.LayerCollapse:
        assert any(not mask.flatten(1).any(1).all() for mask in masks.values())
    except ValueError:  # a cut of nothing: rate 0, or too few weights for it
        assert all(mask.all() for mask in masks.values())
    else:
        assert all(torch.equal(masks[name], mask) for name, mask in expected.items())
    for layer, view in table.views.items():
        names = [n for n in masks if layer in ("all layers", tl.masks.layer_name(n))]
        kept = torch.cat([masks[n][-1].flatten() for n in names]).numpy()
        values = torch.cat([stack.parameters[n][-1].flatten() for n in names]).double().numpy()
        assert view.kept[position] == kept.sum()
        np.testing.assert_array_equal(view.total, np.histogram(values, view.edges)[0])
        np.testing.assert_array_equal(view.pruned[:, position], np.histogram(values[~kept], view.edges)[0])


def test_the_threshold_parts_kept_from_pruned_in_each_layer(panel, stack):
    panel.rate = 0.6
    for layer, threshold in panel.state().threshold.items():
        weights, kept = stack.parameters[f"{layer}.weight"][1].abs(), panel.masks[f"{layer}.weight"][1]
        assert weights[~kept].max().item() == pytest.approx(threshold) and weights[kept].min() > threshold
    panel.scope = "global"
    assert len(set(panel.state().threshold.values())) == 1
    panel.score = "random"
    assert panel.state().threshold == {}


def test_interpolated_numbers_lie_on_the_line_between_their_measured_neighbours(panel):
    curve, position = panel._cut()[1], round(BETWEEN * 200)
    before, after = max(p for p in GRID if p < position), min(p for p in GRID if p > position)
    part = (position - before) / (after - before)
    expected = (1 - part) * curve.at(before)[0] + part * curve.at(after)[0]
    assert curve.at(position) == (pytest.approx(expected), *curve.at(position)[1:3], False)
