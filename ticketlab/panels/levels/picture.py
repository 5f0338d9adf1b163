"""The pictures of the levels panel as SVG text: the error between two levels, and all barriers.

Lesson 07's panel builds on this file.
"""

from collections.abc import Sequence

from ticketlab.figures import BLUE, GREEN, VERMILLION
from ticketlab.panels.curves import dots
from ticketlab.panels.svg import Plot, keys, spot, stroke

WIDTHS = 374, 376  # of the two, in pixels


def error(alphas, mean, low, high, top: float, label: str) -> str:
    """Test error along the line, mean in a band, in percent. top: of the axis. label: in words."""
    above, begin = keys(WIDTHS[0], [(stroke(BLUE, 2), "mean, in its range")])
    plot = Plot(WIDTHS[0], (0, 1), (0, top), "α, from the denser level to the sparser", "test error (%)",
                top=begin)
    return plot.document(label, [
        plot.frame, plot.band(alphas, low, high, BLUE), plot.line(alphas, mean, BLUE, 2),
        above])


def barriers(own: Sequence[float], lost: Sequence[float], level: int, threshold: float, y_range,
             label: str) -> str:
    """Barrier to the next level, and accuracy lost there, level by level, in points.

    level: the one that is ringed. threshold: below it a barrier counts as none. label: in words.
    """
    levels = list(range(len(own)))
    above, top = keys(WIDTHS[1], [(spot(4, BLUE, False), "barrier to the next level"),
                                  (spot(4, VERMILLION, True), "accuracy lost there")])
    plot = Plot(WIDTHS[1], (-0.3, len(own) - 0.7), y_range, "from level", "points", top=top,
                x_ticks=[(each, str(each)) for each in levels])
    parts = [plot.frame, plot.line([-0.3, len(own) - 0.7], [threshold, threshold], GREEN, 1.4, "5 3")]
    for values, color, square in ((own, BLUE, False), (lost, VERMILLION, True)):
        parts.append(plot.line(levels, values, color, 1.8, "6 3" if square else ""))
        parts.append(dots(plot.points(levels, values), 4, color, square))
    parts += [plot.upright(level), plot.ring(level, own[level], 8), above]
    return plot.document(label, parts)
