"""The prune panel's pictures as SVG text, made like those of ``ticketlab.panels.svg``.

Plain functions from numbers to strings. Lesson 03's panel builds on this file.
"""

from ticketlab.figures import BLACK, BLUE, KEPT, PRUNED
from ticketlab.panels.svg import LEFT, TOP, Plot, keys, square, text

WIDTHS = 282, 256  # of the two, in pixels


def histogram(edges, total, pruned, thresholds, title: str, identity: str,
              unit: str = "weight value") -> str:
    """Stacked bars, kept below and pruned (hatched) above, and the thresholds as dashed lines.

    edges: [bins + 1]. total: [bins], of all weights; it sets the height, so that bars do not jump
    while the slider moves. pruned: [bins]. thresholds: magnitudes; each is drawn at its value and
    at minus its value. identity: unlike that of any other picture on the page.
    """
    note = " (dashed: thresholds)" if len(thresholds) > 1 else ""
    plot = Plot(WIDTHS[0], (edges[0], edges[-1]), (0, max(1, max(total))), unit + note,
                "number of weights")
    x, y, low = plot.x, plot.y, plot.low
    xs = [f"{x(edge):.1f}" for edge in edges]
    kept = [n - gone for n, gone in zip(total, pruned, strict=True)]
    tops = [f"{y(n):.1f}" for n in total]
    middles = [f"{y(n):.1f}" for n in kept]
    steps = [f"V{top}H{right}" for top, right in zip(tops, xs[1:], strict=True)]
    back = [f"V{middle}H{left}" for middle, left in zip(middles[::-1], xs[-2::-1], strict=True)]
    stairs = [f"V{middle}H{right}" for middle, right in zip(middles, xs[1:], strict=True)]
    start = f"M{xs[0]},{low:.1f}"
    lines = (f'<path d="{"".join(f"M{x(v):.1f},{TOP}V{low}" for t in thresholds for v in (-t, t))}" '
             f'stroke="{BLACK}" stroke-dasharray="5 3" stroke-width="1.2"/>') if thresholds else ""
    name = ""
    if len(thresholds) == 1:
        t = thresholds[0]
        right = x(t) < 0.8 * WIDTHS[0]
        name = text(x(t) + (5 if right else -5), TOP + 12, f"±{t:.3g}", "start" if right else "end",
                    'font-weight="600"')
    words = f"threshold {', '.join(f'plus or minus {t:.3g}' for t in thresholds)}; " \
        if thresholds else ""
    label = (f"Histogram of the weights of {title}: {words}"
             f"{sum(kept)} kept, {sum(pruned)} pruned")
    hatch = (f'<defs><pattern id="{identity}" width="5" height="5" patternUnits="userSpaceOnUse" '
             f'patternTransform="rotate(45)"><rect width="5" height="5" fill="#FBE3B4"/>'
             f'<rect width="1.6" height="5" fill="{PRUNED}"/></pattern></defs>')
    above, _ = keys(WIDTHS[0], [(square(KEPT), f"kept {sum(kept):,}"),
                                (square(f"url(#{identity})"), f"pruned {sum(pruned):,}")])
    return plot.document(label, [
        hatch, f'<path d="{start}{"".join(steps)}{"".join(back)}Z" fill="url(#{identity})"/>',
        f'<path d="{start}{"".join(stairs)}V{low}Z" fill="{KEPT}"/>', plot.frame, lines, name,
        above])


def accuracy_curve(rates, mean, low, high, measured, at, exact: bool, chance: float) -> str:
    """Accuracy over the prune rate: mean in a band, and a dot where the slider is.

    rates, mean, low, high: [positions], percent. measured: the positions that were evaluated; in
    between, lines are straight. at: (rate, accuracy) of the dot, full where exact. chance: percent.
    """
    plot = Plot(WIDTHS[1], (0, 100), (0, 100), "prune rate (%)", "test accuracy (%)")
    rates, mean, low, high = ([values[place] for place in measured]
                              for values in (rates, mean, low, high))
    state = "exact" if exact else "interpolated"
    label = (f"Test accuracy without retraining over the prune rate: at {at[0]:.1f} percent "
             f"pruned, {at[1]:.1f} percent ({state})")
    return plot.document(label, [
        plot.frame, plot.band(rates, low, high, BLUE), plot.line(rates, mean, BLUE, 1.8),
        plot.chance(chance), text(LEFT, 15, "before any retraining", "start"), plot.upright(at[0]),
        (f'<circle cx="{plot.x(at[0]):.1f}" cy="{plot.y(at[1]):.1f}" r="5.5" stroke="{BLACK}" '
         f'stroke-width="1.6" fill="{BLACK if exact else "#FFFFFF"}"/>')])
