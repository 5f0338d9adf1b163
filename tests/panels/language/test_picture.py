"""The pictures of the language panel: what they say in words, and where the ring stands."""

import re

import numpy as np
import pytest


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def ring(svg):
    found = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6"', svg)
    return float(found[1]), float(found[2])


def test_three_pictures_say_in_words_what_they_show(panel):
    panel.way, panel.rate = "Wanda", 0.5
    histogram, bars, curve = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    assert "Histogram of the weights of all blocks, in standard deviations of each layer: 450 kept, 450 pruned" in histogram
    assert "gate 100 of 200, 50.0 percent" in bars
    assert 'aria-label="Perplexity over the prune rate, by Wanda: at 50 percent 30.0, dense 12.0"' in curve


def test_the_ring_goes_right_with_the_rate_and_up_with_perplexity(panel):
    places = {}
    for way, rate in (("Wanda", 0.0), ("Wanda", 0.2), ("Wanda", 0.5), ("magnitude", 0.5)):
        panel.way, panel.rate = way, rate
        places[way, rate] = ring(svgs(panel)[2])
    xs = [places["Wanda", rate][0] for rate in (0.0, 0.2, 0.5)]
    assert xs[2] - xs[1] == pytest.approx(1.5 * (xs[1] - xs[0]), abs=0.2), "one scale for all rates"
    assert places["Wanda", 0.0][1] == pytest.approx(places["Wanda", 0.2][1], abs=0.1), "12 both"
    assert places["magnitude", 0.5][1] < places["Wanda", 0.5][1]


def test_ruin_is_drawn_at_the_top_and_written_out(panel):
    panel.rate = 0.5
    top = re.search(r'd="M\d+,(\d+)V', svgs(panel)[2])[1]  # where the y axis begins
    assert ring(svgs(panel)[2])[1] == pytest.approx(float(top), abs=0.1)
    assert ">1e+06</text>" in svgs(panel)[2]


def test_a_threshold_is_drawn_where_there_is_one(panel):
    assert "±0.45" in svgs(panel)[0], "the mean over the two blocks"
    panel.way = "Wanda"
    assert "±" not in svgs(panel)[0], "Wanda has none: small weights of large inputs stay"
    panel.way, panel.rate = "magnitude", 0.0
    assert "±" not in svgs(panel)[0]


def test_bars_are_as_long_as_what_is_kept(panel):
    """Of each bin of the histogram, and of each kind of matrix."""
    panel.way, panel.rate = "Wanda", 0.5
    bars = re.findall(r'<rect x="8" y="\d+" width="([\d.]+)"', svgs(panel)[1])
    assert [float(own) / float(whole) for whole, own in zip(bars[::2], bars[1::2], strict=True)] == [
        pytest.approx(0.5, abs=0.01)] * 2
    kept = re.search(r'd="M[\d.]+,([\d.]+)((?:V[\d.]+H[\d.]+)+)V[\d.]+Z" fill="#0072B2"', svgs(panel)[0])
    heights = [float(kept[1]) - float(y) for y in re.findall(r"V([\d.]+)H", kept[2])]
    assert np.array(heights) / heights[0] == pytest.approx([1, 2.5, 1], abs=0.02)
