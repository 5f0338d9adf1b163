"""The ticket panel's pictures as SVG text, made like those of ``ticketlab.panels.svg``.

Survivors as a histogram, masks as grey blocks, and the accuracy over the weights remaining.
Plain functions from numbers to strings. Lesson 04's panel builds on this file.
"""

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from ticketlab.figures import BLACK, GREY, KEPT, ticks
from ticketlab.panels.svg import HEIGHT, LEFT, ROW, TOP, Curve, Plot, document, key, marker, text

WIDTHS = 310, 265, 345  # of the three, in pixels: side by side in a notebook of 1000 pixels


class Picture(NamedTuple):
    """One layer's mask: kept weights, the layer's units and inputs, and the share that is kept in
    each block of weights, [rows, columns]: a row a unit (or some), a column an input."""

    layer: str
    kept: int
    units: int
    inputs: int
    blocks: np.ndarray


def survivors(edges, kept, everything, title: str, name: str) -> str:
    """Bars of the weights that are kept, and an outline with the shape of all weights.

    edges: [bins + 1]. kept, everything: [bins], weights. The outline is drawn with the area of the
    bars. name: of the outline.
    """
    scale = sum(kept) / max(1, sum(everything))
    outline = [scale * n for n in everything]
    plot = Plot(WIDTHS[0], (edges[0], edges[-1]), (0, max(1, *kept, *outline)), "weight value",
                "number of weights", top=TOP + ROW)
    x, y, low = plot.x, plot.y, plot.low
    xs = [f"{x(edge):.1f}" for edge in edges]

    def stairs(counts):
        return "".join(f"V{y(n):.1f}H{right}" for n, right in zip(counts, xs[1:], strict=True))

    label = (f"Histogram of the weights of {title}: {sum(kept)} kept; and an outline: {name}")
    return plot.document(label, [
        f'<path d="M{xs[0]},{low}{stairs(kept)}V{low}Z" fill="{KEPT}" opacity="0.75"/>',
        f'<path d="M{xs[0]},{low}{stairs(outline)}V{low}" fill="none" stroke="{BLACK}"/>', plot.frame,
        key(LEFT, KEPT, f"kept: {sum(kept):,} ({title})"),
        f'<path d="M{LEFT},{12 + ROW}h12" stroke="{BLACK}" stroke-width="1.4"/>',
        text(LEFT + 17, 16 + ROW, name, "start")])


def masks(pictures: Sequence[Picture]) -> str:
    """Where the weights lie that are kept, of one layer with axes or of several in rows.

    White blocks keep none of their weights, and the densest block of each layer is black.
    """
    width, label = WIDTHS[1], "Mask: " + "; ".join(
        f"{each.layer}, {each.units} units by {each.inputs} inputs, {each.kept} kept, densest "
        f"block {_densest(each)}" for each in pictures)
    if len(pictures) == 1:
        each = pictures[0]
        marks = [(n, f"{n:g}") for n in ticks(0, each.units)]
        plot = Plot(width, (0, each.inputs), (each.units, 0), "input", "unit", top=TOP + ROW,
                    y_ticks=marks)
        return plot.document(label, [
            text(8, 18, f"mask of {each.layer}: {each.kept:,} kept", "start"),
            text(8, 17 + ROW, f"white: none, black: {_densest(each)} kept", "start"),
            _blocks(each, LEFT, plot.top, plot.right - LEFT, plot.low - plot.top), plot.frame])
    step = max(34, (HEIGHT - TOP - 22) // len(pictures))
    parts = [text(8, 18, "masks: inputs across, units down", "start"),
             text(8, TOP + len(pictures) * step + 14, "white: no weight of the block is kept",
                  "start", 'font-size="11"')]
    for number, each in enumerate(pictures):
        y = TOP + number * step
        parts += [text(8, y + 12, each.layer, "start", 'font-weight="600"'),
                  text(width - 8, y + 12, f"{each.kept:,} kept, black: {_densest(each)}", "end",
                       'font-size="11"'),
                  _blocks(each, 8, y + 17, width - 16, step - 23),
                  (f'<rect x="8" y="{y + 17}" width="{width - 16}" height="{step - 23}" '
                   f'fill="none" stroke="{GREY}"/>')]
    return document(width, max(HEIGHT, TOP + 22 + len(pictures) * step), label, parts)


def accuracy(curves: Sequence[Curve], at, dense: float, chance: float, marks, y_range) -> str:
    """Accuracy over the weights remaining, fewer to the right on a log scale, and a ring.

    curves: the search's own, in a band, and others as thin lines. at: (density, accuracy) of the
    ring. dense, chance: lines across. marks: densities that the axis names. All in percent.
    """
    width, rows = WIDTHS[2], -(-(len(curves) + 1) // 3)
    plot = Plot.by_density(curves, width, 14 + ROW * rows, marks, y_range)
    parts = [plot.frame, f'<path d="M{LEFT},{plot.y(dense):.1f}H{plot.right}" {_DASHED}/>']
    if y_range[0] < chance < y_range[1]:
        parts.append(plot.chance(chance))
    for curve in reversed(curves):  # the search's own lies on top
        main = curve is curves[0]
        if main:
            parts.append(plot.band(curve.x, curve.low, curve.high, curve.color))
        parts.append(plot.line(curve.x, curve.mean, curve.color, 1.9 if main else 1))
        parts += [marker(curve, f"{a:.1f}", f"{b:.1f}", 3.4 if main else 2.6)
                  for a, b in plot.points(curve.x, curve.mean)]
    parts += [plot.upright(at[0]), plot.ring(*at, 6.5)]
    for number, curve in enumerate([*curves, None]):
        a, b = 16 + number % 3 * (width - 14) // 3, 12 + number // 3 * ROW
        line = f'stroke="{curve.color}"' if curve else _DASHED
        parts += [f'<path d="M{a - 9},{b}h18" {line}/>', marker(curve, a, b, 3.4) if curve else "",
                  text(a + 14, b + 4, curve.name if curve else "dense", "start", 'font-size="11"')]
    names = ", ".join(curve.name for curve in curves)
    label = (f"Test accuracy over the weights remaining: {at[1]:.1f} percent with {at[0]:.3g} "
             f"percent of the weights, dense {dense:.1f} percent; curves: {names}")
    return plot.document(label, parts)


_DASHED = f'stroke="{BLACK}" stroke-dasharray="5 3"'
def _densest(picture: Picture) -> str:
    return f"{100 * picture.blocks.max():.0f} %"


def _blocks(picture: Picture, x: float, y: float, width: float, height: float) -> str:
    greys = 255 - 255 * picture.blocks / (picture.blocks.max() or 1.0)
    file = io.BytesIO()
    Image.fromarray(np.round(greys).astype(np.uint8)).save(file, "png")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return (f'<image href="data:image/png;base64,{data}" x="{x}" y="{y}" width="{width}" '
            f'height="{height}" preserveAspectRatio="none" style="image-rendering:pixelated"/>')
