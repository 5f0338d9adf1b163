"""The rewind panel's pictures as SVG text, made like those of ``ticketlab.panels.svg``.

Two paths and the line between their ends, the error along that line, and the accuracy of several
ways of retraining over the weights remaining. Plain functions from numbers to strings. Lesson 05's
panel builds on this file.
"""

from collections.abc import Sequence

from ticketlab.figures import BLACK, BLUE, GREEN, GREY, VERMILLION
from ticketlab.panels.svg import BOTTOM, HEIGHT, LEFT, ROW, Curve, Plot, dot, marker, polyline, text

WIDTHS = 320, 290, 345  # of the three, in pixels: side by side in a notebook of 1000 pixels
TOP = 14 + 2 * ROW  # two rows of a key above each plot


def paths(first, second, reach, step: int, label: str) -> str:
    """Two paths from the start, the star at (0, 0), and the dotted line between their ends.

    first, second: points (x, y) of each path. reach: the least and largest x and y that must be
    seen, (x, x, y, y); both axes have one unit. step: of the start. label: in words.
    """
    x_range, y_range = equal(reach, WIDTHS[0] - 14 - LEFT, HEIGHT - BOTTOM - TOP)
    plot = Plot(WIDTHS[0], x_range, y_range, "weight distance", "weight distance", top=TOP)
    x, y, parts = plot.x, plot.y, [plot.frame]
    for way, color, dashes, square in ((first, BLUE, "", False), (second, VERMILLION, "6 3", True)):
        places = [(x(a), y(b)) for a, b in way]
        parts.append(polyline(places, color, 1.6, dashes))
        parts += [dot(*place, 2.2, color, square) for place in places[1:-1]]
        parts.append(dot(*places[-1], 5.5, color, square))
    parts += [polyline([(x(way[-1][0]), y(way[-1][1])) for way in (first, second)], BLACK, 1.6, "2 3"),
              _star(x(0), y(0)),
              _star(LEFT + 5, 11), text(LEFT + 15, 15, f"start: step {step:,}", "start"),
              polyline([(LEFT + 120, 11), (LEFT + 142, 11)], BLACK, 1.6, "2 3"),
              text(LEFT + 148, 15, "line between ends", "start"),
              dot(LEFT + 5, 11 + ROW, 4.5, BLUE, False),
              text(LEFT + 15, 15 + ROW, "first child", "start"),
              dot(LEFT + 131, 11 + ROW, 4.5, VERMILLION, True),
              text(LEFT + 148, 15 + ROW, "second child", "start")]
    return plot.document(label, parts)


def error(alphas, mean, low, high, own, bar, threshold: float, top: float, label: str) -> str:
    """Test error along the line: mean in a band, one replicate as a thin line, the barrier as a
    bar, and the height from which on it counts.

    alphas, mean, low, high, own: [points], errors in percent. bar: (α, foot, top) of the barrier.
    threshold: points above the foot. top: of the axis. label: in words.
    """
    plot = Plot(WIDTHS[1], (0, 1), (0, top), "α, from one end to the other", "test error (%)",
                top=TOP)
    limit, (place, foot, peak) = bar[1] + threshold, bar
    y, middle, right = plot.y, plot.x(place), plot.right
    return plot.document(label, [
        plot.frame, plot.band(alphas, low, high, BLUE),
        plot.line((0, 1), (limit, limit), GREEN, 1.4, "5 3"),
        plot.line(alphas, own, GREY, 1.1), plot.line(alphas, mean, BLUE, 1.9),
        plot.line((place, place), (foot, peak), BLACK, 1.6),
        *(polyline([(middle - 5, y(value)), (middle + 5, y(value))], BLACK, 1.6, "")
          for value in (foot, peak)),
        dot(LEFT, y(mean[0]), 5, BLUE, False), dot(right, y(mean[-1]), 5, VERMILLION, True),
        polyline([(LEFT, 11), (LEFT + 16, 11)], BLUE, 1.9, ""), text(LEFT + 21, 15, "mean", "start"),
        polyline([(LEFT + 70, 11), (LEFT + 86, 11)], GREY, 1.1, ""),
        text(LEFT + 91, 15, "this replicate", "start"),
        polyline([(LEFT, 11 + ROW), (LEFT + 16, 11 + ROW)], GREEN, 1.4, "5 3"),
        text(LEFT + 21, 15 + ROW, "stable if the barrier ends below", "start")])


def accuracy(curves: Sequence[Curve], current: int | None, at: float, dense, marks, y_range,
             label: str) -> str:
    """Accuracy over the weights remaining, fewer to the right on a log scale: a line a way.

    curves: of all ways; the ``current`` one in its band and ringed. at: density of the ring and of
    the upright line. dense: (mean, lowest, highest), a line across in a band. marks: densities that
    the axis names. All in percent. label: in words.
    """
    width, rows = WIDTHS[2], -(-(len(curves) + 1) // 3)
    plot = Plot.by_density(curves, width, max(TOP, 14 + ROW * rows), marks, y_range)
    y, right = plot.y, plot.right
    parts = [plot.frame,
             (f'<rect x="{LEFT}" y="{y(dense[2]):.1f}" width="{right - LEFT}" '
              f'height="{y(dense[1]) - y(dense[2]):.1f}" fill="{BLACK}" opacity="0.1"/>'),
             polyline([(LEFT, y(dense[0])), (right, y(dense[0]))], BLACK, 1, "5 3"),
             plot.upright(at)]
    for number in sorted(range(len(curves)), key=lambda each: each == current):  # that one on top
        curve, main = curves[number], number == current
        if main:
            parts.append(plot.band(curve.x, curve.low, curve.high, curve.color, 0.25))
        parts.append(plot.line(curve.x, curve.mean, curve.color, 2.1 if main else 1))
        parts += [marker(curve, f"{a:.1f}", f"{b:.1f}", 3.6 if main else 2.6)
                  for a, b in plot.points(curve.x, curve.mean)]
        if main:
            nearest = min(range(len(curve.x)), key=lambda each: abs(curve.x[each] - at))
            parts.append(plot.ring(curve.x[nearest], curve.mean[nearest], 7))
    for number, curve in enumerate([*curves, None]):
        a, b = 16 + number % 3 * (width - 14) // 3, 12 + number // 3 * ROW
        bold = 'font-size="11" font-weight="600"' if number == current else 'font-size="11"'
        parts += [polyline([(a - 7, b), (a + 7, b)], curve.color if curve else BLACK, 1.6,
                        "" if curve else "5 3"), marker(curve, a, b, 3.4) if curve else "",
                  text(a + 12, b + 4, curve.name if curve else "dense", "start", bold)]
    return plot.document(label, parts)


def equal(reach, width: float, height: float):
    """Ranges of x and y with one unit on both axes, room around, and ``reach`` in the middle."""
    across, up = 1.12 * (reach[1] - reach[0]), 1.12 * (reach[3] - reach[2])
    unit = max(across / width, up / height) or 1.0
    return [(middle - unit * size / 2, middle + unit * size / 2) for middle, size in (
        ((reach[0] + reach[1]) / 2, width), ((reach[2] + reach[3]) / 2, height))]


def _star(x: float, y: float) -> str:
    return (f'<path d="M0,-7L2,-2H7L3,1.5L4.5,7L0,3.5L-4.5,7L-3,1.5L-7,-2H-2Z" fill="{BLACK}" '
            f'transform="translate({x:.1f} {y:.1f})"/>')
