"""The figure of double descent: the numbers behind it."""

import matplotlib.pyplot
import numpy as np
import pytest

from tests.scaling.test_double_descent import measure
from ticketlab.figures import error_by_width, noise_name, width_marks
from ticketlab.scaling import curves, threshold
from ticketlab.scaling.double_descent import PUBLISHED


@pytest.fixture(scope="module")
def found():
    return measure()


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def test_the_figure_shows_means_ranges_and_thresholds(found):
    ax = error_by_width(found.table, below=0.5)
    for noise in (0, 0.2):
        for split, word in (("test", "test"), ("train", "training")):
            own = 100 * curves(found.table, noise, f"{split}_error")
            line = lines(ax)[f"{noise_name(noise)}: {word}"]
            np.testing.assert_allclose(line.get_xdata(), [2, 6, 24])
            np.testing.assert_allclose(line.get_ydata(), own.mean(axis=1))
            extents = [each.get_paths()[0].get_extents() for each in ax.collections]
            assert any(np.isclose(each.y0, own.min(axis=None)) and
                       np.isclose(each.y1, own.max(axis=None)) for each in extents)
        width = threshold(found.table, noise, 0.5)
        marked = lines(ax)[f"{noise_name(noise)}: fitted from width {width} on"]
        assert set(marked.get_xdata()) == {width}
    assert ax.get_xscale() == "log" and "%" in ax.get_ylabel()
    matplotlib.pyplot.close(ax.figure)


def test_published_points_stand_beside_ours(found):
    ax = error_by_width(found.table, train=False, published=PUBLISHED)
    points = lines(ax)["15 % wrong labels: published"].get_xydata()
    np.testing.assert_allclose(points, list(PUBLISHED[0.15].items()))
    assert not any("training" in label for label in lines(ax))
    matplotlib.pyplot.close(ax.figure)


@pytest.mark.parametrize("published, message", [
    ({0.15: {16: 101}}, "errors outside 0 to 100"), ({0.15: {0: 50}}, "widths below 1"),
    ({0.15: {}}, "no points for 0.15"),
    ({each / 10: {16: 50} for each in range(1, 6)}, "shows 4 at most")])
def test_the_figure_says_what_is_wrong_with_published_points(found, published, message):
    with pytest.raises(ValueError, match=message):
        error_by_width(found.table, published=published)
    matplotlib.pyplot.close("all")


def test_the_axis_names_widths_that_have_room_and_both_ends():
    assert width_marks([300, 4, 5, 8, 11, 12, 290]) == [4, 8, 12, 300]
    assert width_marks([7]) == [7]
