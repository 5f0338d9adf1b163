"""Arrays in SVG: what is read back is what was put in."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from ticketlab.panels.images import enlarged


def test_an_image_keeps_its_pixels_its_place_and_its_proportions():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    element = ElementTree.fromstring(enlarged(picture, 3, 5, 80))
    assert [float(element.get(name)) for name in ("x", "y", "width", "height")] == [3, 5, 80, 40]
    assert "pixelated" in element.get("style")
    data = base64.b64decode(re.sub("^data:image/png;base64,", "", element.get("href")))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), picture)
