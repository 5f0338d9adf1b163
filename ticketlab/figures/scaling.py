"""Figures of width and depth: accuracy at equal numbers of weights, and how small each net may get.

Plain matplotlib, in the manner of ``ticketlab.figures``: every function draws on the axes it is
given, or on a new figure, and returns the axes. Accuracies come in as fractions and are shown in
percent. Lesson 06 builds on this file.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, NullLocator

from ticketlab.figures import drawing
from ticketlab.figures.landscape import sequence
from ticketlab.scaling import RANDOM, TICKET, TOLERANCE, matching

MARKERS = "o", "s", "D", "^", "v", "P", "X", "*"
COLUMNS = {"accuracy": "test accuracy (%)", "early_accuracy": "test accuracy at early stopping (%)",
           "val_accuracy": "validation accuracy (%)", "train_accuracy": "training accuracy (%)"}


def accuracy_by_weights(table, ax=None, *, by: str = "width",
                        arms: Sequence[str] | None = None, column: str = "accuracy"):
    """Accuracy against the number of weights remaining, fewer to the right, on a log scale: a line
    a net going down from its dense point, and all dense nets joined by a black line.

    Read it upwards: where a net's line lies above the black one, it does better pruned than a
    narrower net left dense with as many weights. table: what ``scaling.run`` gives. by: the column
    of its labels. arms: of them the first in full lines with bands from the lowest to the highest
    replicate, others thin and dashed; by default tickets and, where the table has them, random masks.
    Raises ValueError as ``matching.ladder`` does, for no arms and for an unknown column. Zhu & Gupta
    2017; lesson 06 builds on it.
    """
    drawing.choose("column", column, COLUMNS)
    if arms is None:
        arms = [TICKET, *[RANDOM] * (RANDOM in set(table.get("arm", ())))]
    if isinstance(arms, str) or not arms:
        raise ValueError(f"arms is {arms!r}; give a list with at least one, such as ['ticket']")
    labels = matching.labels(table, by)
    ax, dense, sizes = drawing.one_axes(ax, (6.8, 4.2)), [], []
    for number, (label, color) in enumerate(zip(labels, sequence(len(labels)), strict=True)):
        for arm in arms:
            x, values = _by_level(table, label, by, arm, column)
            sizes += x.tolist()
            if arm != arms[0]:
                ax.plot(x, values.mean(1), "--", color=color, linewidth=0.9)
                continue
            dense.append((x[0], values[0]))
            drawing.band(x, values, ax, color=color, alpha=0.15, label=f"{label}", linewidth=1.6,
                         marker=MARKERS[number % len(MARKERS)], markersize=4.5)
    x, means = [size for size, _ in dense], [values.mean() for _, values in dense]
    reach = [[mean - values.min(), values.max() - mean]
             for mean, (_, values) in zip(means, dense, strict=True)]
    ax.errorbar(x, means, np.transpose(reach), color=drawing.BLACK, marker="o", markersize=7,
                markerfacecolor="none", linewidth=2, elinewidth=1, capsize=3, label="dense",
                zorder=5)
    for arm in arms[1:]:
        ax.plot([], [], "--", color=drawing.GREY, linewidth=0.9, label=_mask(arm))
    weights_axis(ax, (1.15 * max(sizes), min(sizes) / 1.15))
    ax.set(ylabel=COLUMNS[column])
    return drawing.finish(ax, True, "beside", title=f"{by}, {drawing.arm_name(arms[0])}")


def matching_weights(table, ax=None, *, tolerance: float = TOLERANCE, by: str = "width",
                     arms: Sequence[str] = (TICKET, RANDOM), confidence: float = 0.95):
    """The number of weights at which each net still matches itself dense, against its width, on log
    scales, beside the two answers: always the same number, or always the same density.

    table: what ``scaling.run`` gives; its labels must be numbers. tolerance: as in
    ``matching.lowest_matching``, whose rule this is. Markers are geometric means over replicates,
    whiskers their confidence interval, the small dots are replicates; a hollow marker is a bound
    from above, where a search ended too early. The two straight answers start where the smallest
    net's first arm does. Raises ValueError as ``lowest_matching`` does, for no arms, and for labels
    that are no numbers above 0. Lesson 06 builds on it.
    """
    if isinstance(arms, str) or not arms:
        raise ValueError(f"arms is {arms!r}; give a list with at least one, such as ['ticket']")
    labels = matching.labels(table, by)
    for label in labels:
        if isinstance(label, str) or not label > 0:
            raise ValueError(f"{by} has the label {label!r}; on this axis it must be a number "
                             "above 0")
    ax = drawing.one_axes(ax, (6.4, 4.2))
    found = {arm: matching.lowest_matching(table, tolerance, by=by, arm=arm) for arm in arms}
    first = matching.summary(found[arms[0]], by=by)
    x, dense = first[by].to_numpy(float), first["dense_weights"].to_numpy(float)
    order = x.argsort()
    ax.plot(x[order], dense[order], "-", color=drawing.BLACK, marker="o", markerfacecolor="none",
            linewidth=1.6, label="dense")
    ax.plot(x[order], first["density"].iloc[0] * dense[order], ":", color=drawing.BLACK,
            linewidth=1.4, label="if the density stayed")
    ax.axhline(first["weights"].iloc[0], color=drawing.GREEN, linestyle="-.", linewidth=1.4,
               label="if the number stayed")
    styles = drawing.arm_styles(arms)
    for arm, rows in found.items():
        (color, marker), mean = styles[arm], matching.summary(rows, by=by, confidence=confidence)
        mean = mean.sort_values(by)
        centre = mean["weights"].to_numpy()
        reach = np.nan_to_num([centre - mean["weights_low"], mean["weights_high"] - centre])
        slope = (f": exponent {matching.exponent(rows).mean():.2f}" if len(labels) > 1 else "")
        ax.errorbar(mean[by], centre, reach, color=color, marker=marker, markersize=6, capsize=3,
                    linewidth=1.6, elinewidth=1.1, label=_mask(arm) + slope)
        ax.plot(rows[by] * 1.05, rows["weights"], ".", color=color, markersize=4, alpha=0.6)
        bound = mean[mean["open"] > 0]
        ax.plot(bound[by], bound["weights"], marker, color=color, markerfacecolor="white",
                markersize=6, zorder=6)
    ax.set(xscale="log", yscale="log", xlabel=by, ylim=(None, 1.6 * dense.max()),
           ylabel=f"weights, within {100 * tolerance:g} points of dense")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return drawing.finish(ax, True, "beside")


def weights_axis(ax, x_range) -> None:
    """Makes x the weights remaining: a log scale, fewer to the right. x_range: (most, fewest)."""
    drawing.log_axis(ax, marks(*x_range[::-1]), "{x:,.0f}", "weights remaining")
    ax.set_xlim(*x_range)


def marks(low: float, high: float) -> list[float]:
    """Numbers of weights that a log axis names: powers of ten, and on a short one 1, 2 and 5 times
    them."""
    for factors in ((1,), (1, 3), (1, 2, 5)):
        found = [m * 10.0 ** e for e in range(12) for m in factors if low <= m * 10.0 ** e <= high]
        if len(found) >= 3:
            break
    return found


def _by_level(table, label, by: str, arm: str, column: str):
    """Numbers of weights [levels], dense first, and accuracies in percent [levels, R]."""
    rows = matching.ladder(table, label, by=by, arm=arm)
    values = rows.pivot(index="level", columns="replicate", values=column)
    return rows.groupby("level")["weights"].mean().to_numpy(), 100 * values.to_numpy()


def _mask(arm: str) -> str:
    return "random mask" if arm == RANDOM else drawing.arm_name(arm)
