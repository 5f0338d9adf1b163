"""The language panel's picture of perplexity, made like those of ``ticketlab.panels.svg``.

Its histogram is that of the prune panel, and its bars are ``svg.layer_bars``. Lesson 10's panel
builds on this file.
"""

import math

from ticketlab.figures import BLACK, GREY
from ticketlab.panels.svg import LEFT, Plot, amount, keys, stroke, text

WIDTH = 256  # in pixels: beside histogram and bars in a cell of 840 pixels
TOPMOST = 1e5  # perplexities above it are drawn there: all of them are ruin


def perplexity(curves, styles, way: str, at: tuple[float, float], label: str) -> str:
    """Perplexity over the prune rate, on a log axis, a line a way; a ring where the panel stands.

    curves: way -> (sparsities, perplexities), fractions. styles: way -> colour. at: (sparsity,
    perplexity); nan draws no ring. label: in words.
    """
    above, top = keys(WIDTH, [(stroke(styles[name], 2) if name == way else stroke(GREY, 2, "4 3"), name,
                               name == way) for name in curves])
    low = math.floor(min(math.log10(min(values)) for _, values in curves.values()))
    marks = [(power, amount(10**power)) for power in range(low, 6)]
    plot = Plot(WIDTH, (0, 75), (low, math.log10(TOPMOST)), "prune rate (%)", "perplexity", top=top,
                y_ticks=marks)
    parts = [plot.frame]
    for name, (rates, values) in curves.items():
        heights = [min(math.log10(TOPMOST), math.log10(value)) for value in values]
        chosen = name == way
        parts.append(plot.line([100 * rate for rate in rates], heights, styles[name] if chosen else GREY,
                               2.2 if chosen else 1, "" if chosen else "4 3"))
    if not math.isnan(at[1]):
        place = 100 * at[0], min(math.log10(TOPMOST), math.log10(at[1]))
        parts += [plot.upright(place[0]), plot.ring(*place, 6),
                  text(LEFT + 6, top + 12, f"{at[1]:,.1f}" if at[1] < 1e4 else f"{at[1]:.0e}", "start",
                       f'font-weight="600" fill="{BLACK}"')]
    return plot.document(label, [*parts, above])
