"""Figures: the numbers behind them, their labels, and what they say to bad input. Never their pixels."""

import itertools

import matplotlib
import numpy as np
import pandas
import pytest
import torch
from matplotlib import pyplot
from matplotlib.colors import to_hex

import ticketlab as tl
from ticketlab import figures, pruning
from ticketlab.figures import drawing
from ticketlab.figures.tickets import unit_counts

LAYERS = ["hidden1", "hidden2", "output"]


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def initial():
    return tl.draw(tl.nets.mlp(tl.nets.Task((12,), 4), (9, 7)), [0, 1, 2])


@pytest.fixture(scope="module")
def final(initial):
    noise = torch.Generator().manual_seed(1)
    return initial.map(lambda t: t + 0.1 * torch.randn(t.shape, generator=noise))


@pytest.fixture(scope="module")
def masks(final):
    return pruning.prune(final, rate=0.6)


@pytest.fixture
def run_frame():
    """Two replicates, three evaluations; the training loss starts one step later, as in a Run."""
    return pandas.DataFrame({
        "replicate": [0, 1] * 3, "step": [0, 0, 10, 10, 20, 20],
        "train_loss": [np.nan, np.nan, 2.0, 1.0, 1.0, 0.5], "val_loss": [2.0] * 6,
        "val_accuracy": [0.1] * 6, "test_loss": [2.0] * 6,
        "test_accuracy": [0.1, 0.2, 0.4, 0.6, 0.7, 0.9]})


@pytest.fixture
def results():
    rows = [(arm, density, replicate, accuracy + 0.1 * replicate)
            for arm, level in (("ticket", 0.6), ("random", 0.2), ("mine", 0.1))
            for density, accuracy in ((1.0, level + 0.1), (0.2, level), (0.02, level / 2))
            for replicate in (0, 1)]
    return pandas.DataFrame(rows, columns=["arm", "density", "replicate", "accuracy"])


def steps_of(ax, label):
    """Bar tops of a histogram's part, above its own foot."""
    patch = next(p for p in ax.patches if p.get_label() == label)
    values, _, base = patch.get_data()
    return values - (base if base is not None else 0)


def band_of(collection):
    """Rows of x, lowest, highest of a band."""
    points = collection.get_paths()[0].vertices
    ys = {x: points[points[:, 0] == x, 1] for x in np.unique(points[:, 0])}
    return np.array([(x, y.min(), y.max()) for x, y in ys.items()])


# ---- learning curves ------------------------------------------------------------------------------


def test_a_curve_is_the_mean_in_percent_and_its_band_reaches_the_extreme_replicates(run_frame):
    ax = figures.curves(run_frame, "test_accuracy", label="run")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [(0, 15), (10, 50), (20, 80)])
    np.testing.assert_allclose(band_of(ax.collections[0]), [(0, 10, 20), (10, 40, 60), (20, 70, 90)])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training step", "test accuracy (%)")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["run"]


def test_the_training_loss_begins_where_it_has_a_value_and_stays_in_nats(run_frame):
    ax = figures.curves(run_frame, "train_loss")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [(10, 1.5), (20, 0.75)])
    assert ax.get_ylabel() == "training loss (nats)"


def test_a_curve_can_show_the_standard_deviation_nothing_or_each_replicate(run_frame):
    sd = 100 * np.std([0.4, 0.6], ddof=1)
    shown = band_of(figures.curves(run_frame, band="sd").collections[0])
    np.testing.assert_allclose(shown[1], (10, 50 - sd, 50 + sd))
    ax = figures.curves(run_frame, band=None, replicates=True)
    assert not ax.collections
    assert [list(line.get_ydata()) for line in ax.lines] == [
        pytest.approx([10, 40, 70]), pytest.approx([20, 60, 90]), pytest.approx([15, 50, 80])]


def test_curves_draw_on_the_axes_they_are_given(run_frame):
    ax = pyplot.figure().subplots()
    assert figures.curves(run_frame, ax=ax) is ax


def test_a_run_can_be_given_itself(run_frame):
    class Run:
        def frame(self):
            return run_frame

    np.testing.assert_allclose(figures.curves(Run()).lines[0].get_ydata(), [15, 50, 80])


