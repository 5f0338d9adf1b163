"""The pictures of lesson 07's panels: what they say in words, and what is drawn."""

import re

from ticketlab.figures import PRUNED
from ticketlab.panels.variants.picture import WIDTHS


def test_two_pictures_that_say_in_words_what_they_show(rotations):
    rotations.place, rotations.angle, rotations.rate = "linear pair", 45, 0.5
    left, right = re.findall(r"<svg.*?</svg>", rotations.picture.value)
    assert 'role="img"' in left and 'role="img"' in right and sum(WIDTHS) <= 750
    assert "Weights by value, linear pair, 45°: 0.0 percent are exactly zero" in left
    assert "Test accuracy over the rate of one cut" in right and "at 50 percent, 0°" in right
    assert ">45°</text>" in right and ">0°</text>" in right


def test_what_a_cut_removes_is_drawn_as_cut(rotations):
    def cut(rate):
        rotations.rate = rate
        bars = re.findall(rf'<path d="([^"]*)" fill="{PRUNED}"', rotations.picture.value)
        return "".join(bars).count("M")

    rotations.angle = 45
    assert cut(0) == 0 < cut(0.3) < cut(0.9)
