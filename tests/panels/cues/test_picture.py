"""The cue panel's curves stand where their numbers are, and differ in more than colour."""

from xml.etree import ElementTree

import numpy as np
import pytest

from ticketlab.panels import svg
from ticketlab.panels.cues import picture


def test_each_cue_has_a_line_of_its_own_dashes_through_its_shares():
    shares = np.array([[1, 0, 0], [0, 0.5, 0.5]])
    root = ElementTree.fromstring(picture.curves("a net", [0, 1], shares, 0.5, "words"))
    lines = [each for each in root if each.tag == "polyline"][-3:]  # before them, those of the key
    assert len({each.get("stroke-dasharray") for each in lines}) == 3
    plot = svg.Plot(picture.WIDTH, (0, 100), (0, 100), "", "", top=41)  # two rows of keys
    first = [tuple(map(float, each.split(","))) for each in lines[0].get("points").split()]
    assert first == [pytest.approx((plot.x(0), plot.y(100)), abs=0.06), pytest.approx((plot.x(100), plot.y(0)), abs=0.06)]
    assert root.get("aria-label") == "words"


def test_the_image_says_what_it_shows():
    root = ElementTree.fromstring(picture.image(np.zeros((20, 20, 3), np.uint8), "a disc & stripes"))
    assert root.get("role") == "img" and root.get("aria-label") == "a disc & stripes"
