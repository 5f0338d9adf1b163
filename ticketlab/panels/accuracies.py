"""Accuracy by weights remaining, and by a share, as several panels draw them, as SVG text.

The panels of lessons 04, 05 and 08 build on this file.
"""

from collections.abc import Sequence

import numpy as np

from ticketlab.figures import BLACK, density_marks
from ticketlab.lottery import table
from ticketlab.panels.curves import Curve, polyline
from ticketlab.panels.svg import LEFT, Plot, keys, named, stroke

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


def by_share(width: int, name: str, curves: Sequence[Curve], current: int, at: tuple[float, float],
             y_range, label: str, chance: float | None = None, trained: float | None = None) -> str:
    """Accuracy over a share, both in percent: the current curve in its band, and a ring at a place.

    name: of the share. chance: a dotted line across. trained: a dashed one, of the same networks with all
    weights trained. label: in words.
    """
    above, top = keys(width, [*named(curves, current),
                              *[(stroke(BLACK, 1, "5 3"), "all trained")] * (trained is not None)])
    plot = Plot(width, (0, 100), y_range, name, "test accuracy (%)", top=top)
    parts = [plot.frame]
    if chance is not None:
        parts.append(plot.chance(chance))
    if trained is not None:
        parts.append(plot.line((0, 100), (trained, trained), BLACK, 1, "5 3"))
    return plot.document(label, [*parts, *plot.curves(curves, current), plot.upright(at[0]),
                                 plot.ring(*at, 7), above])


def by_level(name: str, trials, color: str, marker: str) -> Curve:
    """The curve of some trials, a point a level."""
    levels = table(trials).groupby("level")
    return Curve.over(100 * levels["density"].mean(), levels["accuracy"], name, color, marker)


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
