"""The kernels panel's picture as SVG text: one image of all kernels, enlarged without smoothing.

A plain function from an array to a string. Lesson 09's panel builds on this file.
"""

import numpy as np

from ticketlab.panels import svg
from ticketlab.panels.images import enlarged

WIDTH = 620  # in pixels
MARGIN = 6


def grid(picture: np.ndarray, label: str) -> str:
    """All kernels. picture: as ``figures.mosaic`` makes it. label: what it shows, in words."""
    # whole screen pixels for each weight, so that all squares are alike
    scale = max(1, min(14, (WIDTH - 2 * MARGIN) // picture.shape[1]))
    wide, tall = scale * picture.shape[1], scale * picture.shape[0]
    return svg.document(wide + 2 * MARGIN, tall + 2 * MARGIN, label,
                        [enlarged(picture, MARGIN, MARGIN, wide)])
