"""The pictures of the reset panel say in words what they show; bars are as long as what is lost."""

import re

from tests.panels import made
from tests.panels.made import svgs
from ticketlab.panels.resets import picture


def test_two_pictures_that_say_in_words_what_they_show():
    panel = made.reset_panel()
    now, (left, right) = panel.state(), svgs(panel)
    assert sum(picture.WIDTHS) + 6 <= 756
    assert f"Test accuracy over the way back: hidden1 100 percent of the way back: {100 * now.accuracy:.1f} percent" in left
    for layer, lost in now.lost.items():
        assert f"{layer} {100 * lost:.1f}" in right and f">{layer}</text>" in left
    assert ">chance</text>" in left


def test_bars_are_as_long_as_what_is_lost_and_a_gain_has_none():
    words = picture.lost({"a": 40.0, "b": 20.0, "c": -1.0}, "a", 40.0, "x")
    lengths = [float(each) for each in re.findall(r'<rect x="8" y="\d+" width="([\d.]+)"', words)][1::2]
    assert lengths[0] == 2 * lengths[1] > 0 and lengths[2] == 0 and ">-1.0</text>" in words
