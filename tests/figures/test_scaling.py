"""Figures of width and depth: the numbers of the table at their places, from dense to sparse."""

import numpy as np
import pandas
import pytest
from matplotlib import pyplot

from tests.scaling.test_matching import SIZES, VALIDATION, made
from ticketlab.figures import scaling as scaling_figures
from ticketlab.scaling import matching

WIDTHS = [10, 20, 40]
RANDOM = {width: [0, values[0] - .05, .3, .1] for width, values in VALIDATION.items()}


@pytest.fixture(scope="module")
def table():
    return pandas.concat([made(), made(RANDOM, arm="random").query("level > 0")])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def named(ax, label):
    return next(line for line in ax.lines if line.get_label() == label)


def test_every_net_goes_down_from_its_dense_point(table):
    ax = scaling_figures.accuracy_by_weights(table)
    for width in WIDTHS:
        line = named(ax, str(width))
        np.testing.assert_allclose(line.get_xdata(), [SIZES[width] // 2**n for n in range(4)])
        np.testing.assert_allclose(line.get_ydata(), 100 * np.array(VALIDATION[width]))
    assert ax.get_xscale() == "log" and ax.xaxis_inverted()
    assert ax.get_xlabel() == "weights remaining" and ax.get_ylabel() == "test accuracy (%)"
    assert legend(ax)[:3] == ["10", "20", "40"] and "random mask" in legend(ax)
    assert ax.get_legend().get_title().get_text() == "width, ticket"


def test_dense_nets_of_all_widths_are_joined_by_a_black_line(table):
    """The answer is read upwards, so the dense line must pass through every net's first point."""
    ax = scaling_figures.accuracy_by_weights(table)
    dense = next(line for line in ax.lines if line.get_color() == "#000000" and
                 line.get_markersize() == 7)
    np.testing.assert_allclose(dense.get_xydata(), [(100, 50), (400, 60), (1600, 70)])
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([segment[:, 1] for segment in bars], [(49, 51), (59, 61), (69, 71)])


def test_random_masks_begin_at_the_same_dense_net_and_are_thin_and_dashed(table):
    ax = scaling_figures.accuracy_by_weights(table)
    dashed = [line for line in ax.lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    assert len(dashed) == 3
    for width, line in zip(WIDTHS, dashed, strict=True):
        own = 100 * np.array([VALIDATION[width][0], *RANDOM[width][1:]])
        np.testing.assert_allclose(line.get_ydata(), own)
        assert line.get_color() == named(ax, str(width)).get_color()
    alone = scaling_figures.accuracy_by_weights(table, arms=["ticket"])
    assert not [line for line in alone.lines if line.get_linestyle() == "--"]
    without = scaling_figures.accuracy_by_weights(table[table["arm"] == "ticket"])
    assert not [line for line in without.lines if line.get_linestyle() == "--"]
    assert "random" not in " ".join(each.get_text() for each in without.get_legend().get_texts())


def test_another_accuracy_can_be_shown(table):
    ax = scaling_figures.accuracy_by_weights(table, column="val_accuracy", arms=["ticket"])
    np.testing.assert_allclose(named(ax, "20").get_ydata(), 100 * np.array(VALIDATION[20]))
    assert ax.get_ylabel() == "validation accuracy (%)"


def test_matching_weights_are_those_of_the_rule_with_their_interval():
    own = made(replicates=3)
    short = (own["width"] == 20) & (own["replicate"] == 2) & (own["level"] == 1)
    own.loc[short, "val_accuracy"] = .5
    ax = scaling_figures.matching_weights(own, arms=["ticket"], tolerance=0.03)
    found = matching.summary(matching.lowest_matching(own, 0.03))
    bar = ax.containers[0]
    np.testing.assert_allclose(bar.lines[0].get_xydata(), found[["width", "weights"]].to_numpy())
    segment = bar.lines[2][0].get_segments()[1]
    np.testing.assert_allclose(segment[:, 1], found[["weights_low", "weights_high"]].iloc[1])
    assert found["weights"].iloc[1] == pytest.approx((100 * 100 * 400) ** (1 / 3))
    dots = next(line for line in ax.lines if line.get_marker() == ".")
    assert sorted(dots.get_ydata()) == [50, 50, 50, 100, 100, 200, 200, 200, 400]
    assert "within 3 points of dense" in ax.get_ylabel()
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_the_two_straight_answers_start_at_the_smallest_net(table):
    ax = scaling_figures.matching_weights(table)
    np.testing.assert_allclose(named(ax, "dense").get_xydata(), [(10, 100), (20, 400), (40, 1600)])
    np.testing.assert_allclose(named(ax, "if the density stayed").get_ydata(), [50, 200, 800])
    np.testing.assert_allclose(named(ax, "if the number stayed").get_ydata(), 50)
    slope = matching.exponent(matching.lowest_matching(table)).mean()
    assert f"ticket: exponent {slope:.2f}" in legend(ax)
    assert "random mask: exponent 1.00" in legend(ax), "random masks never match here"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "20", "40"]


def test_a_search_that_ended_too_early_is_a_hollow_marker(table):
    ax = scaling_figures.matching_weights(table, arms=["ticket"])
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    points = np.concatenate([line.get_xydata() for line in hollow])
    np.testing.assert_allclose(points, [(40, 200)])


def test_one_replicate_and_one_net_can_be_drawn():
    for own in (made(replicates=1), made(replicates=1).query("width == 20")):
        scaling_figures.accuracy_by_weights(own, arms=["ticket"]).figure.canvas.draw()
        scaling_figures.matching_weights(own, arms=["ticket"]).figure.canvas.draw()


def test_nets_are_named_by_what_they_differ_in(table):
    deep = table.rename(columns={"width": "depth"})
    ax = scaling_figures.matching_weights(deep, by="depth")
    assert ax.get_xlabel() == "depth"
    assert "depth, ticket" in scaling_figures.accuracy_by_weights(
        deep, by="depth").get_legend().get_title().get_text()


def test_every_figure_draws_on_the_axes_it_is_given(table):
    for draw in (scaling_figures.accuracy_by_weights, scaling_figures.matching_weights):
        ax = pyplot.figure().subplots()
        assert draw(table, ax) is ax


@pytest.mark.parametrize("low, high, expected", [
    (90, 200_000, [100, 1000, 10_000, 100_000]), (90, 4000, [100, 300, 1000, 3000]),
    (30, 3000, [30, 100, 300, 1000, 3000]), (130, 900, [200, 500])])
def test_the_axis_names_round_numbers(low, high, expected):
    assert scaling_figures.marks(low, high)[:len(expected)] == pytest.approx(expected)


@pytest.mark.parametrize("draw, message", [
    (lambda t: scaling_figures.accuracy_by_weights(t, arms=[]), "at least one, such as"),
    (lambda t: scaling_figures.accuracy_by_weights(t, arms="ticket"), "arms is 'ticket'; give"),
    (lambda t: scaling_figures.accuracy_by_weights(t, arms=["signs"]), "arm is 'signs'"),
    (lambda t: scaling_figures.accuracy_by_weights(t, column="loss"), "column is 'loss'"),
    (lambda t: scaling_figures.accuracy_by_weights(t, by="depth"), "no column 'depth'"),
    (lambda t: scaling_figures.matching_weights(t, tolerance=3), "tolerance is 3"),
    (lambda t: scaling_figures.matching_weights(t.assign(width="wide")), "label 'wide'.*a number"),
    (lambda t: scaling_figures.matching_weights(t.assign(width=t["width"] - 10)), "label 0; .* 0"),
])
def test_what_is_wrong_is_said(table, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(table)
