"""What stands within the axes of a panel's picture, as SVG text: curves, lines, dots and markers.

``svg`` has the axes, and everything around them. The panels of all lessons build on this file.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Curve(NamedTuple):
    """An arm's accuracies in percent, [points]: mean, low and high, where x is the density in percent
    or a number of weights; color and marker as ``drawing.arm_styles`` gives them."""

    name: str
    color: str
    marker: str
    x: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    levels: Sequence[int] = ()

    @classmethod
    def over(cls, x, accuracy, name: str, color: str, marker: str) -> "Curve":
        """From a table by level: x, a series, and accuracies (fractions) grouped by level."""
        mean, low, high = (100 * each for each in (accuracy.mean(), accuracy.min(), accuracy.max()))
        return cls(name, color, marker, x.tolist(), mean.tolist(), low.tolist(), high.tolist(),
                   mean.index.tolist())


def polyline(points, color: str, width: float, dashes: str = "") -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="{width}"'
            f'{dash}/>')


def dots(points, radius: float, color: str, square: bool) -> str:
    """Dots of one colour, or squares."""
    return _shapes(points, radius, color, _SQUARE if square else None)


_SQUARE = (-1, -1), (1, -1), (1, 1), (-1, 1)
_MARKERS = {  # corners of outlines, about in a square from -1 to 1
    "s": [(.9 * x, .9 * y) for x, y in _SQUARE], "D": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "^": [(0, -1.2), (1.2, 1), (-1.2, 1)], "v": [(0, 1.2), (1.2, -1), (-1.2, -1)],
    "P": [(-.4, -1.2), (.4, -1.2), (.4, -.4), (1.2, -.4), (1.2, .4), (.4, .4), (.4, 1.2), (-.4, 1.2),
          (-.4, .4), (-1.2, .4), (-1.2, -.4), (-.4, -.4)],
    "X": [(-1, -1.4), (0, -.5), (1, -1.4), (1.4, -1), (.5, 0), (1.4, 1), (1, 1.4), (0, .5), (-1, 1.4),
          (-1.4, 1), (-.5, 0), (-1.4, -1)],
    "*": [(0, -1.5), (.4, -.4), (1.4, -.4), (.6, .3), (.9, 1.3), (0, .7), (-.9, 1.3), (-.6, .3),
          (-1.4, -.4), (-.4, -.4)]}


def markers(curve: Curve, points, radius: float) -> str:
    """The markers that matplotlib draws, so that an arm looks alike in figures and in the panel."""
    return _shapes(points, radius, curve.color, _MARKERS.get(curve.marker))


def _shapes(points, radius: float, color: str, corners=None) -> str:
    """The same shape at some places, a disc if it has no corners. All are one element, and none is
    moved by a transform: a browser paints a page in as many parts as there are of those."""
    if corners is None:
        ways = (f"M{x - radius:.1f},{y:.1f}a{radius},{radius} 0 1 0 {2 * radius:g},0"
                f"a{radius},{radius} 0 1 0 {-2 * radius:g},0z" for x, y in points)
    else:
        ways = ("M" + "L".join(f"{x + radius * a:.1f},{y + radius * b:.1f}" for a, b in corners) + "z"
                for x, y in points)
    return f'<path d="{"".join(ways)}" fill="{color}"/>' if points else ""
