"""The figure of double descent: training and test error against width.

Plain matplotlib, in the manner of ``ticketlab.figures``: it draws on the axes it is given, or on a
new figure, and returns the axes. Errors come in as fractions and are shown in percent. Lesson 06
builds on this file.
"""

from collections.abc import Mapping

import numpy as np

from ticketlab.figures import drawing
from ticketlab.figures.drawing import band
from ticketlab.scaling import INTERPOLATED, curves, threshold

STYLES = (drawing.BLUE, "o"), (drawing.VERMILLION, "^"), (drawing.GREEN, "D"), (drawing.PURPLE, "v")


def error_by_width(table, ax=None, *, train: bool = True, below: float = INTERPOLATED,
                   published: Mapping | None = None):
    """Test error against width on a log scale, solid, and training error, dashed: one colour and
    marker a share of wrong labels, means in a band from the lowest to the highest replicate.

    table: of a ``double_descent.sweep``. train: whether to draw training errors. below: training
    error (a fraction) from which on a width counts as fitting the training set; a dotted line marks
    the narrowest such width of each share. published: share -> {width: test error in percent}, such
    as ``double_descent.PUBLISHED``, as hollow markers. Training errors are on the labels trained
    with, wrong ones included. Raises ValueError as ``double_descent.curves`` does, for more shares
    than there are colours, and for published widths or errors out of range.
    Nakkiran et al. 2019, figure 4; lesson 06 builds on it.
    """
    if "noise" not in table.columns or table.empty:
        raise ValueError("the table has no rows with a noise; give that of a double_descent.sweep")
    shares = dict.fromkeys(sorted(float(each) for each in table["noise"].unique()))
    published = dict(published or {})
    for share in published:
        shares.setdefault(share)
    if len(shares) > len(STYLES):
        raise ValueError(f"there are {len(shares)} shares of wrong labels, {list(shares)}; a "
                         f"figure shows {len(STYLES)} at most: take some rows of the table")
    ax = drawing.one_axes(ax, (6.8, 4.2))
    seen = set()
    for (color, marker), share in zip(STYLES, shares, strict=False):
        if (table["noise"] == share).any():
            seen |= set(_own(ax, table, share, train, below, color, marker))
        if share in published:
            points = np.array(sorted(published[share].items()), dtype=float).reshape(-1, 2)
            _check(share, points)
            seen |= set(points[:, 0])
            ax.plot(*points.T, color=color, marker=marker, markersize=5, markerfacecolor="white",
                    linestyle=":", linewidth=1, label=f"{noise_name(share)}: published")
    drawing.log_axis(ax, width_marks(seen), "{x:g}", "width (units of each hidden layer)")
    ax.set(ylabel="error (%)", ylim=(0, None))
    return drawing.finish(ax, True, "beside")


def noise_name(share: float) -> str:
    """What a share of wrong labels is called: ``15 % wrong labels``, ``right labels``."""
    return f"{100 * share:g} % wrong labels" if share else "right labels"


def width_marks(widths) -> list[int]:
    """The widths that an axis names: those at least a sixth of a power of ten apart, both ends
    included."""
    widths, marks = sorted(int(width) for width in widths), []
    for width in widths:
        if not marks or width >= marks[-1] * 10 ** (1 / 6):
            marks.append(width)
    return [*marks[:-1], widths[-1]] if len(marks) > 1 else marks


def _own(ax, table, share, train, below, color, marker):
    """Curves and threshold of one share; gives its widths."""
    test = 100 * curves(table, share, "test_error")
    band(test.index, test, ax, label=f"{noise_name(share)}: test", color=color, marker=marker,
         markersize=5)
    if train:
        own = 100 * curves(table, share, "train_error")
        band(own.index, own, ax, label=f"{noise_name(share)}: training", color=color,
             linestyle="--", marker=marker, markersize=3, linewidth=1.2)
    width = threshold(table, share, below)
    if width is not None:
        ax.axvline(width, color=color, linestyle=":", linewidth=1.4,
                   label=f"{noise_name(share)}: fitted from width {width} on")
    return test.index


def _check(share, points) -> None:
    if not len(points):
        raise ValueError(f"published has no points for {share:g}; give width -> test error")
    if not (points[:, 0] >= 1).all() or not ((points[:, 1] >= 0) & (points[:, 1] <= 100)).all():
        raise ValueError(f"published for {share:g} has widths below 1 or errors outside 0 to 100; "
                         "give width -> test error in percent, such as {16: 47.24}")
