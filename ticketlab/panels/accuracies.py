"""Accuracy by weights remaining, as the tickets and the rewind panel draw it: as SVG text, and in
matplotlib for what is stored.

Lessons 04 and 05 build on this file.
"""

from collections.abc import Sequence

import numpy as np

from ticketlab.figures import BLACK, density_axis, density_marks, drawing
from ticketlab.panels.svg import LEFT, Curve, Plot, keys, marker, polyline, stroke

WIDTH = 276  # of the picture, in pixels


def picture(curves: Sequence[Curve], current: int | None, at: float, dense, y_range, label: str,
            chance: float | None = None) -> str:
    """Accuracy over the weights remaining, fewer to the right on a log scale: a line a curve.

    current: number of the curve in a band and with a ring, if any. at: density of the ring and of the
    upright line. dense: (mean, lowest, highest), a line across in a band. chance: a dotted one. All in
    percent. label: in words.
    """
    above, top = keys(WIDTH, [*((stroke(curve.color, curve=curve), curve.name, number == current)
                                for number, curve in enumerate(curves)),
                              (stroke(BLACK, 1, "5 3"), "dense")])
    plot = Plot.by_density(curves, WIDTH, top, density_marks(densities(curves)), y_range)
    y, right = plot.y, plot.right
    parts = [plot.frame,
             (f'<rect x="{LEFT}" y="{y(dense[2]):.1f}" width="{right - LEFT}" '
              f'height="{y(dense[1]) - y(dense[2]):.1f}" fill="{BLACK}" opacity="0.1"/>'),
             polyline([(LEFT, y(dense[0])), (right, y(dense[0]))], BLACK, 1, "5 3"),
             plot.upright(at)]
    if chance is not None and y_range[0] < chance < y_range[1]:
        parts.append(plot.chance(chance))
    for number in sorted(range(len(curves)), key=lambda each: each == current):  # that one on top
        curve, main = curves[number], number == current
        if main:
            parts.append(plot.band(curve.x, curve.low, curve.high, curve.color))
        parts.append(plot.line(curve.x, curve.mean, curve.color, 2 if main else 1))
        parts += [marker(curve, f"{a:.1f}", f"{b:.1f}", 3.5 if main else 2.6)
                  for a, b in plot.points(curve.x, curve.mean)]
        if main:
            nearest = min(range(len(curve.x)), key=lambda each: abs(curve.x[each] - at))
            parts.append(plot.ring(curve.x[nearest], curve.mean[nearest], 7))
    return plot.document(f"{label}; curves: {', '.join(curve.name for curve in curves)}",
                         [*parts, above])


def draw(ax, curves, now) -> None:
    """The same in a panel's figure. now: a reading with density, accuracy and dense, as fractions."""
    for curve in curves:
        ax.plot(curve.x, curve.mean, color=curve.color, marker=curve.marker, markersize=3.5,
                linewidth=1.2, label=curve.name)
    ax.axhline(100 * now.dense, color=BLACK, linestyle="--", linewidth=1, label="dense")
    ax.axvline(100 * now.density, color=BLACK, linewidth=0.6)
    if now.accuracy is not None:
        ax.plot([100 * now.density], [100 * now.accuracy], "o", markersize=10, color=BLACK,
                markerfacecolor="none")
    density_axis(ax, densities(curves))
    ax.set(ylabel="test accuracy (%)")
    drawing.finish(ax, True, fontsize="x-small", handlelength=1.5)


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
