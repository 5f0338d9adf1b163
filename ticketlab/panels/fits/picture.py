"""The fit panel's pictures as SVG text: three images side by side, and two bars.

Plain functions from arrays to strings. Lesson 09's panel builds on this file.
"""

from ticketlab.figures import BLUE, drawing
from ticketlab.panels import svg
from ticketlab.panels.images import enlarged

SIDE, GAP = 160, 14  # of an image and between two, in pixels


def images(pictures, names, label: str) -> str:
    """Images of one size, [height, width, 3] each, with their names above. label: in words."""
    parts = []
    for place, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        x = GAP + place * (SIDE + GAP)
        parts += [svg.text(x, 20, name, "start"), enlarged(picture, x, 28, SIDE)]
    tall = max(SIDE * picture.shape[0] / picture.shape[1] for picture in pictures)
    return svg.document(GAP + len(names) * (SIDE + GAP), round(28 + tall + GAP), label, parts)


def bars(yours: float, best: float) -> str:
    """Both shares of variance explained, as bars from 0 to 1."""
    parts = [svg.text(8, 20, "R²", "start")]
    for place, (name, value, color) in enumerate((("yours", yours, drawing.ORANGE),
                                                  ("the optimiser's", best, BLUE))):
        y = 48 + 62 * place
        parts += [svg.text(8, y - 6, name, "start"), svg.text(200, y - 6, f"{value:.3f}", "end"),
                  svg.bar(y, value, 192, color, 14)]
    return svg.document(210, 212, f"Share of variance explained: yours {yours:.3f}, the optimiser's "
                                  f"{best:.3f}",
                        parts)
