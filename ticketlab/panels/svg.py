"""The panels' pictures as SVG text: quick enough to be made anew at every move of a slider.

Plain functions from numbers to strings; nothing here knows of networks or widgets. Every picture
says in words what it shows (``role="img"`` with an ``aria-label``), and stands on white, so that it
reads the same in a dark notebook. The prune panel of lesson 03 is drawn here, the ticket panel of
lesson 04 in ``ticketlab.ticket_svg``, out of the same parts.
"""

from html import escape

from ticketlab.drawing import BLACK, BLUE, GREY, KEPT, PRUNED, ticks

HEIGHT = 270
WIDTHS = 362, 250, 265  # of the three, in pixels: side by side in a notebook of 1000 pixels
LEFT, TOP, BOTTOM = 56, 30, 42  # margins of a plot, in pixels


def histogram(edges, total, pruned, thresholds, title: str, identity: str) -> str:
    """Stacked bars, kept below and pruned (hatched) above, and the thresholds as dashed lines.

    edges: [bins + 1]. total: [bins], of all weights; it sets the height, so that bars do not jump
    while the slider moves. pruned: [bins]. thresholds: magnitudes; each is drawn at its value and
    at minus its value. identity: unlike that of any other picture on the page.
    """
    note = " (dashed: a threshold for each layer)" if len(thresholds) > 1 else ""
    x, y, low, frame = plot(WIDTHS[0], (edges[0], edges[-1]), (0, max(1, max(total))),
                            "weight value" + note, "number of weights")
    xs = [f"{x(edge):.1f}" for edge in edges]
    kept = [n - gone for n, gone in zip(total, pruned, strict=True)]
    tops = [f"{y(n):.1f}" for n in total]
    middles = [f"{y(n):.1f}" for n in kept]
    steps = [f"V{top}H{right}" for top, right in zip(tops, xs[1:], strict=True)]
    back = [f"V{middle}H{left}" for middle, left in zip(middles[::-1], xs[-2::-1], strict=True)]
    stairs = [f"V{middle}H{right}" for middle, right in zip(middles, xs[1:], strict=True)]
    start = f"M{xs[0]},{low:.1f}"
    lines = "".join(
        f'<line x1="{x(v):.1f}" x2="{x(v):.1f}" y1="{TOP}" y2="{low}" stroke="{BLACK}" '
        f'stroke-dasharray="5 3" stroke-width="1.2"/>' for t in thresholds for v in (-t, t))
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
    return document(WIDTHS[0], HEIGHT, label, [
        hatch, f'<path d="{start}{"".join(steps)}{"".join(back)}Z" fill="url(#{identity})"/>',
        f'<path d="{start}{"".join(stairs)}V{low}Z" fill="{KEPT}"/>', frame, lines, name,
        key(LEFT, KEPT, f"kept {sum(kept):,}"),
        key(LEFT + 98, f"url(#{identity})", f"pruned {sum(pruned):,}")])


def layer_bars(layers) -> str:
    """A bar a layer, full length for all of its weights. layers: (name, kept, size) of each."""
    step = 38 if len(layers) <= 6 else 30
    rows, words = [text(8, 18, "weights kept by layer", "start")], []
    for number, (layer, kept, size) in enumerate(layers):
        y, share = TOP + 18 + number * step, kept / size
        rows += [text(8, y - 4, layer, "start", 'font-weight="600"'),
                 text(190, y - 4, f"{kept:,} of {size:,}", "end"),
                 f'<rect x="8" y="{y}" width="182" height="9" fill="#E4E4E4"/>',
                 f'<rect x="8" y="{y}" width="{182 * share:.1f}" height="9" fill="{KEPT}"/>',
                 text(195, y + 9, f"{100 * share:.1f} %", "start")]
        words.append(f"{layer} {kept} of {size}, {100 * share:.1f} percent")
    height = max(HEIGHT, TOP + 18 + len(layers) * step)
    return document(WIDTHS[1], height, f"Weights kept by layer: {'; '.join(words)}", rows)


