"""The scaling panel's picture as SVG text, made like those of ``ticketlab.panels.svg``.

Plain functions from numbers to strings; the bars of the layers are ``svg.layer_bars``. Lesson 06's
panel builds on this file.
"""

import math
from collections.abc import Sequence

from ticketlab.figures import BLACK, GREY
from ticketlab.panels.svg import HEIGHT, ROW, Curve, document, marker, plot, polyline, text

WIDTH = 560  # in pixels: beside the bars in a notebook of 1000 pixels
TOP = 14 + ROW


def accuracy(lines: Sequence[Curve], others: Sequence[Curve], dense: Curve, at, equal: float | None,
             x_marks, x_range, y_range, label: str) -> str:
    """Accuracy over the number of weights, fewer to the right on a log scale.

    lines: of the net that is shown, its tickets first, in a band. others: tickets of the other
    nets, in grey. dense: all dense nets. at: (weights, accuracy) of the ring. equal: accuracy of a
    dense net with as many weights, where a square stands, or None. x_marks: numbers of weights that
    the axis names. x_range: (most, fewest). y_range, and accuracies: in percent. label: in words.
    """
    x, y, low, frame = plot(
        WIDTH, tuple(math.log10(end) for end in x_range), y_range, "weights remaining",
        "test accuracy (%)", top=TOP,
        x_ticks=[(math.log10(mark), f"{mark:,.0f}") for mark in x_marks])

    def places(line, values=None):
        return [(x(math.log10(n)), y(v)) for n, v in zip(
            line.x, line.mean if values is None else values, strict=True)]

    main = lines[0]
    parts = [frame, *(polyline(places(line), GREY, 1) for line in others)]
    band = [f"{a:.1f},{b:.1f}" for a, b in places(main, main.low) + places(main, main.high)[::-1]]
    parts.append(f'<polygon points="{" ".join(band)}" fill="{main.color}" opacity="0.2"/>')
    parts.append(polyline(places(dense), BLACK, 1.9))
    parts += [(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" stroke="{BLACK}" fill="#FFFFFF"/>')
              for a, b in places(dense)]
    for line in reversed(lines):  # the tickets lie on top
        parts.append(polyline(places(line), line.color, 1.9 if line is main else 1.1,
                              "" if line is main else "5 3"))
        parts += [marker(line, f"{a:.1f}", f"{b:.1f}", 3.4 if line is main else 2.6)
                  for a, b in places(line)]
    ring = x(math.log10(at[0])), y(at[1])
    parts += [f'<path d="M{ring[0]:.1f},{TOP}V{low}" stroke="{BLACK}" stroke-width="0.6"/>',
              (f'<circle cx="{ring[0]:.1f}" cy="{ring[1]:.1f}" r="7" stroke="{BLACK}" '
               'stroke-width="1.8" fill="none"/>')]
    if equal is not None:
        parts.append(f'<rect x="{ring[0] - 5:.1f}" y="{y(equal) - 5:.1f}" width="10" height="10" '
                     f'stroke="{BLACK}" stroke-width="1.8" fill="none"/>')
    return document(WIDTH, HEIGHT, label, parts + _keys(lines, bool(others), equal is not None))


def _keys(lines: Sequence[Curve], others: bool, equal: bool) -> list[str]:
    """A row of what the lines and marks are."""
    parts, at = [], 16
    entries = [(line.name, line.color, "" if line is lines[0] else "5 3", line) for line in lines]
    entries.append(("dense nets", BLACK, "", None))
    if others:
        entries.append(("other tickets", GREY, "", None))
    for name, color, dashes, line in entries:
        parts += [polyline([(at - 9, 12), (at + 9, 12)], color, 1.6, dashes),
                  marker(line, at, 12, 3.4) if line else "",
                  text(at + 14, 16, name, "start", 'font-size="11"')]
        at += 42 + 6 * len(name)
    if equal:
        parts += [(f'<rect x="{at - 4}" y="8" width="9" height="9" stroke="{BLACK}" '
                   'stroke-width="1.6" fill="none"/>'),
                  text(at + 10, 16, "dense, as many weights", "start", 'font-size="11"')]
    return parts
