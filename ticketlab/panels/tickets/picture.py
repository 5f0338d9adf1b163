"""The ticket panel's pictures as SVG text, made like those of ``ticketlab.panels.svg``.

Survivors as a histogram and masks as grey blocks; the accuracy is in ``ticketlab.panels.accuracies``.
Plain functions from numbers to strings. Lesson 04's panel builds on this file.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ticketlab.figures import BLACK, GREY, KEPT, ticks
from ticketlab.panels.images import enlarged
from ticketlab.panels.svg import HEIGHT, LEFT, ROW, TOP, Plot, document, keys, square, stroke, text

WIDTHS = 245, 222  # of the two, in pixels


class Picture(NamedTuple):
    """One layer's mask: kept weights, the layer's units and inputs, and the share that is kept in
    each block of weights, [rows, columns]: a row a unit (or some), a column an input."""

    layer: str
    kept: int
    units: int
    inputs: int
    blocks: np.ndarray


def survivors(edges, kept, everything, layer: str, shows: str, name: str) -> str:
    """Bars of the weights that are kept, and an outline with the shape of all weights.

    edges: [bins + 1]. kept, everything: [bins], weights. The outline is drawn with the area of the
    bars. layer, shows: whose values, and when. name: of the outline.
    """
    scale = sum(kept) / max(1, sum(everything))
    outline = [scale * n for n in everything]
    above, top = keys(WIDTHS[0], [(square(KEPT), f"kept: {sum(kept):,} ({layer})"),
                                  (stroke(BLACK, 1.4), name)])
    plot = Plot(WIDTHS[0], (edges[0], edges[-1]), (0, max(1, *kept, *outline)),
                f"weight value {shows}", "number of weights", top=max(top, TOP + ROW))
    x, y, low = plot.x, plot.y, plot.low
    xs = [f"{x(edge):.1f}" for edge in edges]

    def stairs(counts):
        return "".join(f"V{y(n):.1f}H{right}" for n, right in zip(counts, xs[1:], strict=True))

    label = (f"Histogram of the weights of {layer}, {shows}: {sum(kept)} kept; and an outline: {name}")
    return plot.document(label, [
        f'<path d="M{xs[0]},{low}{stairs(kept)}V{low}Z" fill="{KEPT}" fill-opacity="0.75"/>',
        f'<path d="M{xs[0]},{low}{stairs(outline)}V{low}" fill="none" stroke="{BLACK}"/>', plot.frame,
        above])


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
            text(8, 15, f"mask of {each.layer}: {each.kept:,} kept", "start"),
            text(8, 15 + ROW, f"white: none, black: {_densest(each)} kept", "start"),
            _blocks(each, LEFT, plot.top, plot.right - LEFT, plot.low - plot.top), plot.frame])
    step = max(34, (HEIGHT - TOP - 22) // len(pictures))
    parts = [text(8, 15, "masks: inputs across, units down", "start"),
             text(8, TOP + len(pictures) * step + 14, "white: no weight of the block is kept",
                  "start")]
    for number, each in enumerate(pictures):
        y = TOP + number * step
        parts += [text(8, y + 12, each.layer, "start", 'font-weight="600"'),
                  text(width - 8, y + 12, f"{each.kept:,} kept, black: {_densest(each)}", "end"),
                  _blocks(each, 8, y + 17, width - 16, step - 23),
                  (f'<rect x="8" y="{y + 17}" width="{width - 16}" height="{step - 23}" '
                   f'fill="none" stroke="{GREY}"/>')]
    return document(width, max(HEIGHT, TOP + 22 + len(pictures) * step), label, parts)


def _densest(picture: Picture) -> str:
    return f"{100 * picture.blocks.max():.0f} %"


def _blocks(picture: Picture, x: float, y: float, width: float, height: float) -> str:
    greys = 255 - 255 * picture.blocks / (picture.blocks.max() or 1.0)
    return enlarged(np.round(greys).astype(np.uint8), x, y, width, height)
