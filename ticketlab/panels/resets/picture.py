"""The reset panel's pictures as SVG text: accuracy on the way back, and what each layer loses.

Lesson 08's panel builds on this file.
"""

from collections.abc import Sequence

from ticketlab.figures import GREY, VERMILLION
from ticketlab.panels.svg import HEIGHT, TOP, Curve, Plot, bar, document, keys, named, text

WIDTHS = 450, 300  # of the two, in pixels


def accuracy(curves: Sequence[Curve], current: int, at: tuple[float, float], chance: float | None,
             y_range, label: str) -> str:
    """Accuracy over the share of the way back, in percent. current: the curve in a band; at: its ring.
    label: in words."""
    above, top = keys(WIDTHS[0], named(curves, current))
    plot = Plot(WIDTHS[0], (0, 100), y_range, "way back to the start (%)", "test accuracy (%)", top=top)
    parts = [plot.frame]
    if chance is not None:
        parts.append(plot.chance(chance))
    return plot.document(label, [*parts, *plot.curves(curves, current), plot.upright(at[0]),
                                 plot.ring(*at, 7), above])


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
