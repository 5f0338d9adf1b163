"""Figures of lines, barriers, paths and rewind steps: the numbers behind them, not their pixels."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from matplotlib import pyplot
from torch import nn

from tests.figures.test_training import band_of
from tests.landscape.test_plane import family_of_two_starts
from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import stack
from ticketlab.figures import bar
from ticketlab.figures import landscape as landscape_figures
from ticketlab.landscape import Line, project
from ticketlab.lottery import rewinding


def made_line(*errors):
    """A line with these errors (percent) of each replicate."""
    error = torch.tensor(errors, dtype=torch.float64).T / 100
    return Line(torch.linspace(0, 1, len(error), dtype=torch.float64), error, 5 * error)


# barriers of 10 and 6 points, whose peaks lie apart; and of 1 point each
LINES = {0: made_line([4, 14, 8, 4], [5, 7, 12, 7]), 100: made_line([4, 5, 5, 4], [5, 5, 6, 5])}


@pytest.fixture(scope="module")
def family():
    starts, children = family_of_two_starts()
    ways = [rewinding.weights(0), rewinding.weights(10)]
    found = rewinding.search(NETS["cnn"], DATA, RECIPES["sgd"], ways, levels=2, rate=0.4,
                             replicates=2, progress=False)
    return SimpleNamespace(starts=starts, children=children,
                           tickets={0: found["rewind to 0"], 10: found["rewind to 10"]})


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# --- lines ----------------------------------------------------------------------------------------

def test_a_line_is_the_mean_error_in_percent_in_a_band_with_its_barrier_in_words():
    ax = landscape_figures.lines(LINES)
    means = [line for line in ax.lines if len(line.get_xdata()) == 4]
    np.testing.assert_allclose(means[0].get_xydata(),
                               [(0, 4.5), (1 / 3, 10.5), (2 / 3, 10), (1, 5.5)])
    np.testing.assert_allclose(band_of(ax.collections[0]),
                               [(0, 4, 5), (1 / 3, 7, 14), (2 / 3, 8, 12), (1, 4, 7)])
    assert legend(ax) == ["k = 0: 8.0 (6.0 to 10.0)", "k = 100: 1.0 (1.0 to 1.0)"]
    assert "points" in ax.get_legend().get_title().get_text()
    assert ax.get_ylabel() == "test error (%)"
    # colour is not all that tells them apart
    assert len({line.get_linestyle() for line in means}) == 2
    assert len({line.get_color() for line in means}) == 2


def test_a_barrier_is_drawn_as_long_as_it_is_and_only_where_it_counts():
    ax = landscape_figures.lines(LINES)
    bars = [line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(bars, [[(1 / 3, 5), (1 / 3, 13)]])
    assert [text.get_text() for text in ax.texts] == ["8.0"]
    assert bar(LINES[0]) == pytest.approx((1 / 3, 5, 13))


def test_two_points_are_a_barrier_and_a_single_replicate_has_no_range():
    line = made_line([4, 6, 4])
    ax = landscape_figures.lines({"low learning rate": line})
    assert legend(ax) == ["low learning rate: 2.0"] and not ax.collections
    assert len(ax.lines) == 2


def test_colours_run_from_dark_to_light_and_differ_in_brightness():
    """Told apart in grey, too."""
    for number in (2, 5, 8):
        shades = [sum(int(color[i:i + 2], 16) * share for i, share in ((1, .3), (3, .59), (5, .11)))
                  for color in landscape_figures.sequence(number)]
        assert shades == sorted(shades) and min(np.diff(shades)) > 12


# --- barriers -------------------------------------------------------------------------------------

def test_barriers_stand_by_the_order_of_their_steps_with_every_replicate():
    ax = landscape_figures.barriers({100: LINES[100], 0: LINES[0]})
    points = ax.containers[0].lines[0]
    np.testing.assert_allclose(points.get_xydata(), [(0, 8), (1, 1)])
    whiskers = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(whiskers, [[(0, 6), (0, 10)], [(1, 1), (1, 1)]])
    dots = np.concatenate([line.get_xydata() for line in ax.lines if line.get_marker() == "."])
    np.testing.assert_allclose(dots, [(0.05, 10), (0.05, 6), (1.05, 1), (1.05, 1)])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "100"]
    assert any((np.asarray(line.get_ydata()) == 2).all() for line in ax.lines), "two points: stable"
    assert ax.get_legend() is None


def test_series_share_the_axis_of_steps_and_need_not_have_the_same():
    ax = landscape_figures.barriers({"small CNN": LINES, "MLP": {0: LINES[100], 30: LINES[0]}})
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "30", "100"]
    assert legend(ax) == ["small CNN", "MLP"]
    places = [np.round(np.array(each.lines[0].get_xdata(), float)).tolist()
              for each in ax.containers]
    assert places == [[0, 2], [0, 1]]
    markers = {each.lines[0].get_marker() for each in ax.containers}
    assert len(markers) == len({each.lines[0].get_color() for each in ax.containers}) == 2


# --- paths ----------------------------------------------------------------------------------------

def test_the_picture_of_the_paths_has_one_unit_on_both_axes(family):
    ax = landscape_figures.paths(family.children[10], family.starts[10], replicate=1)
    seen = project(family.children[10], family.starts[10], 1)
    assert ax.get_aspect() == 1
    np.testing.assert_allclose(ax.lines[0].get_xydata(), seen.first)
    np.testing.assert_allclose(ax.lines[2].get_xydata(), seen.second)
    np.testing.assert_allclose(ax.lines[4].get_xydata(), [seen.first[-1], seen.second[-1]])
    assert legend(ax) == ["first child", "second child", "line between the ends", "start: step 10"]
    cosine = np.dot(seen.first[-1], seen.second[-1]) / np.prod(
        [np.linalg.norm(way[-1]) for way in seen[:2]])
    assert f"at {np.degrees(np.arccos(cosine)):.0f}°" in ax.get_title(loc="left")


def test_children_without_snapshots_have_straight_paths(family):
    pair = [run.part(slice(None)) for run in family.children[0]]
    for run in pair:
        run.snapshots.clear()
    ax = landscape_figures.paths(pair, family.starts[0].stack)
    assert len(ax.lines[0].get_xdata()) == 2 and "off" not in ax.get_title(loc="left")


# --- tickets by rewind step -----------------------------------------------------------------------

def test_accuracy_by_rewind_step_is_that_of_the_tickets_at_the_level(family):
    ax = landscape_figures.accuracy_by_rewind_step(family.tickets, 2)
    found = 100 * np.stack([each.trials[2].run.last("test_accuracy").numpy()
                            for each in family.tickets.values()])
    tickets = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_allclose(tickets.get_xydata(), [(0, found[0].mean()), (1, found[1].mean())],
                               rtol=1e-5)
    dense = 100 * family.tickets[0].trials[0].run.last("test_accuracy").numpy()
    np.testing.assert_allclose(ax.lines[0].get_ydata(), dense.mean(), rtol=1e-5)
    (_, low), (_, high) = ax.patches[0].get_extents().transformed(ax.transData.inverted()).get_points()
    np.testing.assert_allclose([low, high], [dense.min(), dense.max()], rtol=1e-5)
    assert legend(ax) == ["dense: mean and range", "tickets with 36.1 % of the weights"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "10"]


def test_several_series_and_dense_networks_of_ones_own(family):
    ax = landscape_figures.accuracy_by_rewind_step(
        {"small CNN": family.tickets, "again": {10: family.tickets[10]}}, 1, dense=[0.5, 0.7])
    assert legend(ax) == ["dense: mean and range", "small CNN", "again"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 60)
    assert "59.9 %" in ax.get_title(loc="left")


# --- axes and bad input ---------------------------------------------------------------------------

def test_every_figure_draws_on_the_axes_it_is_given(family):
    for draw in (lambda ax: landscape_figures.lines(LINES, ax),
                 lambda ax: landscape_figures.barriers(LINES, ax),
                 lambda ax: landscape_figures.paths(family.children[0], family.starts[0], ax=ax),
                 lambda ax: landscape_figures.accuracy_by_rewind_step(family.tickets, 1, ax=ax)):
        ax = pyplot.figure().subplots()
        assert draw(ax) is ax


@pytest.mark.parametrize("draw, message", [
    (lambda f: landscape_figures.lines({}), "there are no lines"),
    (lambda f: landscape_figures.lines({0: f.children[0]}), "under 0 stands a tuple, not a"),
    (lambda f: landscape_figures.barriers({}), "there are no lines"),
    (lambda f: landscape_figures.barriers({"MLP": {}}), "there are no lines"),
    (lambda f: landscape_figures.barriers({"start": LINES[0]}), "'start' is no rewind step"),
    (lambda f: landscape_figures.barriers({"MLP": {-1: LINES[0]}}), "-1 is no rewind step"),
    (lambda f: landscape_figures.paths(f.children[0], f.starts[0], 2), "replicate is 2.*0 to 1"),
    (lambda f: landscape_figures.paths((f.children[0][0],) * 2, f.starts[0]), "the same weights"),
    (lambda f: landscape_figures.paths(f.children[0], f.starts[0].stack[[0]]),
     r"the start has 1 networks and its children have \[2, 2\]"),
    (lambda f: landscape_figures.paths((f.children[0][0], f.children[10][0].part(slice(2))),
                                       f.children[0][0].stack), "span no plane"),
    (lambda f: landscape_figures.paths(f.children[0], stack.draw(NETS["mlp"], (0, 1))),
     "another architecture"),
    (lambda f: landscape_figures.accuracy_by_rewind_step({}, 1), "there are no tickets"),
    (lambda f: landscape_figures.accuracy_by_rewind_step(f.tickets, 3), "level is 3.*0 to 2"),
    (lambda f: landscape_figures.accuracy_by_rewind_step({"k": f.tickets[0]}, 1), "'k' is no"),
])  # fmt: skip
def test_what_is_wrong_is_said(family, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(family)


def test_children_with_points_at_different_steps_are_refused(family):
    other = [run.part(slice(None)) for run in family.children[0]]
    other[1].snapshots.pop(25)
    with pytest.raises(ValueError, match=r"at steps \[0, 15, 25, 35, 40\] and \[0, 15, 35, 40\]"):
        project(other, family.starts[0])


def test_tickets_at_different_densities_are_refused(family):
    other = rewinding.search(nn.Sequential(nn.Linear(12, 4)), DATA, RECIPES["plain sgd"],
                             [rewinding.weights(0)], levels=1, rate=0.5, replicates=2,
                             progress=False)
    with pytest.raises(ValueError, match="at level 1 the searches have different densities"):
        landscape_figures.accuracy_by_rewind_step(
            {0: other["rewind to 0"], 10: family.tickets[10]}, 1)
