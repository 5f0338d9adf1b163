"""The pictures of the prune panel: what they say in words, and the numbers in them."""

import re

import pytest

from tests.panels.made import shown, svgs
from ticketlab.panels.prune.picture import WIDTHS
from ticketlab.panels.prune.table import RATES
from ticketlab.panels.svg import LEFT, RIGHT


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


def test_the_threshold_stands_in_the_histogram_of_one_layer(panel):
    panel.layer, panel.rate = "hidden2", 0.5
    threshold = panel.state().threshold["hidden2"]
    histogram = svgs(panel)[0]
    assert f"±{threshold:.3g}" in histogram
    xs = sorted({float(x) for x in re.findall(r'<line x1="([\d.]+)"', histogram)})
    edges = panel._table().views["hidden2"].edges
    left, right = LEFT, WIDTHS[0] - RIGHT
    expected = [left + (v - edges[0]) / (edges[-1] - edges[0]) * (right - left) for v in (-threshold, threshold)]
    assert xs == pytest.approx(expected, abs=0.06)
    panel.score = "random"
    assert "±" not in svgs(panel)[0] and "<line" not in svgs(panel)[0]


def test_every_move_changes_shown(panel):
    seen = set()
    for position in range(len(RATES)):
        panel.slider.value = position / 2
        seen.add(shown(panel))
    assert len(seen) == len(RATES)


def test_the_picture_shows_the_state_of_the_panel(panel):
    panel.rate, panel.scope, panel.layer = 0.75, "global", "hidden1"
    now = panel.state()
    histogram, layers, accuracy = panel.figure().axes
    kept = next(p for p in histogram.patches if p.get_label() == "kept").get_data().values
    assert kept.sum() == now.kept_by_layer["hidden1"]
    assert sorted(abs(line.get_xdata()[0]) for line in histogram.lines) == pytest.approx([now.threshold["hidden1"]] * 2)
    widths = [bar.get_width() for bar in layers.containers[0].patches]
    assert widths == pytest.approx([100 * n / s for n, s in zip(now.kept_by_layer.values(), (108, 63, 28), strict=True)])
    assert accuracy.lines[-1].get_xydata()[0] == pytest.approx((75, 100 * now.accuracy))
