"""The scaling panel's picture as SVG text, made like those of ``ticketlab.panels.svg``.

Plain functions from numbers to strings; the bars of the layers are ``svg.layer_bars``. Lesson 06's
panel builds on this file.
"""

from collections.abc import Sequence

from ticketlab.figures import BLACK, GREY
from ticketlab.panels.curves import Curve, markers
from ticketlab.panels.svg import Plot, keys, square, stroke

WIDTH = 400  # in pixels


def accuracy(lines: Sequence[Curve], others: Sequence[Curve], dense: Curve, at, equal: float | None,
             x_marks, x_range, y_range, label: str) -> str:
    """Accuracy over the number of weights, fewer to the right on a log scale.

    lines: of the net that is shown, its tickets first, in a band. others: tickets of the other
    nets, in grey. dense: all dense nets. at: (weights, accuracy) of the ring. equal: accuracy of a
    dense net with as many weights, where a square stands, or None. x_marks: numbers of weights that
    the axis names. x_range: (most, fewest). y_range, and accuracies: in percent. label: in words.
    """
    above, top = keys(WIDTH, [
        *((stroke(line.color, 1.6, "" if line is lines[0] else "5 3", line), line.name)
          for line in lines), (stroke(BLACK), "dense nets"),
        *[(stroke(GREY), "other tickets")] * bool(others),
        (square("none", BLACK), "dense, as many weights")])
    plot = Plot(WIDTH, x_range, y_range, "weights remaining", "test accuracy (%)", top=top,
                x_ticks=[(mark, f"{mark:,.0f}") for mark in x_marks], log=True)
    main = lines[0]
    parts = [plot.frame, *(plot.line(line.x, line.mean, GREY, 1) for line in others),
             plot.band(main.x, main.low, main.high, main.color),
             plot.line(dense.x, dense.mean, BLACK, 1.9)]
    parts += [(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" stroke="{BLACK}" fill="#FFFFFF"/>')
              for a, b in plot.points(dense.x, dense.mean)]
    for line in reversed(lines):  # the tickets lie on top
        parts.append(plot.line(line.x, line.mean, line.color, 1.9 if line is main else 1.1,
                               "" if line is main else "5 3"))
        parts.append(markers(line, plot.points(line.x, line.mean), 3.4 if line is main else 2.6))
    parts += [plot.upright(at[0]), plot.ring(*at, 7)]
    if equal is not None:
        parts.append(f'<rect x="{plot.x(at[0]) - 5:.1f}" y="{plot.y(equal) - 5:.1f}" width="10" '
                     f'height="10" stroke="{BLACK}" stroke-width="1.8" fill="none"/>')
    return plot.document(label, [*parts, above])
