"""A panel's pictures as a matplotlib figure: for what a notebook stores, and as PNG and PDF.

The pictures are drawn once, as SVG text (``svg``); here its elements become those of matplotlib, so that
what is stored is what was seen. It reads what panels' pictures are made of, and no other SVG. All panels
are stored by it.
"""

import base64
import io
import math
import re
import textwrap
from collections.abc import Sequence
from xml.etree import ElementTree

from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from fontTools.svgLib.path.shapes import PathBuilder
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from PIL import Image

PIXEL = 1 / 96  # inches
POINT = 72 * PIXEL  # points in a pixel
LETTERS = 10 * POINT  # instead of 11 pixels: matplotlib's letters are wider than a browser's
LETTER = 5.7  # about the width of a letter, in pixels
GAP, LINE = 6, 17  # between pictures, and of a line of words
LEAST, WIDTH = 480, 860  # of a row; the cell of a notebook in JupyterLab is as wide
PASSED_ON = "fill", "stroke", "stroke-width"  # to what stands in a group


def paint(pictures: Sequence[str], lines: Sequence[str]) -> Figure:
    """A figure of the pictures, in rows of ``WIDTH`` pixels at most, with lines of words above, which
    are wrapped.

    Raises ValueError for an element that no picture of a panel has.
    """
    trees, places, x, y, row = [ElementTree.fromstring(picture) for picture in pictures], [], 0, 0, 0
    for tree in trees:
        wide, tall = _numbers(tree.attrib, "width", "height")
        if x and x + wide > WIDTH:
            x, y, row = 0, y + row + GAP, 0
        places.append((x, y, x + wide))
        x, row = x + wide + GAP, max(row, tall)
    right = max([LEAST, *(place[2] for place in places)])
    words = [each for line in lines for each in textwrap.wrap(line, int((right - 2 * GAP) / LETTER))]
    above = LINE * len(words) + GAP
    figure = Figure((right * PIXEL, (above + y + row) * PIXEL))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, right), ylim=(above + y + row, 0), autoscale_on=False)
    ax.set_axis_off()
    for number, line in enumerate(words):
        ax.text(GAP, LINE * (number + 0.8), line, fontsize=LETTERS)
    for tree, (left, top, _) in zip(trees, places, strict=True):
        _draw(ax, tree, Affine2D().translate(left, above + top), {}, {})
    return figure


def _draw(ax: Axes, element, where: Affine2D, above: dict[str, str], areas: dict[str, list]) -> None:
    """One element and those in it, over all that is there. above: attributes of what it stands in.
    areas: of each pattern, its colours."""
    own = above | element.attrib
    for name, numbers in re.findall(r"(\w+)\(([^)]*)\)", element.get("transform", "")):
        where = _moved(name, [float(each) for each in numbers.split()]) + where
    if element.tag in ("svg", "g"):
        for child in element:
            _draw(ax, child, where, {name: own[name] for name in PASSED_ON if name in own}, areas)
    elif element.tag == "defs":
        areas |= {each.get("id"): [area.get("fill") for area in each] for each in element}
    elif element.tag == "text":
        _text(ax, own, element.text, where)
    elif element.tag == "image":
        _image(ax, own, where)
    else:
        _shape(ax, own, _outline(element), where, areas)


def _moved(name: str, numbers: list[float]) -> Affine2D:
    """What a transform of SVG does."""
    if name == "rotate":
        return Affine2D().rotate_deg_around(*numbers[1:], numbers[0])
    return getattr(Affine2D(), name)(*numbers)


def _text(ax: Axes, own: dict[str, str], words: str, where: Affine2D) -> None:
    across, down = where.get_matrix()[:2, 0]
    ax.text(*where.transform(_numbers(own, "x", "y")), words, color=own["fill"], fontsize=LETTERS,
            ha={"start": "left", "middle": "center", "end": "right"}[own["text-anchor"]],
            weight="bold" if "font-weight" in own else "normal", zorder=len(ax.get_children()),
            rotation=-math.degrees(math.atan2(down, across)), rotation_mode="anchor")


def _image(ax: Axes, own: dict[str, str], where: Affine2D) -> None:
    x, y, wide, tall = _numbers(own, "x", "y", "width", "height")
    (left, top), (right, low) = where.transform([(x, y), (x + wide, y + tall)])
    data = base64.b64decode(own["href"].partition(",")[2])
    ax.imshow(Image.open(io.BytesIO(data)).convert("RGB"), extent=(left, right, low, top),
              interpolation="nearest", aspect="auto", zorder=len(ax.get_children()))


def _shape(ax: Axes, own: dict[str, str], outline: Path, where: Affine2D, areas) -> None:
    fill, width = own.get("fill", "black"), float(own.get("stroke-width", 1))
    look = {"facecolor": fill, "edgecolor": own.get("stroke", "none")}
    if fill.startswith("url("):
        look |= dict(zip(("facecolor", "edgecolor"), areas[fill[5:-1]], strict=True)) | {"hatch": "/" * 6}
    if "stroke-dasharray" in own:
        look["linestyle"] = 0, [float(each) / width for each in own["stroke-dasharray"].split()]
    ax.add_patch(PathPatch(
        outline, transform=where + ax.transData, capstyle="butt",
        alpha=float(own.get("opacity", own.get("fill-opacity", 1))),
        linewidth=width * POINT if "stroke" in own else 0, zorder=len(ax.get_children()), **look))


def _outline(element) -> Path:
    """A shape, in its own pixels. Raises ValueError for what is none."""
    builder, pen, own = PathBuilder(), RecordingPen(), dict(element.attrib)
    own.pop("transform", None)  # which is counted in already
    if not builder.add_path_from_element(ElementTree.Element(element.tag, own)):
        raise ValueError(f"a picture has the element {element.tag!r}; a panel's picture is made of "
                         "groups, shapes, texts and images")
    parse_path(builder.paths[0], pen)
    steps = [(_CODES[kind], points or [(0, 0)]) for kind, points in pen.value if kind in _CODES]
    return Path([place for _, points in steps for place in points],
                [code for code, points in steps for _ in points])


_CODES = {"moveTo": Path.MOVETO, "lineTo": Path.LINETO, "curveTo": Path.CURVE4,
          "closePath": Path.CLOSEPOLY}


def _numbers(own: dict, *names: str) -> list[float]:
    return [float(own[name]) for name in names]
