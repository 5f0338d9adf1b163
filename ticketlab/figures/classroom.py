"""The figure of a class: mean accuracies with confidence intervals over everybody's replicates.

``ticketlab.figures`` draws bands from the lowest to the highest replicate; with a whole class they
only get wider. An interval of the mean gets narrower, and that is what a class can find out
together. Lesson 04 builds on this file.
"""

import numpy as np

from ticketlab.figures import drawing
from ticketlab.figures.tickets import density_axis
from ticketlab.lottery import interval

TITLES = {"accuracy": "test accuracy (%)", "train_accuracy": "training accuracy (%)",
          "early_accuracy": "test accuracy at early stopping (%)"}
APART = 1.025  # on a log axis: so that the bars of the arms stand side by side


def class_accuracy(pooled, ax=None, *, column: str = "accuracy", confidence: float = 0.95,
                   label=None):
    """Test accuracy against weights remaining: a line an arm through the means, with their confidence
    interval (Student's t) as error bars, and each replicate as a faint dot.

    pooled: of ``class_results.pool``, or a table of ``lottery.table``. column: an accuracy, such as
    ``"early_accuracy"``. label: dictionary arm -> how the legend calls it; behind it stands n, the
    number of replicates. One replicate has no interval, and so no bar. Dashed: the dense networks'
    mean. Arms stand beside one another by a hair, so that their bars can be told apart.
    Raises ValueError for no rows, another column, or a confidence outside (0, 1).
    Frankle & Carbin 2019, figure 4, is of five replicates; lesson 04 builds on it.
    """
    drawing.choose("column", column, TITLES)
    table, label = getattr(pooled, "table", pooled), label or {}
    if table.empty:
        raise ValueError("there are no replicates to draw; pool at least one file that fits")
    ax = drawing.one_axes(ax)
    dense = table[column][(table["arm"] == table["arm"].iloc[0]) & (table["level"] == 0)]
    if len(dense):
        drawing.dense_line(ax, 100 * dense, label.get("dense", "dense"), spread=False)
    styles = drawing.arm_styles(table["arm"].unique())
    for number, (arm, (color, marker)) in enumerate(styles.items()):
        aside = APART ** (number - (len(styles) - 1) / 2)
        own = table[table["arm"] == arm]
        # whole weights are counted, so replicates agree to the last bits of a division
        levels = own.assign(density=own["density"].round(9)).groupby("density")[column]
        x, mean = 100 * aside * levels.mean().index.to_numpy(), 100 * levels.mean().to_numpy()
        low, high = np.array([interval(100 * each.to_numpy(), confidence) for _, each in levels]).T
        counts = levels.count()
        n = f"{counts.min()}-{counts.max()}" if counts.min() < counts.max() else f"{counts.max()}"
        words = label.get(arm, drawing.arm_name(arm))
        ax.plot(100 * aside * own["density"], 100 * own[column], linestyle="none", marker=".",
                color=color, alpha=0.25, markersize=4)
        ax.errorbar(x, mean, np.nan_to_num([mean - low, high - mean]), color=color, marker=marker,
                    markersize=5, linewidth=1.6, capsize=3, label=f"{words} (n = {n})")
    density_axis(ax, table["density"])
    ax.set(ylabel=f"{TITLES[column]}, mean and {100 * confidence:g} % interval")
    return drawing.finish(ax, True)