@pytest.mark.parametrize("change, message", [
    (lambda f: (f, {"metric": "accuracy"}), "metric is 'accuracy'.*test_accuracy"),
    (lambda f: (f, {"band": "iqr"}), "band is 'iqr'.*'range', 'sd', None"),
    (lambda f: (f[:0], {}), "no rows"),
    (lambda f: (f.drop(columns="step"), {}), "no column 'step'"),
    (lambda f: (f.assign(test_accuracy=np.nan), {}), "no step at which every replicate"),
])  # fmt: skip
def test_curves_say_what_is_wrong(run_frame, change, message):
    frame, options = change(run_frame)
    with pytest.raises(ValueError, match=message):
        figures.curves(frame, **options)


# ---- weight histograms ----------------------------------------------------------------------------


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


# ---- accuracy against density ---------------------------------------------------------------------


def test_each_arm_is_a_line_of_means_in_percent_with_its_band(results):
    ax = figures.accuracy_by_density(results, dense=[0.7, 0.8])
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["ticket"].get_xydata(), [(2, 35), (20, 65), (100, 75)])
    np.testing.assert_allclose(band_of(ax.collections[0]), [(2, 30, 40), (20, 60, 70), (100, 70, 80)])
    assert list(lines["dense"].get_ydata()) == pytest.approx([75, 75])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weights remaining (%)", "test accuracy (%)")


def test_density_is_logarithmic_falls_to_the_right_and_is_labelled_in_plain_numbers(results):
    ax = figures.accuracy_by_density(results)
    assert ax.get_xscale() == "log"
    left, right = ax.get_xlim()
    assert left > 100 and right < 2
    ax.figure.canvas.draw()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2", "5", "10", "20", "50", "100"]


def test_arms_keep_their_colours_and_no_two_share_colour_or_marker(results):
    ax = figures.accuracy_by_density(results)
    styles = {line.get_label(): (to_hex(line.get_color()).upper(), line.get_marker()) for line in ax.lines}
    assert styles["ticket"] == drawing.ARMS["ticket"]
    assert len({color for color, _ in styles.values()}) == len({m for _, m in styles.values()}) == 3


def test_a_dictionary_of_arms_is_the_same_figure(results):
    arms = {arm: own.drop(columns="arm") for arm, own in results.groupby("arm", sort=False)}
    for one, other in zip(figures.accuracy_by_density(results).lines,
                          figures.accuracy_by_density(arms).lines, strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())


@pytest.mark.parametrize("change, message", [
    (lambda f: f[:0], "no rows"),
    (lambda f: {}, "no rows"),
    (lambda f: f.drop(columns="arm"), "no column 'arm'.*arm, density, replicate, accuracy"),
    (lambda f: f.assign(density=20.0), "density has the value 20.0.*0.2"),
    (lambda f: f.assign(density=0.0), "density has the value 0.0.*above 0"),
    (lambda f: f.assign(accuracy=64.0), "accuracy has the value 64.0"),
])  # fmt: skip
def test_accuracy_by_density_says_what_is_wrong(results, change, message):
    with pytest.raises(ValueError, match=message):
        figures.accuracy_by_density(change(results))


@pytest.fixture
def table():
    """As ``lottery.table`` gives it: two replicates, ticket at levels 0 to 2, another arm at level 2 alone."""
    rows = [("ticket", 0, 1.0), ("ticket", 1, 0.5), ("ticket", 2, 0.25), ("one_shot", 2, 0.25)]
    frame = pandas.DataFrame([(*row, replicate) for row in rows for replicate in (0, 1)],
                             columns=["arm", "level", "density", "replicate"])
    return frame.assign(sparsity=1 - frame["density"], accuracy=[0.6, 0.7, 0.7, 0.8, 0.5, 0.5, 0.4, 0.6],
                        early_accuracy=0.5, early_step=[100, 200, 50, 150, 300, 300, 0, 400], train_accuracy=0.9)


@pytest.mark.parametrize("column, ticket, dense, name", [
    ("accuracy", [50, 75, 65], 65, "test accuracy (%)"),
    ("early_accuracy", [50, 50, 50], 50, "test accuracy at early stopping (%)"),
    ("train_accuracy", [90, 90, 90], 90, "training accuracy (%)"),
    ("early_step", [300, 100, 150], 150, "early stopping (training step)"),
])  # fmt: skip
def test_every_column_of_a_search_can_be_drawn_against_density_in_its_own_unit(table, column, ticket, dense, name):
    ax = figures.accuracy_by_density(table, column=column)
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["ticket"].get_xydata(), list(zip([25, 50, 100], ticket, strict=True)))
    assert list(lines["dense"].get_ydata()) == pytest.approx([dense, dense])  # level 0 of the search
    assert ax.get_ylabel() == name