def accuracy_curve(rates, mean, low, high, measured, at, exact: bool, chance: float) -> str:
    """Accuracy over the prune rate: mean in a band, and a dot where the slider is.

    rates, mean, low, high: [positions], percent. measured: the positions that were evaluated; in
    between, lines are straight. at: (rate, accuracy) of the dot, full where exact. chance: percent.
    """
    x, y, _, frame = plot(WIDTHS[2], (0, 100), (0, 100), "prune rate (%)", "test accuracy (%)")
    upper = [f"{x(rates[i]):.1f},{y(high[i]):.1f}" for i in measured]
    lower = [f"{x(rates[i]):.1f},{y(low[i]):.1f}" for i in reversed(measured)]
    line = " ".join(f"{x(rates[i]):.1f},{y(mean[i]):.1f}" for i in measured)
    state = "exact" if exact else "interpolated"
    label = (f"Test accuracy without retraining over the prune rate: at {at[0]:.1f} percent "
             f"pruned, {at[1]:.1f} percent ({state})")
    return document(WIDTHS[2], HEIGHT, label, [
        frame,
        f'<polygon points="{" ".join(upper + lower)}" fill="{BLUE}" opacity="0.2"/>',
        f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="1.8"/>',
        f'<path d="M{x(0):.1f},{y(chance):.1f}H{x(100):.1f}" stroke="{GREY}" stroke-dasharray="2 3"/>',
        text(x(1), y(chance) - 4, "chance", "start", 'fill="#666666"'),
        text(LEFT, 18, "before any retraining", "start"),
        f'<path d="M{x(at[0]):.1f},{TOP}V{y(0):.1f}" stroke="{BLACK}" stroke-width="0.6"/>',
        (f'<circle cx="{x(at[0]):.1f}" cy="{y(at[1]):.1f}" r="5.5" stroke="{BLACK}" '
         f'stroke-width="1.6" fill="{BLACK if exact else "#FFFFFF"}"/>')])


def plot(width: int, x_range, y_range, x_name: str, y_name: str, top=TOP, x_ticks=None,
         y_ticks=None):
    """Scales for x and y, where the x axis lies, and the axes with ticks and names as SVG.

    width: of the picture, in pixels. x_range, y_range: values at the two ends of each axis. top: of
    the y axis, in pixels. x_ticks, y_ticks: (value, words) of each, by default round numbers.
    """
    right, low = width - 14, HEIGHT - BOTTOM
    across, up = x_range[1] - x_range[0], y_range[1] - y_range[0]

    def x(value):
        return LEFT + (value - x_range[0]) / across * (right - LEFT)

    def y(value):
        return low - (value - y_range[0]) / up * (low - top)

    parts = [f'<path d="M{LEFT},{top}V{low}H{right}" fill="none" stroke="{BLACK}"/>']
    for value, words in x_ticks or [(value, f"{value:g}") for value in ticks(*x_range)]:
        parts.append(f'<path d="M{x(value):.1f},{low}v4" stroke="{BLACK}"/>'
                     + text(x(value), low + 17, words, "middle"))
    for value, words in y_ticks or [(value, f"{value:,g}" if value < 1e5 else f"{value:.0e}")
                                    for value in ticks(*y_range)]:
        parts.append(f'<path d="M{LEFT},{y(value):.1f}h-4" stroke="{BLACK}"/>'
                     + text(LEFT - 7, y(value) + 4, words, "end"))
    middle = (top + low) / 2
    parts.append(text((LEFT + right) / 2, HEIGHT - 8, x_name, "middle"))
    parts.append(text(12, middle, y_name, "middle", f'transform="rotate(-90 12 {middle})"'))
    return x, y, low, "".join(parts)


def key(x: float, fill: str, words: str) -> str:
    """A filled square and what it stands for, above the plot."""
    return f'<rect x="{x}" y="8" width="12" height="12" fill="{fill}"/>' + text(
        x + 17, 18, words, "start")


def text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    """Words at a place; anchor: which part of them is there, "start", "middle" or "end"."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def document(width: int, height: int, label: str, parts) -> str:
    """A whole picture. label: what it shows, in words, for those who cannot see it."""
    return (f'<svg role="img" aria-label="{escape(label)}" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" style="max-width:100%;background:#FFFFFF" '
            f'font-family="sans-serif" font-size="12" fill="{BLACK}">{"".join(parts)}</svg>')
