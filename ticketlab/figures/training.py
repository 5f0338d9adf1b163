"""Figures of training: learning curves, accuracy against density, densities by layer.

Plain matplotlib. Every function draws on the axes it is given, or on a new figure, and returns the
axes, so that anything can be changed afterwards. Shares (accuracy, density) come in as fractions
and are shown in percent. Bands run from the lowest to the highest replicate, as in Frankle &
Carbin 2019. Lessons 01-06 build on this file.
"""

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.ticker import FixedLocator

from ticketlab.figures import drawing
from ticketlab.figures.drawing import band
from ticketlab.figures.tickets import density_axis
from ticketlab.pruning import density as whole_density
from ticketlab.pruning import layer_densities as by_layer
from ticketlab.training import METRICS

TITLES = {"train_loss": "training loss (nats)", "train_accuracy": "training accuracy (%)",
          "val_loss": "validation loss (nats)", "test_loss": "test loss (nats)",
          "val_accuracy": "validation accuracy (%)", "test_accuracy": "test accuracy (%)"}
BY_DENSITY = {"accuracy": "test accuracy (%)", "train_accuracy": "training accuracy (%)",
              "early_accuracy": "test accuracy at early stopping (%)",
              "early_step": "early stopping (training step)"}


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


def accuracy_by_density(results, ax=None, *, column: str = "accuracy", dense=None, label=None,
                        published=None):
    """Test accuracy, or when training stops early, against weights remaining: one line an arm, in a
    band from the lowest to the highest replicate; fewer weights to the right, on a log scale.

    results: a data frame with the columns ``arm``, ``density``, ``replicate`` and the one to show
    (accuracies are fractions), such as ``lottery.table`` gives, or a dictionary arm -> frame with
    the other three. column: ``"accuracy"``, ``"early_accuracy"``, ``"train_accuracy"`` or
    ``"early_step"``. dense: that column of the unpruned networks [R], as a line across; by default
    level 0 of the arm ``ticket``, if there are levels. label: dictionary arm -> how the legend
    calls it. published: results of other work as hollow markers, a dictionary name -> points
    (density, value) or such a data frame. An arm at one density is a marker with an error bar.
    Raises ValueError for missing columns, no rows, or shares outside 0 to 1 (density 0 excluded).
    Frankle & Carbin 2019, figures 3 and 4; lessons 03 and 04 build on it.
    """
    drawing.choose("column", column, BY_DENSITY)
    scale, label = 100 if column.endswith("accuracy") else 1, label or {}
    if isinstance(results, Mapping):
        import pandas

        results = pandas.concat([frame.assign(arm=arm) for arm, frame in results.items()]
                                or [pandas.DataFrame()])
    _check_frame(results, ("arm", "density", "replicate", column))
    _check_range(results["density"], results[column], column)
    points = _points(published, column)
    if dense is None and "level" in results:
        dense = results[column][(results["arm"] == "ticket") & (results["level"] == 0)].tolist()
    ax = drawing.one_axes(ax)
    if dense is not None and len(dense):
        dense = scale * torch.as_tensor(dense, dtype=torch.float64).flatten()
        drawing.dense_line(ax, dense, label.get("dense", "dense"))
    styles = drawing.arm_styles(dict.fromkeys([*results["arm"].unique(), *points]))
    for arm in results["arm"].unique():
        own, (color, marker) = results[results["arm"] == arm], styles[arm]
        # whole weights are counted, so replicates agree to the last bits of a division
        levels = own.assign(density=own["density"].round(9)).groupby("density")[column]
        mean, low, high = (scale * each for each in (levels.mean(), levels.min(), levels.max()))
        ax.plot(100 * mean.index, mean, color=color, marker=marker, markersize=5, linewidth=1.6,
                label=label.get(arm, drawing.arm_name(arm)))
        if len(mean) == 1:
            ax.errorbar(100 * mean.index, mean, [mean - low, high - mean], color=color, capsize=4,
                        linewidth=1.4)
        else:
            ax.fill_between(100 * mean.index, low, high, color=color, alpha=0.2, linewidth=0)
    for name, (x, y) in points.items():
        known = name in drawing.ARMS or name in set(results["arm"])
        words = f"{drawing.arm_name(name)}, published" if known else name
        ax.plot(100 * x, scale * y, color=styles[name][0], marker=styles[name][1], markersize=6,
                markerfacecolor="white", linestyle=":", linewidth=1, label=label.get(name, words))
    density_axis(ax, np.concatenate([results["density"], *(x for x, _ in points.values())]))
    ax.set(ylabel=BY_DENSITY[column])
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
    return drawing.finish(ax, True, "above")


def _check_frame(frame, columns) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing and len(frame.columns):
        raise ValueError(f"the data frame has no column {missing[0]!r}; it needs "
                         f"{', '.join(columns)} and has {', '.join(map(str, frame.columns))}")
    if frame.empty:
        raise ValueError(f"the data frame has no rows; it needs the columns {', '.join(columns)} "
                         "and at least one row")


def _check_range(densities, values, column: str) -> None:
    steps = column == "early_step"
    for name, numbers, low, high, what in (
            ("density", densities, 1e-12, 1, "a fraction above 0 to 1: write 20 % as 0.2"),
            (column, values, 0, np.inf if steps else 1, "a training step, 0 or above" if steps else
             "a fraction from 0 to 1: write 20 % as 0.2")):
        outside = [number for number in numbers if not low <= number <= high + 1e-9]
        if outside:
            raise ValueError(f"{name} has the value {outside[0]}; it is {what}")


def _points(published, column: str) -> dict[str, np.ndarray]:
    """name -> densities and values, in the order of the densities: arrays [2, n]."""
    if published is None:
        return {}
    if not isinstance(published, Mapping):
        _check_frame(published, ("arm", "density", column))
        published = dict(iter(published.groupby("arm", sort=False)))
    points = {}
    for name, given in published.items():
        if hasattr(given, "columns"):
            _check_frame(given, ("density", column))
            given = given[["density", column]].groupby("density", as_index=False).mean()
        pairs = np.asarray(given, dtype=float)
        if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
            raise ValueError(f"published {name!r} has the shape {pairs.shape}; give a list of "
                             f"points (density, {column}), or a data frame with those columns")
        _check_range(*pairs.T, column)
        points[name] = pairs[pairs[:, 0].argsort()].T
    return points
