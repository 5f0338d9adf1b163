"""What a ticket is made of: how many weights its inputs and units keep, against random masks.

``ticketlab.figures`` offers these functions as its own; they are a file apart only to keep files
short. What a random mask of the same density in each layer would keep is exact arithmetic (drawing
without replacement, the hypergeometric distribution), so it needs no further run. For fully
connected networks. Lesson 04 builds on this file.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from math import prod
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from ticketlab.figures import drawing
from ticketlab.lottery import Tickets, Trial
from ticketlab.pruning import Masks, density, layer_name

MOST_BINS = 26  # of a histogram of units
RANDOM = "random mask of this density"


class Units(NamedTuple):
    """Weights that the units of one hidden layer keep.

    into, out: [R, units], from the layer before and to the layer after. inputs, outputs: how many
    each unit has when nothing is pruned.
    """

    into: np.ndarray
    out: np.ndarray
    inputs: int
    outputs: int

    @property
    def dead(self) -> np.ndarray:
        """Units without any weight in, or without any out: they tell nothing of the input; [R]."""
        return ((self.into == 0) | (self.out == 0)).sum(1)

    @property
    def dead_at_random(self) -> np.ndarray:
        """How many units a random mask of the same density in each layer leaves dead, in the mean
        over all such masks: [R]. The two layers are drawn independently."""
        alive = [1 - _share_at_random(counts, size, [0])[:, 0]
                 for counts, size in ((self.into, self.inputs), (self.out, self.outputs))]
        return self.into.shape[1] * (1 - alive[0] * alive[1])


def unit_counts(found: Masks | Trial | Tickets) -> dict[str, Units]:
    """What each hidden layer's units keep: layer -> Units, input to output.

    found: masks, a trial, or a search (its last level). Raises ValueError unless the network is
    fully connected with a hidden layer.
    """
    masks = _matrices(found)
    if len(masks) < 2:
        raise ValueError(f"a net of the one layer {list(masks)} has no hidden units; for its inputs "
                         "there is surviving_inputs")
    return {layer: Units(own.sum(2), after.sum(1), own.shape[2], after.shape[1])
            for (layer, own), after in zip(masks.items(), list(masks.values())[1:], strict=False)}


def surviving_units(found: Masks | Trial | Tickets, axes=None):
    """How many hidden units keep how many weights, in and out; the line is a random mask.

    found: masks, a trial, or a search (its last level). A row a hidden layer; on the left the
    weights into a unit, on the right those out of it. Bars: units, mean over replicates, with
    whiskers from the lowest to the highest. Line: what a random mask with as many weights in each
    layer gives on average. Written in: how many units are dead (no weight in, or none out).
    Returns the axes, two a hidden layer. Raises ValueError as ``unit_counts`` does, and for axes of
    another number. Lesson 04 builds on it.
    """
    layers = unit_counts(found)
    ours = axes is None
    axes = drawing.many_axes(axes, 2 * len(layers), "direction of a hidden layer", size=(3.9, 2.5),
                             width=2)
    for number, (layer, units) in enumerate(layers.items()):
        total = units.into.shape[1]
        for ax, counts, size, way in ((axes[2 * number], units.into, units.inputs, "in"),
                                      (axes[2 * number + 1], units.out, units.outputs, "out")):
            _units_by_count(ax, counts, size)
            ax.set(title=f"{layer}: weights {way}", ylabel="units" if way == "in" else "",
                   xlabel=f"weights {way}, of {size}")
            none, chance = (counts == 0).sum(1), total * _share_at_random(counts, size, [0])
            words = [f"none {way}: {_few(none)} of {total} (random mask: {_few(chance)})"]
            if way == "out":
                chance = units.dead_at_random
                words.append(f"dead: {_few(units.dead)} (random mask: {_few(chance)})")
            ax.text(0.99, 0.98, "\n".join(words), transform=ax.transAxes, ha="right", va="top",
                    fontsize="small")
    style = {"frameon": False, "fontsize": "small"}
    if ours:
        axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right",
                              ncols=2, **style)
    else:
        axes[0].legend(loc="center right", **style)
    return axes


def dead_units(found: Tickets | Sequence[Trial], ax=None):
    """Dead units in percent of each hidden layer, over the weights remaining: mean over replicates
    in a band from the lowest to the highest, and dashed what random masks leave on average.

    found: a search, or trials of one arm. A unit is dead without any weight in, or any out.
    Raises ValueError as ``unit_counts`` does, and for no trials. Lesson 04 builds on it.
    """
    trials = found.trials if isinstance(found, Tickets) else list(found)
    if not trials:
        raise ValueError("there are no trials; give a search, or trials of one arm")
    trials = sorted(trials, key=lambda trial: trial.number)
    levels = [unit_counts(trial) for trial in trials]
    x = 100 * np.array([density(trial.masks).mean().item() for trial in trials])
    ax = drawing.one_axes(ax)
    for layer, (color, marker) in zip(levels[0], cycle(drawing.SPARES), strict=False):
        total = levels[0][layer].into.shape[1]
        dead = 100 / total * np.stack([level[layer].dead for level in levels])
        chance = 100 / total * np.array([level[layer].dead_at_random.mean() for level in levels])
        drawing.band(x, dead, ax, color=color, alpha=0.2, marker=marker, markersize=5,
                     linewidth=1.6, label=f"{layer} ({total} units)")
        ax.plot(x, chance, color=color, linestyle="--", linewidth=1.2,
                label=f"{layer}, random mask")
    density_axis(ax, x / 100)
    ax.set(ylabel="dead units (%)", ylim=(0, None))
    return drawing.finish(ax, True)


def surviving_inputs(found: Masks | Trial | Tickets, shape: Sequence[int], ax=None):
    """How many weights of the first layer each input keeps, mean over replicates; against the mean
    of random masks of the same density.

    found: masks, a trial, or a search (its last level). shape: of one example, such as
    ``data.shape``. A signal, (n,) or up to 3 channels (c, n), is a line in a band from the lowest
    to the highest replicate, with the range that holds 95 % of a random mask's inputs; (h, w) and
    (c, h, w) are an image. Channels are added up. Raises ValueError for nets that are not fully
    connected, and for another shape than the first layer's. Lesson 04 builds on it.
    """
    layer, first = next(iter(_matrices(found).items()))
    shape = tuple(shape)
    if prod(shape) != first.shape[2] or not 1 <= len(shape) <= 3:
        raise ValueError(f"shape is {shape}; layer {layer!r} reads {first.shape[2]} inputs, so "
                         "give the shape of one example, such as data.shape")
    signal = len(shape) == 1 or (len(shape) == 2 and shape[0] <= 3)
    places = shape[-1:] if signal else shape[-2:]
    kept = first.sum(1).reshape(len(first), -1, *places).sum(1)  # channels are added up
    draws, total = first[0].size // prod(places), first.sum((1, 2)).mean()
    words = (f"{layer}: {_few((kept == 0).reshape(len(kept), -1).sum(1))} of {prod(places)} inputs "
             "keep no weight")
    if not signal:
        return _pixels(kept.mean(0), total / prod(places), words, ax)
    from scipy.stats import hypergeom

    ax, x = drawing.one_axes(ax), np.arange(*places)
    ax.axhspan(*hypergeom.interval(0.95, first[0].size, round(total), draws), linewidth=0,
               color=drawing.VERMILLION, alpha=0.12, label="95 % of a random mask's inputs")
    ax.axhline(total / prod(places), color=drawing.VERMILLION, linestyle="--", linewidth=1.4,
               label=RANDOM)
    drawing.band(x, kept.T, ax, marker="o", markersize=4, linewidth=1.6, label="kept")
    ax.set(xlabel="position in the signal", ylabel=f"weights kept, of {draws}",
           ylim=(0, 1.2 * ax.get_ylim()[1]))  # room for the legend
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_title(words, fontsize="medium", loc="left")
    ax.legend(loc="upper center", ncols=3, frameon=False, fontsize="small", columnspacing=1.2)
    return drawing.finish(ax, False)


def density_marks(densities) -> list[float]:
    """The densities, in percent, that an axis over some densities names: 1, 2 and 5 times powers
    of ten, or on a short range the densities themselves. densities: shares."""
    percent = 100 * np.asarray(densities, dtype=float)
    low, high = percent.min() / 1.08, percent.max() * 1.08
    marks = [m * 10.0 ** e for e in range(-6, 3) for m in (1, 2, 5) if m * 10.0 ** e <= 100]
    marks = [mark for mark in marks if low <= mark <= high]
    return marks if len(marks) >= 4 else sorted(set(percent.round(1).tolist()))


def density_axis(ax, densities) -> None:
    """Makes x the weights remaining in percent: a log scale, fewer to the right. densities: shares
    that are drawn."""
    percent = 100 * np.asarray(densities, dtype=float)
    drawing.log_axis(ax, density_marks(densities), "{x:.3g}", "weights remaining (%)")
    ax.set_xlim(percent.max() * 1.08, percent.min() / 1.08)


def _matrices(found) -> dict[str, np.ndarray]:
    """layer -> kept, bool [R, units, inputs]; raises ValueError unless fully connected."""
    found = found.trials[-1] if isinstance(found, Tickets) else found
    masks = found.masks if isinstance(found, Trial) else found
    if not isinstance(masks, Mapping) or not masks:
        raise ValueError(f"{type(masks).__name__} is no masks; give what pruning.prune returns, a "
                         "trial, or what lottery.search returns")
    shapes = {layer_name(name): tuple(mask.shape[1:]) for name, mask in masks.items()}
    for (layer, own), after in zip(shapes.items(), [*list(shapes.values())[1:], None], strict=True):
        if len(own) != 2 or (after and (len(after) != 2 or after[1] != own[0])):
            raise ValueError(f"layer {layer!r} has weights {own}, and the next {after}: this "
                             "figure is for fully connected nets, (units, inputs), each layer "
                             "reading the one before")
    return {layer_name(name): mask.cpu().numpy() for name, mask in masks.items()}


def _share_at_random(counts, size: int, numbers) -> np.ndarray:
    """The probability that a unit keeps each of ``numbers``: [R, numbers], where a layer keeps as
    many weights as ``counts`` [R, units] say, drawn at random. size: of a unit, unpruned."""
    from scipy.stats import hypergeom

    return hypergeom.pmf(numbers, counts.shape[1] * size, counts.sum(1, keepdims=True), size)


def _units_by_count(ax, counts, size: int) -> None:
    """Bars of the units that keep so many weights, and the expectation of a random mask."""
    at_random = counts.shape[1] * _share_at_random(counts, size, np.arange(size + 1)).mean(0)
    most = max(int(counts.max()), int(np.flatnonzero(at_random > 0.05).max(initial=1)))
    wide = max(1, math.ceil((most + 1) / MOST_BINS))
    edges = np.arange(0, most + wide + 1, wide)
    found = np.stack([np.histogram(own, edges)[0] for own in counts])
    padded = np.append(at_random, np.zeros(wide))[:edges[-1]]
    expected = np.add.reduceat(padded, edges[:-1])  # over the whole numbers of each bin
    middles = edges[:-1] + (wide - 1) / 2
    several = len(found) > 1
    ax.bar(middles, found.mean(0), width=0.9 * wide, color=drawing.KEPT,
           label="kept: mean, and range of replicates" if several else "kept")
    if several:
        ax.vlines(middles, found.min(0), found.max(0), color=drawing.BLACK, linewidth=1)
    ax.plot(middles, expected, color=drawing.VERMILLION, marker=".", markersize=4, linewidth=1.4,
            label=RANDOM)
    ax.set_ylim(0, 1.35 * max(found.max(), expected.max()))  # room for the words
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)


def _few(numbers) -> str:
    """The mean of some counts, in few digits."""
    mean = float(np.mean(numbers))
    return f"{mean:,.0f}" if mean >= 100 else f"{mean:.2g}" if mean >= 0.005 else "0"


def _pixels(kept, expected: float, words: str, ax):
    ax = drawing.one_axes(ax, (4.8, 4.1))
    image = ax.imshow(kept, cmap="cividis", vmin=0, vmax=max(kept.max(), 1.3 * expected))
    bar = ax.figure.colorbar(image, ax=ax, label="weights kept", shrink=0.82)
    bar.ax.axhline(expected, color=drawing.VERMILLION, linewidth=2.5)
    bar.ax.annotate(f"random\nmask: {expected:.3g}", (0, expected), xytext=(-4, 0), ha="right",
                    va="center", xycoords=("axes fraction", "data"), textcoords="offset points",
                    fontsize="small")
    ax.set(xlabel="column of pixels", ylabel="row of pixels")
    ax.set_title(words, fontsize="medium", loc="left")
    return ax
