"""The descent panel's pictures as SVG text, made like those of ``ticketlab.panels.svg``.

Errors by width, what a network says on a way through the input space, and the signals on that way.
Plain functions from numbers to strings. Lesson 06's panel builds on this file.
"""

from collections.abc import Sequence

from ticketlab.figures import BLACK, BLUE, GREY, VERMILLION
from ticketlab.panels.curves import dots, polyline
from ticketlab.panels.svg import Plot, keys, spot, stroke, text

WIDTHS = 264, 264, 216  # of the three, in pixels


def errors(widths, curves: Sequence[tuple], at: int, limit: int | None, names, marks, top: float,
           label: str) -> str:
    """Errors over the width on a log scale: the main curves in their bands, the others thin.

    curves: (colour, dashes, whether it is a main one, ``Errors`` of the table) of each. at: the width
    of the upright line and the rings. limit: the interpolation threshold, dotted, if there is one.
    names: (colour, words) of each share. marks: widths that the axis names. top: of the axis. label: in
    words.
    """
    above, begin = keys(WIDTHS[0], [*((stroke(color, 2.1), words) for color, words in names),
                                    (stroke(GREY, 1.8), "test"), (stroke(GREY, 1.8, "5 3"), "training")])
    plot = Plot(WIDTHS[0], (min(widths) / 1.1, max(widths) * 1.1), (0, top),
                "width (units of each hidden layer)", "error (%)", top=begin,
                x_ticks=[(mark, f"{mark:g}") for mark in marks], log=True)
    parts = [plot.frame, plot.upright(at)]
    if limit is not None:
        limit_x = plot.x(limit)
        left = limit_x > 0.6 * WIDTHS[0]
        parts += [polyline([(limit_x, plot.top), (limit_x, plot.low)], BLACK, 1.3, "1 4"),
                  text(limit_x + (-4 if left else 4), (plot.top + plot.low) / 2, "all labels fitted",
                       "end" if left else "start")]
    for color, dashes, main, own in sorted(curves, key=lambda each: each[2]):
        if main:
            parts += [plot.band(widths, own.low, own.high, color),
                      plot.ring(at, own.mean[list(widths).index(at)], 6)]
        parts.append(plot.line(widths, own.mean, color, 2.1 if main else 1, dashes))
    return plot.document(label, [*parts, above])


def answers(right, wrong, names, trained: bool, label: str) -> str:
    """Probabilities on the way through three training signals, which are the dots at the top, each
    with the colour of the label it was trained with.

    right, wrong: [points], probabilities of the right class and of the wrong label; the rest is
    grey. names: of these two. trained: whether the wrong label was trained with. label: in words.
    """
    above, top = keys(WIDTHS[1], [
        (stroke(BLUE, 2), names[0]), (stroke(VERMILLION, 2, "6 3"), names[1]),
        (stroke(GREY, 1.6, "2 3"), "any other"), (spot(4.5, BLUE, False), "label trained with")])
    plot = Plot(WIDTHS[1], (-1, 1), (0, 1), "way from signal A through B to C", "probability",
                top=top, x_ticks=[(-1, "A"), (0, "B"), (1, "C")])
    xs = [-1 + 2 * place / (len(right) - 1) for place in range(len(right))]
    others = [1 - a - b for a, b in zip(right, wrong, strict=True)]
    parts = [plot.frame, plot.upright(0)]
    for values, color, dashes, width in ((others, GREY, "2 3", 1.6), (right, BLUE, "", 2),
                                         (wrong, VERMILLION, "6 3", 2)):
        parts.append(plot.line(xs, values, color, width, dashes))
    parts += [dots([(plot.x(place), plot.y(1))], 5, VERMILLION if trained and place == 0 else BLUE,
                   trained and place == 0) for place in (-1, 0, 1)]
    return plot.document(label, [*parts, above])


def signals(three, words: str, label: str) -> str:
    """The three signals of a way, as lines over their numbers: the second black, the others grey.

    three: [3][numbers]. words: a line above. label: in words.
    """
    values = [value for signal in three for value in signal]
    room = 0.06 * (max(values) - min(values)) or 1.0
    above, top = keys(WIDTHS[2], [(None, words), (stroke(GREY, 1.8), "A"), (stroke(BLACK, 1.8), "B"),
                                  (stroke(GREY, 1.8, "4 3"), "C")])
    plot = Plot(WIDTHS[2], (0, max(1, len(three[0]) - 1)), (min(values) - room, max(values) + room),
                "number in the signal", "value (standard deviations)", top=top)
    parts = [plot.frame]
    for number, color, width, dashes in ((0, GREY, 1.2, ""), (2, GREY, 1.2, "4 3"),
                                         (1, BLACK, 2, "")):
        parts.append(plot.line(range(len(three[number])), three[number], color, width, dashes))
    return plot.document(label, [*parts, above])
