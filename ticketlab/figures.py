"""Figures: learning curves, accuracy against density, densities by layer, pictures of weights.

Plain matplotlib. Every function draws on the axes it is given, or on a new figure, and returns the
axes, so that anything can be changed afterwards. Shares (accuracy, density) come in as fractions
and are shown in percent. Bands run from the lowest to the highest replicate, as in Frankle &
Carbin 2019. The figures of weights are in ``ticketlab.weight_histograms`` and
``ticketlab.weight_images``, and called from here all the same; colours are in
``ticketlab.drawing``. Lessons 01-03 build on this file.
"""

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ticketlab import drawing
from ticketlab.masks import density as whole_density
from ticketlab.masks import layer_densities as by_layer
from ticketlab.training import METRICS
from ticketlab.weight_histograms import histogram, histograms
from ticketlab.weight_images import filters, initial_against_final, weight_matrix

__all__ = ["accuracy_by_density", "band", "curves", "filters", "histogram", "histograms",
           "initial_against_final", "layer_densities", "weight_matrix"]

BANDS = ("range", "sd", None)
TITLES = {"train_loss": "training loss (nats)", "val_loss": "validation loss (nats)",
          "test_loss": "test loss (nats)", "val_accuracy": "validation accuracy (%)",
          "test_accuracy": "test accuracy (%)"}


def band(x, values, ax, *, label=None, color=drawing.BLUE, spread: str | None = "range", **line):
    """A line through the means over replicates, in a band.

    x: [n]. values: [n, R], in the unit of the axis. spread: ``"range"`` (lowest to highest
    replicate), ``"sd"`` (one standard deviation each way) or None (no band). line: passed to
    ``ax.plot``. Returns the axes; raises ValueError for another spread. All curves use it.
    """
    drawing.choose("band", spread, BANDS)
    values = np.asarray(values, dtype=float)
    mean = values.mean(1)
    ax.plot(x, mean, color=color, label=label, **({"linewidth": 1.8} | line))
    if spread and values.shape[1] > 1:
        sd = values.std(1, ddof=1)
        low, high = ((values.min(1), values.max(1)) if spread == "range" else (mean - sd, mean + sd))
        ax.fill_between(x, low, high, color=color, alpha=0.22, linewidth=0)
    return ax


def curves(run, metric: str = "test_accuracy", ax=None, *, label=None, color=drawing.BLUE,
           band: str | None = "range", replicates: bool = False):
    """A metric over the training steps: mean over replicates, in a band.

    run: a ``training.Run``, or its ``frame()``. metric: one of ``training.METRICS``; accuracies
    are shown in percent. band: ``"range"`` (lowest to highest), ``"sd"`` or None.
    replicates: also draw every replicate as a thin line. Raises ValueError for an unknown metric
    or band, and for a run without rows. Frankle & Carbin 2019, figure 3; lesson 01 builds on it.
    """
    drawing.choose("metric", metric, METRICS)
    frame = run.frame() if hasattr(run, "frame") else run
    _check_frame(frame, ("replicate", "step", metric))
    # the training loss has no value before the first step
    table = frame.pivot(index="step", columns="replicate", values=metric).dropna()
    if table.empty:
        raise ValueError(f"{metric} has no step at which every replicate has a value; "
                         "train for longer, or choose another metric")
    values = table.to_numpy() * (100 if metric.endswith("accuracy") else 1)
    ax = drawing.one_axes(ax)
    if replicates:
        ax.plot(table.index, values, color=color, alpha=0.45, linewidth=0.7)
    _band(table.index.to_numpy(), values, ax, label=label, color=color, spread=band)
    ax.set(xlabel="training step", ylabel=TITLES[metric])
    return drawing.finish(ax, label is not None)


_band = band  # `curves` has an argument of that name


