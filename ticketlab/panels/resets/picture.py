"""The reset panel's pictures as SVG text: what each layer loses. Accuracy on the way back is
``accuracies.by_share``. Lesson 08's panel builds on this file.
"""

from ticketlab.figures import GREY, VERMILLION
from ticketlab.panels.svg import HEIGHT, TOP, bar, document, text

WIDTHS = 450, 300  # of the two, in pixels


def lost(layers: dict[str, float], current: str, most: float, label: str) -> str:
    """A bar a layer: the points that its reset costs. most: the longest bar. label: in words."""
    full, step = WIDTHS[1] - 84, min(34, (HEIGHT - TOP - 20) // max(1, len(layers)))
    rows = [text(8, 16, "accuracy lost (points)", "start")]
    for number, (layer, points) in enumerate(layers.items()):
        y, main = TOP + 16 + number * step, layer == current
        rows += [text(8, y - 3, layer, "start", 'font-weight="600"' if main else ""),
                 bar(y, points / most, full, VERMILLION if main else GREY),
                 text(full + 14, y + 9, f"{points:.1f}", "start")]
    return document(WIDTHS[1], HEIGHT, label, rows)
