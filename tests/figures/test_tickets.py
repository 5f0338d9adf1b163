"""What a ticket keeps: units, inputs and weights, beside what chance would keep."""

import itertools

import numpy as np
import pytest
import torch
from matplotlib import pyplot

import ticketlab as tl
from ticketlab import figures, pruning
from ticketlab.figures.tickets import unit_counts


def by_hand(masks, layer, after):
    """Weights into and out of each unit of a layer, counted one by one."""
    into = [[sum(row.tolist()) for row in mask] for mask in masks[f"{layer}.weight"]]
    out = [[sum(bool(row[unit]) for row in mask) for unit in range(mask.shape[1])] for mask in masks[f"{after}.weight"]]
    return np.array(into), np.array(out)


@pytest.fixture(scope="module")
def sparse(final):
    return pruning.prune(final, rate=0.85, scope="global")


def test_units_weights_and_dead_units_are_counted_in_each_network(sparse):
    counts = unit_counts(sparse)
    assert list(counts) == ["hidden1", "hidden2"]
    for layer, after in (("hidden1", "hidden2"), ("hidden2", "output")):
        into, out = by_hand(sparse, layer, after)
        np.testing.assert_array_equal(counts[layer].into, into)
        np.testing.assert_array_equal(counts[layer].out, out)
        dead = [sum(i == 0 or o == 0 for i, o in zip(*both, strict=True)) for both in zip(into, out, strict=True)]
        assert counts[layer].dead.tolist() == dead
    assert counts["hidden1"].dead.sum() > 0


def test_the_random_mask_is_the_mean_over_all_masks_with_as_many_weights():
    """Every way to keep 2 of 2 x 2 weights before, and 1 of 2 after: the mean dead units, counted."""
    dead = []
    for one, other in itertools.combinations(range(4), 2):
        before = np.isin(np.arange(4), (one, other)).reshape(2, 2)
        for kept in range(2):
            alive = before.any(1) & (np.arange(2) == kept)
            dead.append((~alive).sum())
    masks = {"hidden1.weight": torch.tensor([[[1, 1], [0, 0]]], dtype=torch.bool),
             "output.weight": torch.tensor([[[1, 0]]], dtype=torch.bool)}
    units = unit_counts(masks)["hidden1"]
    assert units.dead_at_random.tolist() == pytest.approx([np.mean(dead)])
    assert units.dead.tolist() == [1]


def test_bars_are_units_by_their_weights_and_the_line_is_the_hypergeometric_expectation(sparse):
    from scipy.stats import hypergeom

    axes = figures.surviving_units(sparse)
    assert [ax.get_title() for ax in axes] == ["hidden1: weights in", "hidden1: weights out",
                                               "hidden2: weights in", "hidden2: weights out"]
    into, _ = by_hand(sparse, "hidden1", "hidden2")
    bars = [bar.get_height() for bar in axes[0].containers[0]]
    assert bars == pytest.approx([(into == number).sum(1).mean() for number in range(len(bars))])
    assert sum(bars) == pytest.approx(9)
    totals = into.sum(1)
    expected = [np.mean([9 * hypergeom.pmf(number, 108, total, 12) for total in totals]) for number in range(len(bars))]
    assert axes[0].lines[0].get_ydata().tolist() == pytest.approx(expected)
    assert f"none in: {(into == 0).sum(1).mean():.2g} of 9" in axes[0].texts[0].get_text()
    assert "dead: " in axes[1].texts[0].get_text()


def test_many_weights_a_unit_are_counted_in_bins_that_hold_every_unit():
    stack = tl.draw(tl.nets.mlp(tl.nets.Task((150,), 3), (20,)), [0])
    axes = figures.surviving_units(pruning.prune(stack, rate=0.2))
    assert sum(bar.get_height() for bar in axes[0].containers[0]) == 20
    assert sum(axes[0].lines[0].get_ydata()) == pytest.approx(20, abs=0.3)


@pytest.fixture(scope="module")
def search():
    noise = torch.Generator().manual_seed(3)
    def split(n):
        return torch.randn(n, 12, generator=noise), torch.randint(4, (n,), generator=noise)

    data = tl.data.Data("noise", *split(60), *split(20), *split(20), 4, (12,), "noise")
    return tl.lottery.search(tl.nets.mlp(data, (9, 7)), data, tl.Recipe(batch=20, steps=2), levels=3, rate=0.5,
                             replicates=2, progress=False)


def test_dead_units_are_a_line_a_layer_over_density_beside_random_masks(search):
    ax = figures.dead_units(search)
    lines = {line.get_label(): line for line in ax.lines}
    counts = [unit_counts(trial)["hidden1"] for trial in search.trials]
    np.testing.assert_allclose(lines["hidden1 (9 units)"].get_xdata(), 100 * np.array(search.densities))
    np.testing.assert_allclose(lines["hidden1 (9 units)"].get_ydata(), [100 * each.dead.mean() / 9 for each in counts])
    np.testing.assert_allclose(lines["hidden1, random mask"].get_ydata(),
                               [100 * each.dead_at_random.mean() / 9 for each in counts])
    assert lines["hidden1, random mask"].get_ydata()[0] == 0
    assert list(unit_counts(search)["hidden2"].into[0]) == list(counts_of_last(search))


def counts_of_last(search):
    return search.trials[-1].masks["hidden2.weight"][0].sum(1)


def test_inputs_of_a_signal_are_a_line_and_those_of_an_image_a_picture(sparse):
    kept = sparse["hidden1.weight"].sum(1).numpy()
    ax = figures.surviving_inputs(sparse, (12,))
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["kept"].get_ydata(), kept.mean(0))
    assert lines["random mask of this density"].get_ydata()[0] == pytest.approx(kept.sum(1).mean() / 12)
    assert f"{(kept == 0).sum(1).mean():.2g} of 12 inputs keep no weight" in ax.get_title(loc="left")
    for shape in ((3, 4), (1, 3, 4)):
        image = figures.surviving_inputs(sparse, (4, 3) if shape == (3, 4) else shape).images[0]
        np.testing.assert_allclose(image.get_array(), kept.mean(0).reshape(image.get_array().shape))
    colour = figures.surviving_inputs(sparse, (3, 2, 2)).images[0]
    np.testing.assert_allclose(colour.get_array(), kept.mean(0).reshape(3, 2, 2).sum(0))
    channels = figures.surviving_inputs(sparse, (2, 6)).lines[1]
    np.testing.assert_allclose(channels.get_ydata(), kept.mean(0).reshape(2, 6).sum(0))


def test_figures_of_tickets_say_what_is_wrong(sparse, search):
    with pytest.raises(ValueError, match=r"shape is \(13,\).*reads 12 inputs"):
        figures.surviving_inputs(sparse, (13,))
    kernels = {"conv1.weight": torch.ones(1, 3, 1, 5, dtype=torch.bool), "output.weight": torch.ones(1, 2, 6, dtype=torch.bool)}
    for draw in (figures.surviving_units, lambda masks: figures.surviving_inputs(masks, (5,))):
        with pytest.raises(ValueError, match="'conv1'.*fully connected nets"):
            draw(kernels)
        with pytest.raises(ValueError, match="is no masks"):
            draw(search.trials)
    with pytest.raises(ValueError, match="no hidden units"):
        figures.surviving_units({"output.weight": torch.ones(1, 2, 6, dtype=torch.bool)})
    with pytest.raises(ValueError, match="there are no trials"):
        figures.dead_units([])
    with pytest.raises(ValueError, match="2 axes for 4 direction"):
        figures.surviving_units(sparse, axes=pyplot.figure().subplots(1, 2))
