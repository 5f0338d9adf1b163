"""The panels' pictures as SVG text: quick enough to be made anew at every move of a slider.

From numbers to strings: a ``Plot`` and plain functions; nothing here knows of networks or widgets.
Every picture says in words what it shows (``role="img"`` with an ``aria-label``), and stands on
white, so that it reads the same in a dark notebook. Each panel's own pictures are in the ``picture``
of its folder, made out of the parts that are here and the lines and markers of ``curves``.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

from ticketlab.figures import BLACK, GREY, KEPT, ticks
from ticketlab.panels.curves import Curve, dots, markers, polyline

# Sizes in pixels of a picture at its smallest, when its words are 11 pixels high. Three of them stand
# side by side in the cell of a notebook beside JupyterLab's side bar, and grow with the room there is.
HEIGHT = 250
BARS = 206  # width of `layer_bars`
ROW = 16  # height of a line of a key
LETTER = 6.2  # about the width of a letter
BOLD = 1.15  # of that, in bold
LEFT, TOP, RIGHT, BOTTOM = 50, 26, 12, 38  # margins of a plot
GROWTH = 1.35  # wider than that no picture gets


class Plot:
    """A picture with axes, whose methods draw in the units of these axes.

    width: of the picture, in pixels. x_range, y_range: values at the two ends of each axis. top: of
    the y axis, in pixels. x_ticks, y_ticks: (value, words) of each, by default round numbers. log:
    whether x is on a log scale. low, right: where the x axis lies and ends, in pixels. frame: the
    axes with ticks and names, as SVG.
    """

    def __init__(self, width: int, x_range, y_range, x_name: str, y_name: str, top=TOP,
                 x_ticks=None, y_ticks=None, log: bool = False):
        self.width, self.top, self.low, self.right = width, top, HEIGHT - BOTTOM, width - RIGHT
        self._place = math.log10 if log else lambda value: value
        self._x_ends, self._y_ends = [self._place(end) for end in x_range], y_range
        lines, parts = [f"M{LEFT},{top}V{self.low}H{self.right}"], []
        ends = []  # of the words below the axis, which must not run into one another
        for value, words in x_ticks or [(value, f"{value:g}") for value in ticks(*x_range)]:
            x, half = self.x(value), LETTER * len(words) / 2 + 2
            lines.append(f"M{x:.1f},{self.low}v4")
            if all(x + half < left or right < x - half for left, right in ends):
                parts.append(text(x, self.low + 15, words, "middle"))
                ends.append((x - half, x + half))
        for value, words in y_ticks or [(value, amount(value)) for value in ticks(*y_range)]:
            lines.append(f"M{LEFT},{self.y(value):.1f}h-4")
            parts.append(text(LEFT - 7, self.y(value) + 4, words, "end"))
        middle = (top + self.low) / 2
        parts.append(text((LEFT + self.right) / 2, HEIGHT - 6, x_name, "middle"))
        parts.append(text(11, middle, y_name, "middle", f'transform="rotate(-90 11 {middle})"'))
        self.frame = f'<path d="{"".join(lines)}" fill="none" stroke="{BLACK}"/>' + "".join(parts)

    @classmethod
    def by_density(cls, curves: Sequence[Curve], width: int, top: float, marks, y_range) -> "Plot":
        """Axes of test accuracy over the weights remaining, fewer to the right on a log scale, with
        room for all the curves; all in percent. marks: densities that the axis names."""
        places = [place for curve in curves for place in curve.x]
        return cls(width, (max(places) * 1.1, min(places) / 1.1), y_range, "weights remaining (%)",
                   "test accuracy (%)", top=top, x_ticks=[(mark, f"{mark:.3g}") for mark in marks],
                   log=True)

    def x(self, value) -> float:
        """Pixels from the left."""
        first, last = self._x_ends
        return LEFT + (self._place(value) - first) / (last - first) * (self.right - LEFT)

    def y(self, value) -> float:
        """Pixels from above."""
        first, last = self._y_ends
        return self.low - (value - first) / (last - first) * (self.low - self.top)

    def points(self, xs, ys) -> list[tuple[float, float]]:
        """Where some values stand, in pixels."""
        return [(self.x(a), self.y(b)) for a, b in zip(xs, ys, strict=True)]

    def line(self, xs, ys, color: str, width: float, dashes: str = "") -> str:
        """A line through some values."""
        return polyline(self.points(xs, ys), color, width, dashes)

    def band(self, xs, low, high, color: str, opacity: float = 0.2) -> str:
        """The area from the lowest to the highest values."""
        edge = " ".join(f"{a:.1f},{b:.1f}"
                        for a, b in self.points(xs, low) + self.points(xs, high)[::-1])
        return f'<polygon points="{edge}" fill="{color}" fill-opacity="{opacity}"/>'

    def curves(self, curves: Sequence[Curve], current: int | None) -> list[str]:
        """Curves with their markers; the current one in a band, and over the others."""
        parts = []
        for number in sorted(range(len(curves)), key=lambda each: each == current):
            curve, main = curves[number], number == current
            if main:
                parts.append(self.band(curve.x, curve.low, curve.high, curve.color))
            parts.append(self.line(curve.x, curve.mean, curve.color, 2 if main else 1))
            parts.append(markers(curve, self.points(curve.x, curve.mean), 3.5 if main else 2.6))
        return parts

    def upright(self, at) -> str:
        """A thin line from the axis to the top."""
        return (f'<path d="M{self.x(at):.1f},{self.top}V{self.low}" stroke="{BLACK}" '
                'stroke-width="0.6"/>')

    def ring(self, at, value, radius: float) -> str:
        """A ring around a value."""
        return (f'<circle cx="{self.x(at):.1f}" cy="{self.y(value):.1f}" r="{radius}" '
                f'stroke="{BLACK}" stroke-width="1.8" fill="none"/>')

    def chance(self, accuracy: float) -> str:
        """A dotted line across where guessing is."""
        y = self.y(accuracy)
        return (f'<path d="M{LEFT},{y:.1f}H{self.right}" stroke="{GREY}" stroke-dasharray="2 3"/>'
                + text(LEFT + 4, y - 4, "chance", "start", 'fill="#666666"'))

    def document(self, label: str, parts) -> str:
        """The whole picture, of parts in the order in which they cover one another."""
        return document(self.width, HEIGHT, label, parts)


def amount(value: float) -> str:
    """A number in words that fit beside a y axis: 250, 2.5k, 1M."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def layer_bars(layers) -> str:
    """A bar a layer, full length for all of its weights. layers: (name, kept, size) of each."""
    step, full = 34 if len(layers) <= 6 else 28, BARS - 60
    rows, words = [text(8, 16, "weights kept by layer", "start")], []
    for number, (layer, kept, size) in enumerate(layers):
        y, share = TOP + 16 + number * step, kept / size
        rows += [text(8, y - 4, layer, "start", 'font-weight="600"'),
                 text(BARS - 8, y - 4, f"{kept:,} of {size:,}" if size < 1e6 else
                      f"{kept / 1e6:.2f} of {size / 1e6:.2f}M", "end"),  # beside a long name
                 bar(y, share, full, KEPT),
                 text(full + 13, y + 9, f"{100 * share:.1f} %", "start")]
        words.append(f"{layer} {kept} of {size}, {100 * share:.1f} percent")
    return document(BARS, TOP + 34 + (len(layers) - 1) * step,
                    f"Weights kept by layer: {'; '.join(words)}", rows)