def test_dense_accuracies_that_are_given_count_more_than_level_0(table):
    ax = figures.accuracy_by_density(table, dense=[0.9, 0.9])
    assert [line.get_ydata()[0] for line in ax.lines if line.get_label() == "dense"] == pytest.approx([90])


def test_an_arm_at_one_density_is_a_marker_with_its_range(table):
    ax = figures.accuracy_by_density(table)
    bar = next(c for c in ax.collections if hasattr(c, "get_segments"))
    np.testing.assert_allclose(bar.get_segments()[0], [(25, 40), (25, 60)])
    assert drawing.ARMS["one_shot"] in [(to_hex(line.get_color()).upper(), line.get_marker()) for line in ax.lines]


@pytest.mark.parametrize("given", ["dictionary", "frames", "frame"])
def test_published_results_are_hollow_markers_in_order_with_a_name(table, given):
    points = [(0.1, 0.55), (0.9, 0.95)]
    frame = pandas.DataFrame({"arm": "ticket", "density": [0.1, 0.1, 0.9], "accuracy": [0.5, 0.6, 0.95]})
    published = {"dictionary": {"Paper 2019": points[::-1]}, "frames": {"Paper 2019": frame}, "frame": frame}[given]
    ax = figures.accuracy_by_density(table, published=published)
    line = ax.lines[-1]
    np.testing.assert_allclose(line.get_xydata(), [(10, 55), (90, 95)])
    assert line.get_markerfacecolor() == "white"
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[-1] == ("ticket, published" if given == "frame" else "Paper 2019")
    if given == "frame":
        assert (to_hex(line.get_color()).upper(), line.get_marker()) == drawing.ARMS["ticket"]
    assert ax.get_xlim()[1] < 10, "published points lie inside the axes"


@pytest.mark.parametrize("options, message", [
    ({"column": "loss"}, "column is 'loss'.*'early_step'"),
    ({"published": {"Paper": [(21, 0.9)]}}, "density has the value 21.0.*0.2"),
    ({"published": {"Paper": [(0.2, 98)]}}, "accuracy has the value 98.0"),
    ({"published": {"Paper": [0.2, 0.9]}}, "published 'Paper' has the shape .2,."),
    ({"published": pandas.DataFrame({"arm": ["ticket"], "density": [0.1]})}, "no column 'accuracy'"),
])  # fmt: skip
def test_columns_and_published_points_that_do_not_fit_are_refused(table, options, message):
    with pytest.raises(ValueError, match=message):
        figures.accuracy_by_density(table, **options)
    with pytest.raises(ValueError, match="early_step has the value -1"):
        figures.accuracy_by_density(table.assign(early_step=-1), column="early_step")


# ---- what a ticket keeps --------------------------------------------------------------------------


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


# ---- layers and pictures of weights ---------------------------------------------------------------


def test_layer_bars_are_the_mean_densities_with_whiskers_over_replicates(final):
    masks = pruning.prune(final, rate=0.6, scope="global")
    ax = figures.layer_densities(masks)
    shares = torch.stack(list(tl.masks.layer_densities(masks).values())) * 100
    bars = [p for p in ax.patches if isinstance(p, matplotlib.patches.Rectangle)]
    assert [bar.get_width() for bar in bars] == pytest.approx(shares.mean(1).tolist())
    assert [t.get_text() for t in ax.get_yticklabels()] == LAYERS
    whiskers = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert whiskers == [pytest.approx([low, high]) for low, high in
                        zip(shares.amin(1).tolist(), shares.amax(1).tolist(), strict=True)]
    assert ax.get_xlabel() == "weights remaining (%)"


def test_two_sets_of_masks_stand_side_by_side_and_other_nets_masks_are_refused(final, masks):
    ax = figures.layer_densities({"each layer": masks, "global": pruning.prune(final, rate=0.6, scope="global")})
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["each layer", "global"]
    assert len(ax.containers[0]) == 3
    with pytest.raises(ValueError, match="masks is empty"):
        figures.layer_densities({})
    with pytest.raises(ValueError, match="different nets"):
        figures.layer_densities({"a": masks, "b": {"x.weight": torch.ones(1, 2, 2, dtype=bool)}})


