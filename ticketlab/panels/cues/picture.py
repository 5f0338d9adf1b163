"""The cue panel's pictures as SVG text: the image, and over the mixture what each net follows.

Plain functions from arrays to strings. Lesson 09's panel builds on this file.
"""

from ticketlab.figures import BLUE, GREY, drawing
from ticketlab.panels import svg
from ticketlab.panels.images import enlarged

SIDE, WIDTH = 186, 268
COLOURS = {"the shape": BLUE, "the texture": drawing.ORANGE, "neither": GREY}
DASHES = {"the shape": "", "the texture": "6 3", "neither": "2 3"}


def image(picture, words: str) -> str:
    """One image, [size, size, 3], enlarged. words: what it shows."""
    return svg.document(SIDE + 20, SIDE + 40, words,
                        [svg.text(10, 20, "the image", "start"), enlarged(picture, 10, 30, SIDE)])


def curves(name: str, mixtures, shares, at: float, words: str) -> str:
    """Shares that follow shape, texture, neither over the mixture, and a line where the slider is.

    mixtures: [M], 0 to 1. shares: [M, 3]. at: the mixture of the slider.
    """
    above, top = svg.keys(WIDTH, [(None, name, True)] + [
        (svg.stroke(color, 2, DASHES[cue]), cue) for cue, color in COLOURS.items()])
    plot = svg.Plot(WIDTH, (0, 100), (0, 100), "texture in the mixture (%)", "images (%)", top=top)
    across = [100 * mixture for mixture in mixtures]
    parts = [plot.frame, above]
    for place, (cue, color) in enumerate(COLOURS.items()):
        parts.append(plot.line(across, 100 * shares[:, place], color, 2, DASHES[cue]))
    return plot.document(words, [*parts, plot.upright(100 * at)])
