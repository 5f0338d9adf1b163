"""The kernels panel's picture: the squares are whole pixels, and words say what it shows."""

from xml.etree import ElementTree

import numpy as np

from ticketlab.panels.kernels import picture


def test_all_squares_are_alike_and_the_picture_says_what_it_shows():
    for shape in ((11, 11, 3), (63, 95, 3), (4, 900, 3)):
        root = ElementTree.fromstring(picture.grid(np.zeros(shape, np.uint8), "96 kernels"))
        (image,) = root
        scale = float(image.get("width")) / shape[1]
        assert scale == int(scale) >= 1 and float(image.get("height")) == scale * shape[0]
        assert root.get("role") == "img" and root.get("aria-label") == "96 kernels"