def bar(y: float, share: float, full: float, color: str, height: float = 9) -> str:
    """A bar from the left edge: that share of its full length, which lies behind it in a light grey."""
    return "".join(f'<rect x="8" y="{y}" width="{length:.1f}" height="{height}" fill="{fill}"/>'
                   for length, fill in ((full, "#E4E4E4"), (full * min(1, max(0, share)), color)))


def keys(width: int, entries) -> tuple[str, int]:
    """What stands for what, above a plot: in rows, none wider than the picture; and where the plot may
    begin, in pixels.

    width: of the picture. entries: (sample, words) of each, or (sample, words, True) for bold; a sample
    draws around a place x, y, 18 pixels wide at most, as those of ``stroke`` and ``square`` do; None
    for words alone.
    """
    parts, x, y = [], 6, 11
    for sample, words, *bold in entries:
        wide = 24 + (BOLD if any(bold) else 1) * LETTER * len(words)
        if x > 6 and x + wide > width:
            x, y = 6, y + ROW
        if sample:
            parts.append(sample(x + 9, y))
        parts.append(text(x + 21, y + 4, words, "start", 'font-weight="600"' if any(bold) else ""))
        x += wide + 8
    return "".join(parts), y + ROW - 2


def square(fill: str, line: str = "none") -> Callable[[float, float], str]:
    """A sample of an area, for ``keys``."""
    return lambda x, y: (f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="{fill}" '
                         f'stroke="{line}"/>')


def named(curves: Sequence[Curve], current: int | None) -> list[tuple]:
    """Curves with their names, for ``keys``; the current one bold."""
    return [(stroke(curve.color, curve=curve), curve.name, number == current)
            for number, curve in enumerate(curves)]


def stroke(color: str, width: float = 1.6, dashes: str = "",
           curve: Curve | None = None) -> Callable[[float, float], str]:
    """A sample of a line, for ``keys``, with the marker of the curve if there is one."""
    return lambda x, y: polyline([(x - 9, y), (x + 9, y)], color, width, dashes) + (
        markers(curve, [(x, y)], 3.4) if curve else "")


def spot(radius: float, color: str, square: bool) -> Callable[[float, float], str]:
    """A sample of a dot, for ``keys``."""
    return lambda x, y: dots([(x, y)], radius, color, square)


def text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    """Words at a place; anchor: which part of them is there, "start", "middle" or "end"."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def document(width: int, height: int, label: str, parts) -> str:
    """A whole picture. label: what it shows, in words, for those who cannot see it."""
    return (f'<svg role="img" aria-label="{escape(label)}" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'preserveAspectRatio="xMinYMin" style="flex:{width} 1 '
            f'{width}px;min-width:{width}px;max-width:{GROWTH * width:.0f}px;height:auto;'
            f'background:#FFFFFF" font-family="sans-serif" font-size="11" fill="{BLACK}">'
            f'{"".join(parts)}</svg>')


def side_by_side(pictures) -> str:
    """Pictures in one row that they fill together, or in several where they would be too small to be
    read; on a narrow screen one below the other, and one that is wider than the screen can be moved.
    A low one gets white below it as far as the others reach."""
    return ('<div style="display:flex;flex-wrap:wrap;align-items:stretch;gap:6px;line-height:0;'
            f'overflow-x:auto">{"".join(pictures)}</div>')
