"""The rewind panel's pictures as SVG text, made like those of ``ticketlab.panels.svg``.

Two paths and the line between their ends, and the error along that line; the accuracy of several ways
of retraining is in ``ticketlab.panels.accuracies``. Plain functions from numbers to strings. Lesson 05's
panel builds on this file.
"""

from ticketlab.figures import BLACK, BLUE, GREEN, GREY, VERMILLION
from ticketlab.panels.curves import dots, polyline
from ticketlab.panels.svg import BOTTOM, HEIGHT, LEFT, RIGHT, Plot, keys, spot, stroke

WIDTHS = 240, 228  # of the two, in pixels


def paths(first, second, reach, step: int, label: str) -> str:
    """Two paths from the start, the star at (0, 0), and the dotted line between their ends.

    first, second: points (x, y) of each path. reach: the least and largest x and y that must be
    seen, (x, x, y, y); both axes have one unit. step: of the start. label: in words.
    """
    above, top = keys(WIDTHS[0], [
        (_star, f"start: step {step:,}"), (spot(4.5, BLUE, False), "first child"),
        (spot(4.5, VERMILLION, True), "second child"), (stroke(BLACK, 1.6, "2 3"), "line between")])
    x_range, y_range = equal(reach, WIDTHS[0] - RIGHT - LEFT, HEIGHT - BOTTOM - top)
    plot = Plot(WIDTHS[0], x_range, y_range, "weight distance", "weight distance", top=top)
    x, y, parts = plot.x, plot.y, [plot.frame]
    for way, color, dashes, square in ((first, BLUE, "", False), (second, VERMILLION, "6 3", True)):
        places = [(x(a), y(b)) for a, b in way]
        parts.append(polyline(places, color, 1.6, dashes))
        parts += [dots(places[1:-1], 2.2, color, square), dots(places[-1:], 5.5, color, square)]
    parts += [polyline([(x(way[-1][0]), y(way[-1][1])) for way in (first, second)], BLACK, 1.6, "2 3"),
              _star(x(0), y(0)), above]
    return plot.document(label, parts)


def error(alphas, mean, low, high, own, bar, threshold: float, top: float, label: str) -> str:
    """Test error along the line: mean in a band, one replicate as a thin line, the barrier as a
    bar, and the height from which on it counts.

    alphas, mean, low, high, own: [points], errors in percent. bar: (α, foot, top) of the barrier.
    threshold: points above the foot. top: of the axis. label: in words.
    """
    above, begin = keys(WIDTHS[1], [(stroke(BLUE, 1.9), "mean"), (stroke(GREY, 1.1), "this replicate"),
                                    (stroke(GREEN, 1.4, "5 3"), "stable: barrier ends below")])
    plot = Plot(WIDTHS[1], (0, 1), (0, top), "α, from one end to the other", "test error (%)",
                top=begin)
    limit, (place, foot, peak) = bar[1] + threshold, bar
    y, middle, right = plot.y, plot.x(place), plot.right
    return plot.document(label, [
        plot.frame, plot.band(alphas, low, high, BLUE),
        plot.line((0, 1), (limit, limit), GREEN, 1.4, "5 3"),
        plot.line(alphas, own, GREY, 1.1), plot.line(alphas, mean, BLUE, 1.9),
        plot.line((place, place), (foot, peak), BLACK, 1.6),
        *(polyline([(middle - 5, y(value)), (middle + 5, y(value))], BLACK, 1.6, "")
          for value in (foot, peak)),
        dots([(LEFT, y(mean[0]))], 5, BLUE, False), dots([(right, y(mean[-1]))], 5, VERMILLION, True),
        above])


def equal(reach, width: float, height: float):
    """Ranges of x and y with one unit on both axes, room around, and ``reach`` in the middle."""
    across, up = 1.12 * (reach[1] - reach[0]), 1.12 * (reach[3] - reach[2])
    unit = max(across / width, up / height) or 1.0
    return [(middle - unit * size / 2, middle + unit * size / 2) for middle, size in (
        ((reach[0] + reach[1]) / 2, width), ((reach[2] + reach[3]) / 2, height))]


def _star(x: float, y: float) -> str:
    return (f'<path d="M{x:.1f},{y - 7:.1f}l2,5h5l-4,3.5l1.5,5.5l-4.5,-3.5l-4.5,3.5l1.5,-5.5l-4,-3.5h5z" '
            f'fill="{BLACK}"/>')
