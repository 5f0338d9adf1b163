"""Weight histograms: how many weights have which value, before and after training and pruning.

``ticketlab.figures`` offers these functions as its own; they are a file apart only to keep files
short. Lessons 02 and 03 build on it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ticketlab.figures import drawing
from ticketlab.pruning import Masks
from ticketlab.stack import Stack
from ticketlab.weights import ALL


def histogram(final: Stack, initial: Stack | None = None, layer: str = ALL, *,
              masks: Masks | None = None, log: bool = False, gaussian: bool = False,
              bins: int = 81, replicate: int = 0, ax=None):
    """How many weights have which value: one layer (or all) of one network.

    final: filled. initial: the same networks before training, as an outline. masks: split final
    into kept (plain) and pruned (hatched), stacked; with log counts, where heights do not add, each
    stands on the axis. gaussian: also the curve of a Gaussian with the mean and standard deviation
    of final. bins: of equal width, from the smallest to the largest value. Biases are not counted.
    Raises ValueError for an unknown layer or replicate, other nets' masks, fewer than 2 bins.
    Lessons 02 and 03 build on it.
    """
    if bins < 2:
        raise ValueError(f"bins is {bins}; a histogram needs at least 2")
    values = drawing.weights(final, layer, replicate).flatten().double()
    shown = [values]
    if initial is not None:
        drawing.check_pair(initial, final)
        shown.append(drawing.weights(initial, layer, replicate).flatten().double())
    largest = torch.cat(shown).abs().max().item() or 1.0
    edges = np.linspace(-largest, largest, bins + 1)

    def count(some):
        return np.histogram(some.numpy(), edges)[0]

    ax = drawing.one_axes(ax)
    if masks is None:
        ax.stairs(count(values), edges, fill=True, color=drawing.FINAL,
                  label="weights" if initial is None else "final")
    else:
        kept = drawing.mask(masks, final, layer, replicate).flatten()
        high, low = count(values[kept]), count(values[~kept])
        base = 0 if log else high
        ax.stairs(low + base, edges, baseline=base, fill=True, facecolor="#FBE3B4",
                  edgecolor=drawing.PRUNED, hatch=drawing.HATCH, linewidth=0, label="pruned")
        ax.stairs(high, edges, fill=True, color=drawing.KEPT, label="kept", alpha=0.75 if log else 1)
    if initial is not None:
        ax.stairs(count(shown[1]), edges, color=drawing.INITIAL, linewidth=1.3, label="initial")
    if gaussian:
        x, sd = np.linspace(-largest, largest, 400), values.std().item()
        bell = np.exp(-0.5 * ((x - values.mean().item()) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
        ax.plot(x, bell * len(values) * (edges[1] - edges[0]), color=drawing.GAUSSIAN,
                linestyle="--", linewidth=1.5, label="Gaussian of equal sd")
    ax.set(xlabel="weight value", ylabel="number of weights", title=layer, xlim=(-largest, largest))
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))  # of three side by side
    if log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=0.7)  # a bin of one weight shows
    else:
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    return drawing.finish(ax, masks is not None or initial is not None or gaussian)


def histograms(final: Stack, initial: Stack | None = None, *, layers: Sequence[str] | None = None,
               axes=None, **options):
    """``histogram`` for each layer side by side: an array of axes, one a layer, input to output.

    layers: some of them, by default all. options: passed on (masks, log, gaussian, bins,
    replicate). Raises ValueError as ``histogram`` does, and for axes of another number.
    """
    layers = drawing.layers(final) if layers is None else list(layers)
    ours = axes is None
    axes = drawing.many_axes(axes, len(layers), "layer")
    for number, (layer, ax) in enumerate(zip(layers, axes, strict=True)):
        histogram(final, initial, layer, ax=ax, **options)
        if number:
            ax.set_ylabel("")
        if ax.get_legend() and (number or ours):
            ax.get_legend().remove()  # one serves all
    if ours and axes[0].get_legend_handles_labels()[1]:
        axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right",
                              ncols=3, frameon=False, fontsize="small")
    return axes
