"""The pictures of the scaling panel: what they say in words, and the numbers in them."""

import re

import numpy as np
import pytest

from tests.panels.made import shown, svgs
from tests.scaling.test_matching import SIZES, VALIDATION
from ticketlab.panels import scaling_panel
from ticketlab.panels.scaling.picture import WIDTH
from ticketlab.panels.svg import BOTTOM, HEIGHT, LEFT, RIGHT

X = re.compile(r'<polyline points="([^"]+)"')


def ring(svg):
    found = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="7"', svg)
    return float(found[1]), float(found[2])


def test_two_pictures_that_say_in_words_what_they_show(panel):
    panel.level = 1
    curve, bars = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    assert ('aria-label="Test accuracy over the weights remaining: width 20 with 200 weights 62.0 '
            "percent, random 55.0 percent, a dense net of as many weights 55.0 percent") in curve
    for words in ("ticket", "random", "dense nets", "other tickets", "dense, as many weights"):
        assert f">{words}</text>" in curve
    assert "output 200 of 400, 50.0 percent" in bars


def test_the_curves_are_drawn_on_one_scale_for_all_nets_and_levels(panel, table):
    """The same pixels for the same number of weights and the same accuracy, whatever is shown."""
    places = {}
    for width in SIZES:
        for level in range(4):
            panel.net, panel.level = width, level
            places[SIZES[width] // 2**level, VALIDATION[width][level]] = ring(svgs(panel)[0])
    logs, xs = np.log([size for size, _ in places]), [x for x, _ in places.values()]
    slope, start = np.polyfit(logs, xs, 1)
    assert slope < 0, "fewer weights to the right"
    np.testing.assert_allclose(xs, slope * logs + start, atol=0.1)
    values, ys = [value for _, value in places], [y for _, y in places.values()]
    slope, start = np.polyfit(values, ys, 1)
    np.testing.assert_allclose(ys, slope * np.array(values) + start, atol=0.1)
    assert min(xs) > LEFT and max(xs) < WIDTH - RIGHT and max(ys) < HEIGHT - BOTTOM and min(ys) > 31
    dense = [each for each in X.findall(svgs(panel)[0]) if len(each.split()) == 3]
    assert len(dense) == 1, "one line through the three dense nets"


def test_the_square_stands_above_or_below_the_ring(panel):
    panel.level = 2
    curve = svgs(panel)[0]
    square = re.search(r'<rect x="([\d.]+)" y="([\d.]+)" width="10"', curve)
    x, y = ring(curve)
    assert float(square[1]) + 5 == pytest.approx(x, abs=0.11)
    panel.net, panel.level = 10, 0  # the dense net that the square stands for: 50 %
    assert float(square[2]) + 5 == pytest.approx(ring(svgs(panel)[0])[1], abs=0.11) and y < ring(
        svgs(panel)[0])[1]


def test_every_move_changes_picture_and_numbers(panel):
    seen = set()
    for width in SIZES:
        for level in range(4):
            panel.net, panel.level = width, level
            seen.add(shown(panel))
    assert len(seen) == 12


def test_one_net_of_one_level_can_be_shown(table):
    panel = scaling_panel(table[(table["width"] == 20) & (table["level"] == 0)])
    assert "nan" not in panel.picture.value and panel.state().last == 0
    assert "other tickets" not in panel.picture.value
