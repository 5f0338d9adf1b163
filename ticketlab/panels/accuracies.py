"""Accuracy by weights remaining, as the tickets and the rewind panel draw it, as SVG text.

Lessons 04 and 05 build on this file.
"""

from collections.abc import Sequence

import numpy as np

from ticketlab.figures import BLACK, density_marks
from ticketlab.panels.svg import LEFT, Curve, Plot, keys, named, polyline, stroke

WIDTH = 276  # of the picture, in pixels


def picture(curves: Sequence[Curve], current: int | None, at: float, dense, y_range, label: str,
            chance: float | None = None) -> str:
    """Accuracy over the weights remaining, fewer to the right on a log scale: a line a curve.

    current: number of the curve in a band and with a ring, if any. at: density of the ring and of the
    upright line. dense: (mean, lowest, highest), a line across in a band. chance: a dotted one. All in
    percent. label: in words.
    """
    above, top = keys(WIDTH, [*named(curves, current), (stroke(BLACK, 1, "5 3"), "dense")])
    plot = Plot.by_density(curves, WIDTH, top, density_marks(densities(curves)), y_range)
    y, right = plot.y, plot.right
    parts = [plot.frame,
             (f'<rect x="{LEFT}" y="{y(dense[2]):.1f}" width="{right - LEFT}" '
              f'height="{y(dense[1]) - y(dense[2]):.1f}" fill="{BLACK}" fill-opacity="0.1"/>'),
             polyline([(LEFT, y(dense[0])), (right, y(dense[0]))], BLACK, 1, "5 3"),
             plot.upright(at)]
    if chance is not None and y_range[0] < chance < y_range[1]:
        parts.append(plot.chance(chance))
    parts += plot.curves(curves, current)
    if current is not None:
        curve = curves[current]
        nearest = min(range(len(curve.x)), key=lambda each: abs(curve.x[each] - at))
        parts.append(plot.ring(curve.x[nearest], curve.mean[nearest], 7))
    return plot.document(f"{label}; curves: {', '.join(curve.name for curve in curves)}",
                         [*parts, above])


def densities(curves) -> np.ndarray:
    """The densities of all points of some curves, as fractions."""
    return np.concatenate([curve.x for curve in curves]) / 100


def spread(curves) -> list[float]:
    """The lowest and highest values of some curves, all of them."""
    return [value for curve in curves for value in (*curve.low, *curve.high)]


def percent_axis(values) -> tuple[float, float]:
    """Where an axis of percentages begins and ends: some room around the values."""
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 1.0
    return max(0, low - room), min(100, high + room)
