"""The fit panel's pictures: three images with their names, and two bars in their lengths."""

from xml.etree import ElementTree

import numpy as np
import pytest

from ticketlab.panels.fits import picture


def test_the_images_stand_side_by_side_under_their_names():
    root = ElementTree.fromstring(picture.images([np.zeros((7, 7, 3), np.uint8)] * 3, ("a", "b", "c"), "words"))
    assert [each.text for each in root if each.tag == "text"] == ["a", "b", "c"]
    places = [float(each.get("x")) for each in root if each.tag == "image"]
    assert np.diff(places).tolist() == [picture.SIDE + picture.GAP] * 2 and root.get("aria-label") == "words"


def test_bars_are_as_long_as_their_numbers_and_never_longer_than_all():
    root = ElementTree.fromstring(picture.bars(-0.3, 0.5))
    widths = [float(each.get("width")) for each in root if each.tag == "rect"]
    assert widths == pytest.approx([192, 0, 192, 96])
    assert root.get("aria-label") == "Share of variance explained: yours -0.300, the optimiser's 0.500"
