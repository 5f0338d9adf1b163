"""The pictures of the prune panel: what they say in words, and the numbers in them."""

import re

import pytest

from tests.panels.made import shown, svgs
from ticketlab.panels.prune.picture import WIDTHS
from ticketlab.panels.prune.table import RATES
from ticketlab.panels.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP


def test_three_pictures_that_say_in_words_what_they_show(panel):
    panel.rate = 0.5
    histogram, layers, accuracy = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    assert 'aria-label="Histogram of the weights of all layers:' in histogram and "99 kept, 100 pruned" in histogram
    assert "hidden1 54 of 108, 50.0 percent" in layers
    assert "at 50.0 percent pruned" in accuracy
    for words in ("weight value", "number of weights", "kept 99", "pruned 100"):
        assert words in histogram
    for words in ("prune rate (%)", "test accuracy (%)"):
        assert words in accuracy


def thresholds(histogram):
    """Where its dashed lines stand, in pixels."""
    dashed = re.search(r'<path d="([^"]*)" stroke="#\w+" stroke-dasharray', histogram)
    return sorted(map(float, re.findall(r"M([\d.]+),", dashed[1]))) if dashed else []


def test_the_threshold_stands_in_the_histogram_of_one_layer(panel):
    panel.layer, panel.rate = "hidden2", 0.5
    threshold = panel.state().threshold["hidden2"]
    histogram = svgs(panel)[0]
    assert f"±{threshold:.3g}" in histogram
    xs = thresholds(histogram)
    edges = panel._cut()[0].views["hidden2"].edges
    left, right = LEFT, WIDTHS[0] - RIGHT
    expected = [left + (v - edges[0]) / (edges[-1] - edges[0]) * (right - left) for v in (-threshold, threshold)]
    assert xs == pytest.approx(expected, abs=0.06)
    panel.score = "random"
    assert "±" not in svgs(panel)[0] and not thresholds(svgs(panel)[0])


def test_every_move_changes_shown(panel):
    seen = set()
    for position in range(len(RATES)):
        panel.slider.value = position / 2
        seen.add(shown(panel))
    assert len(seen) == len(RATES)


def test_bars_and_the_dot_stand_at_the_state_of_the_panel(panel):
    panel.rate, panel.scope, panel.layer = 0.75, "global", "hidden1"
    now, (histogram, layers, accuracy) = panel.state(), svgs(panel)
    assert f"kept {now.kept_by_layer['hidden1']}<" in histogram
    bars = [float(width) for width in re.findall(r'<rect x="8" y="\d+" width="([\d.]+)"', layers)]
    shares = [n / size for n, size in zip(now.kept_by_layer.values(), (108, 63, 28), strict=True)]
    assert [own / whole for whole, own in zip(bars[::2], bars[1::2], strict=True)] == pytest.approx(
        shares, abs=1e-3)
    x, y = map(float, re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', accuracy).groups())
    left, right, low, top = LEFT, WIDTHS[1] - RIGHT, HEIGHT - BOTTOM, TOP
    assert (x, y) == pytest.approx((left + 0.75 * (right - left), low - now.accuracy * (low - top)), abs=0.06)
