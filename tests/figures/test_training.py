"""Figures: the numbers behind them, their labels, and what they say to bad input. Never their pixels."""

import matplotlib
import numpy as np
import pandas
import pytest
import torch
from matplotlib import pyplot
from matplotlib.colors import to_hex

import ticketlab as tl
from tests.figures.test_weight_histograms import LAYERS
from ticketlab import figures, pruning
from ticketlab.figures import drawing


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