def accuracy_by_density(results, ax=None, *, dense=None, label=None):
    """Test accuracy against weights remaining, one line an arm, in a band from the lowest to the
    highest replicate; fewer weights to the right, on a log scale.

    results: a data frame with the columns ``arm``, ``density``, ``replicate``, ``accuracy``
    (fractions), or a dictionary arm -> frame with the other three. dense: accuracies of the
    unpruned networks [R], as a line across. label: dictionary arm -> how the legend calls it.
    Raises ValueError for missing columns, no rows, or shares outside 0 to 1 (density 0 excluded).
    Frankle & Carbin 2019, figures 3 and 4; lesson 03 builds on it.
    """
    if isinstance(results, Mapping):
        import pandas

        results = pandas.concat([frame.assign(arm=arm) for arm, frame in results.items()]
                                or [pandas.DataFrame()])
    _check_frame(results, ("arm", "density", "replicate", "accuracy"))
    for column, lowest in (("density", 1e-12), ("accuracy", 0)):
        outside = results[column][~results[column].between(lowest, 1 + 1e-9)]
        if len(outside):
            raise ValueError(f"{column} has the value {outside.iloc[0]}; it is a fraction "
                             f"{'above 0' if column == 'density' else 'from 0'} to 1: "
                             "write 20 % as 0.2")
    ax = drawing.one_axes(ax)
    if dense is not None:
        dense = 100 * torch.as_tensor(dense, dtype=torch.float64).flatten()
        ax.axhline(dense.mean().item(), color=drawing.BLACK, linestyle="--", linewidth=1.2,
                   label=(label or {}).get("dense", "dense"))
        ax.axhspan(dense.min().item(), dense.max().item(), color=drawing.BLACK, alpha=0.1,
                   linewidth=0)
    for arm, (color, marker) in drawing.arm_styles(results["arm"].unique()).items():
        own = results[results["arm"] == arm]
        # whole weights are counted, so replicates agree to the last bits of a division
        levels = own.assign(density=own["density"].round(9)).groupby("density")["accuracy"]
        mean, low, high = (100 * each for each in (levels.mean(), levels.min(), levels.max()))
        ax.plot(100 * mean.index, mean, color=color, marker=marker, markersize=5, linewidth=1.6,
                label=(label or {}).get(arm, str(arm).replace("_", " ")))
        ax.fill_between(100 * mean.index, low, high, color=color, alpha=0.2, linewidth=0)
    _percent_remaining(ax, results["density"])
    ax.set(ylabel="test accuracy (%)")
    return drawing.finish(ax, True)


def layer_densities(masks, ax=None):
    """Weights remaining in each layer, in percent: a bar a layer, and whiskers from the lowest to
    the highest replicate where they differ. The dashed line is the whole network.

    masks: Masks, or a dictionary label -> Masks to compare, such as the two scopes.
    Raises ValueError for no masks, or for masks of different nets. Lesson 03 builds on it.
    """
    if not masks:
        raise ValueError("masks is empty; give what pruning.prune returns, or label -> such masks")
    groups = {None: masks} if isinstance(next(iter(masks.values())), torch.Tensor) else dict(masks)
    shares = {label: by_layer(own) for label, own in groups.items()}
    names = list(next(iter(shares.values())))
    if any(list(own) != names for own in shares.values()):
        raise ValueError(f"the masks are of different nets: {[list(own) for own in shares.values()]}")
    ax = drawing.one_axes(ax, (6.0, 1.3 + 0.32 * len(names) * max(1, len(groups) * 0.8)))
    thick = 0.8 / len(groups)
    colors = [drawing.KEPT, drawing.GREEN, drawing.VERMILLION, drawing.PURPLE]
    for number, (label, own) in enumerate(shares.items()):
        values = 100 * torch.stack(list(own.values())).cpu().numpy()  # [layers, R]
        mean, low, high = values.mean(1), values.min(1), values.max(1)
        places = np.arange(len(names)) + (number - (len(groups) - 1) / 2) * thick
        color = colors[number % len(colors)]
        ax.barh(places, mean, height=0.9 * thick, color=color, label=label,
                xerr=np.stack([mean - low, high - mean]) if (high > low).any() else None,
                error_kw={"ecolor": drawing.BLACK, "capsize": 2, "linewidth": 1})
        ax.axvline(100 * whole_density(groups[label]).mean().item(), color=color, linestyle="--",
                   linewidth=1.2, label="whole network" if label is None else None, zorder=0)
        for place, share, end in zip(places, mean.tolist(), high.tolist(), strict=True):
            ax.annotate(f"{share:.3g}", (end, place), xytext=(4, 0), textcoords="offset points",
                        va="center", fontsize="small",
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8})
    ax.set(xlabel="weights remaining (%)", ylabel="layer", xlim=(0, 112), ylim=(len(names) - 0.45, -0.55))
    ax.xaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
    ax.set_yticks(range(len(names)), names)
    return drawing.finish(ax, True, outside=True)


def _check_frame(frame, columns) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing and len(frame.columns):
        raise ValueError(f"the data frame has no column {missing[0]!r}; it needs "
                         f"{', '.join(columns)} and has {', '.join(map(str, frame.columns))}")
    if frame.empty:
        raise ValueError(f"the data frame has no rows; it needs the columns {', '.join(columns)} "
                         "and at least one row")


def _percent_remaining(ax, densities) -> None:
    low, high = 100 * densities.min(), 100 * densities.max()
    ax.set_xscale("log")
    ax.set_xlim(high * 1.08, low / 1.08)
    ax.xaxis.set_minor_locator(NullLocator())
    marks = [m * 10.0 ** e for e in range(-6, 3) for m in (1, 2, 5) if m * 10.0 ** e <= 100]
    marks = [mark for mark in marks if low / 1.08 <= mark <= high * 1.08]
    if len(marks) < 4:  # a short range: name the densities themselves
        marks = sorted(100 * densities.round(3).unique())
    ax.xaxis.set_major_locator(FixedLocator(marks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:.3g}"))
    ax.set_xlabel("weights remaining (%)")