def test_a_weight_matrix_shows_every_weight_symmetric_about_zero_and_pruned_ones_apart(final, masks):
    ax = figures.weight_matrix(final, "hidden2", masks=masks, replicate=1)
    image = ax.images[0]
    np.testing.assert_array_equal(image.get_array().data, final.parameters["hidden2.weight"][1])
    np.testing.assert_array_equal(image.get_array().mask, ~masks["hidden2.weight"][1])
    low, high = image.get_clim()
    assert low == -high < 0
    pruned, zero = image.get_cmap().get_bad(), image.get_cmap()(0.5)
    assert np.ptp(pruned[:3]) == 0 and abs(pruned[0] - zero[0]) > 0.2  # grey, unlike a weight of zero
    with pytest.raises(ValueError, match="layer is 'all layers'"):
        figures.weight_matrix(final, "all layers")


def test_filters_of_signals_are_lines_over_the_inputs(final, masks):
    axes = figures.filters(final, count=4, masks=masks, replicate=2)
    assert [ax.get_title() for ax in axes] == ["unit 0", "unit 1", "unit 2", "unit 3"]
    shown = np.ma.masked_invalid(axes[3].lines[0].get_ydata())
    np.testing.assert_array_equal(shown.compressed(),
                                  final.parameters["hidden1.weight"][2, 3][masks["hidden1.weight"][2, 3]])


def test_filters_of_images_have_the_shape_of_the_images():
    stack = tl.draw(tl.nets.mlp(tl.nets.Task((1, 4, 6), 3), (5,)), [0])
    axes = figures.filters(stack, shape=(1, 4, 6), units=[3])
    np.testing.assert_array_equal(axes[0].images[0].get_array(), stack.parameters["hidden1.weight"][0, 3].view(4, 6))
    colour = tl.draw(tl.nets.mlp(tl.nets.Task((3, 4, 4), 3), (5,)), [0])
    picture = np.asarray(figures.filters(colour, shape=(3, 4, 4), units=[0])[0].images[0].get_array())
    weights = colour.parameters["hidden1.weight"][0, 0].view(3, 4, 4).permute(1, 2, 0).numpy()
    assert picture.shape == (4, 4, 3) and 0 <= picture.min() and picture.max() <= 1
    assert np.all((picture > 0.5) == (weights > 0))


def test_kernels_are_shown_in_their_own_shape():
    stack = tl.draw(tl.nets.conv1d(tl.nets.Task((40,), 10), width=6), [0])
    axes = figures.filters(stack)
    assert len(axes) == 6
    assert axes[0].images[0].get_array().shape == (1, 5)


@pytest.mark.parametrize("options, message", [
    ({"shape": (5, 5)}, r"shape is \(5, 5\).*12 weights"),
    ({"units": [9]}, "units are \\[9\\].*has 9, from 0 to 8"),
    ({"count": 0}, "at least one must be shown"),
    ({"layer": "conv1"}, "layer is 'conv1'"),
])  # fmt: skip
def test_filters_say_what_is_wrong(final, options, message):
    with pytest.raises(ValueError, match=message):
        figures.filters(final, **options)


def test_every_weight_stands_at_its_initial_and_final_value(initial, final, masks):
    ax = figures.initial_against_final(initial, final, "hidden1", masks=masks, replicate=1)
    pruned, kept = (np.asarray(c.get_offsets()) for c in ax.collections)
    mask = masks["hidden1.weight"][1]
    np.testing.assert_allclose(kept, np.stack([s.parameters["hidden1.weight"][1][mask] for s in (initial, final)], 1))
    assert len(pruned) == int((~mask).sum())
    assert ax.get_xlim() == ax.get_ylim()
    counted = figures.initial_against_final(initial, final).collections[0].get_array()
    assert np.nansum(np.ma.filled(counted, 0)) == 199
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("initial weight value", "final weight value")


# ---- the house style ------------------------------------------------------------------------------


def test_figures_leave_the_global_settings_alone(initial, final, masks, run_frame, results):
    before = matplotlib.rcParams.copy()
    figures.histograms(final, initial, masks=masks)
    figures.curves(run_frame)
    figures.accuracy_by_density(results)
    assert matplotlib.rcParams == before


@pytest.mark.parametrize("low, high, expected", [
    (0, 100, [0, 20, 40, 60, 80, 100]), (-0.3, 0.3, [-0.2, 0, 0.2]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (0, 3012, [0, 1000, 2000, 3000]), (2, 2, [2]),
])  # fmt: skip
def test_ticks_are_round_numbers_inside_the_range(low, high, expected):
    assert drawing.ticks(low, high) == expected
