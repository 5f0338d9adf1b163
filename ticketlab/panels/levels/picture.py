"""The pictures of the levels panel as SVG text: the error between two levels, and all barriers.

Lesson 07's panel builds on this file.
"""

from collections.abc import Sequence

from ticketlab.figures import BLUE, GREEN, VERMILLION
from ticketlab.panels.svg import ROW, Plot, dot, polyline, text

WIDTHS = 400, 430  # of the two, in pixels: side by side in a notebook of 1000 pixels
TOP = 14 + ROW


def error(alphas, mean, low, high, top: float, label: str) -> str:
    """Test error along the line, mean in a band, in percent. top: of the axis. label: in words."""
    plot = Plot(WIDTHS[0], (0, 1), (0, top), "α, from the denser level to the sparser", "test error (%)",
                top=TOP)
    return plot.document(label, [
        plot.frame, plot.band(alphas, low, high, BLUE), plot.line(alphas, mean, BLUE, 2),
        polyline([(60, 12), (78, 12)], BLUE, 2, ""), text(84, 16, "mean, in its range", "start")])


def barriers(own: Sequence[float], lost: Sequence[float], level: int, threshold: float, y_range,
             label: str) -> str:
    """Barrier to the next level, and accuracy lost there, level by level, in points.

    level: the one that is ringed. threshold: below it a barrier counts as none. label: in words.
    """
    levels = list(range(len(own)))
    plot = Plot(WIDTHS[1], (-0.3, len(own) - 0.7), y_range, "from level", "points", top=TOP,
                x_ticks=[(each, str(each)) for each in levels])
    parts = [plot.frame, plot.line([-0.3, len(own) - 0.7], [threshold, threshold], GREEN, 1.4, "5 3")]
    for values, color, square in ((own, BLUE, False), (lost, VERMILLION, True)):
        parts.append(plot.line(levels, values, color, 1.8, "6 3" if square else ""))
        parts += [dot(*place, 4, color, square) for place in plot.points(levels, values)]
    parts += [plot.upright(level), plot.ring(level, own[level], 8),
              dot(66, 12, 4, BLUE, False), text(76, 16, "barrier to the next level", "start"),
              dot(246, 12, 4, VERMILLION, True), text(256, 16, "accuracy lost there", "start")]
    return plot.document(label, parts)
