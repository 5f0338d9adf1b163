"""The pictures of the supermask panel say in words what they show, and stand side by side."""

import re

from tests.panels import made
from tests.panels.made import svgs
from ticketlab.panels import svg
from ticketlab.panels.supermasks import picture


def test_three_pictures_that_say_in_words_what_they_show():
    panel = made.supermask_panel()
    now, (left, middle, right) = panel.state(), svgs(panel)
    assert sum(picture.WIDTHS) + 12 <= 756
    assert f"signed &lt;constant&gt;, {100 * now.share:.3g} percent of the weights used: {100 * now.accuracy:.1f} percent" in left
    assert f"The weights of hidden1: {now.used} of {now.size} are used" in middle and "<image" in middle
    for layer, (alive, size) in now.units.items():
        assert f"{layer} {alive} of {size}" in right and f">{alive} of {size}</text>" in right
    for name in ("signed &lt;constant&gt;", "Kaiming normal", "all trained", "chance"):
        assert f">{name}</text>" in left


def test_words_beside_bars_lie_within_the_picture():
    drawn, width = picture.units({"hidden1": (1_028, 1_200), "conv2": (7, 16)}), picture.WIDTHS[2]
    found = re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)" [^>]*>([^<]+)</text>', drawn)
    assert {"1028 of 1200", "7 of 16"} <= {words for _, _, words in found}
    for x, anchor, words in found:
        long = svg.LETTER * len(words)
        left = float(x) - (long if anchor == "end" else 0)
        assert left >= 0 and left + long <= width, words
