"""The supermask panel's pictures as SVG text: the mask of a layer, and units that survive. Accuracy is
``accuracies.by_share``. Lesson 08's panel builds on this file.
"""

import numpy as np

from ticketlab.figures import BLACK, KEPT
from ticketlab.panels.images import enlarged
from ticketlab.panels.svg import HEIGHT, TOP, bar, document, keys, square, text

WIDTHS = 310, 250, 182  # of the three, in pixels
_RED, _BLUE = "#B2182B", "#2166AC"


def mask(picture: np.ndarray, layer: str, label: str) -> str:
    """The weights of a layer as squares. picture: as the table makes it. label: in words."""
    above, top = keys(WIDTHS[1], [(square(_RED), "above 0"), (square(_BLUE), "below 0"),
                                  (square("#FFFFFF", BLACK), "not used"),
                                  (square("#E1E1E1"), "unit without a path")])
    tall, wide = picture.shape[:2]
    room = WIDTHS[1] - 12, HEIGHT - top - 30
    scale = min(room[0] / wide, room[1] / tall)
    return document(WIDTHS[1], HEIGHT, label, [
        above, enlarged(picture, 6, top + 4, scale * wide),
        f'<rect x="6" y="{top + 4}" width="{scale * wide:.1f}" height="{scale * tall:.1f}" '
        f'fill="none" stroke="{BLACK}" stroke-width="0.6"/>',
        text(6, HEIGHT - 8, f"{layer}: a row a unit, a column an input", "start")])


def units(layers: dict[str, tuple[int, int]]) -> str:
    """A bar a hidden layer: units that survive, of all."""
    full = WIDTHS[2] - 16
    rows = [text(8, 16, "units that survive", "start")]
    for number, (layer, (alive, size)) in enumerate(layers.items()):
        y = TOP + 16 + 34 * number
        rows += [text(8, y - 4, layer, "start", 'font-weight="600"'),
                 bar(y, alive / size, full, KEPT),
                 text(8 + full, y - 4, f"{alive} of {size}", "end")]
    words = "; ".join(f"{layer} {alive} of {size}" for layer, (alive, size) in layers.items())
    return document(WIDTHS[2], TOP + 34 * len(layers), f"Units that survive: {words}", rows)
