"""The pictures of lesson 07's panels as SVG text: a histogram with its cut, and accuracy by rate."""

import math
from collections.abc import Sequence

from ticketlab.figures import BLUE, GREY, KEPT, PRUNED
from ticketlab.panels.svg import Plot, amount, keys, square, stroke

WIDTHS = 375, 375  # of the two, in pixels


def histogram(edges, counts, threshold: float, top: int, label: str) -> str:
    """Weights by value, how many on a log scale; what a cut at the threshold removes is orange.

    top: the most in one bin, of all variants, so that all are drawn on one scale. label: in words.
    """
    powers = range(math.ceil(math.log10(max(top, 10))) + 1)
    above, begin = keys(WIDTHS[0], [(square(KEPT), "kept"), (square(PRUNED), "cut")])
    plot = Plot(WIDTHS[0], (edges[0], edges[-1]), (0, powers[-1]), "weight", "weights in a bin (log)",
                top=begin, y_ticks=[(power, amount(10**power)) for power in powers])
    bars = {KEPT: [], PRUNED: []}
    for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True):
        if count:
            height = math.log10(count) + 0.05  # one weight is a line, and not nothing
            color = PRUNED if abs(left + right) / 2 <= threshold and threshold > 0 else KEPT
            bars[color].append(f"M{plot.x(left):.1f},{plot.low}V{plot.y(height):.1f}"
                               f"H{plot.x(right):.1f}V{plot.low}z")
    areas = (f'<path d="{"".join(own)}" fill="{color}"/>' for color, own in bars.items() if own)
    return plot.document(label, [plot.frame, *areas, above])


def accuracy(rates: Sequence[float], own, reference, place: int, y_range, names, label: str) -> str:
    """Accuracy over the rate of one cut, without retraining: one variant in its band, and the first.

    own: (mean, low, high) and reference: mean, in percent. place: of the ring. names: of the two.
    """
    above, top = keys(WIDTHS[1], [(stroke(BLUE, 2), names[0]), (stroke(GREY, 1.4, "5 3"), names[1])])
    plot = Plot(WIDTHS[1], (0, 100), y_range, "rate of the cut (% of all weights)", "test accuracy (%)",
                top=top)
    xs, (mean, low, high) = [100 * rate for rate in rates], own
    return plot.document(label, [
        plot.frame, plot.band(xs, low, high, BLUE), plot.line(xs, reference, GREY, 1.4, "5 3"),
        plot.line(xs, mean, BLUE, 2), plot.upright(xs[place]), plot.ring(xs[place], mean[place], 7),
        above])
