"""Pictures of weights: a layer's matrix, what its units look for, and where each weight went.

``ticketlab.figures`` offers these functions as its own; they are a file apart only to keep files
short. Lesson 02 builds on it.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ticketlab.figures import drawing
from ticketlab.pruning import Masks
from ticketlab.stack import Stack
from ticketlab.weights import ALL

NEUTRAL = "#B0B0B0"  # pruned: neither of the two signs


def weight_matrix(stack: Stack, layer: str, *, masks: Masks | None = None, replicate: int = 0,
                  ax=None):
    """A layer's weights as an image: a row a unit, a column an input; red above 0, blue below.

    A kernel [out, in, ...] is shown as [out, in x ...]. masks: pruned weights become grey. The
    colours are symmetric about 0 and end at the 99.5th percentile of the layer's absolute values, so
    that a picture with masks has the same as one without.
    Raises ValueError for an unknown layer or replicate, or other nets' masks. Lesson 02 uses it.
    """
    matrix = _one_layer(stack, layer, replicate).flatten(1).numpy()
    limits = _limits(matrix)
    if masks is not None:
        kept = drawing.mask(masks, stack, layer, replicate).flatten(1).numpy()
        matrix = np.ma.masked_array(matrix, ~kept)
    tall = float(np.clip(6 * matrix.shape[0] / matrix.shape[1], 1.6, 4.2))
    ax = drawing.one_axes(ax, (7.0, tall + 0.9))
    image = ax.imshow(matrix, cmap=_diverging(), aspect="auto", **limits)
    ax.set(xlabel="input" if stack.parameters[f"{layer}.weight"].dim() == 3 else
           "input and place in the kernel", ylabel="unit", title=layer)
    if masks is not None:
        ax.legend(handles=[Patch(color=NEUTRAL, label="pruned")], loc="lower right", frameon=False,
                  bbox_to_anchor=(1, 1), borderaxespad=0.2, fontsize="small")
    ax.figure.colorbar(image, ax=ax, label="weight value", extend="both")
    return ax


def filters(stack: Stack, layer: str | None = None, shape: Sequence[int] | None = None, *,
            count: int = 16, units: Sequence[int] | None = None, masks: Masks | None = None,
            replicate: int = 0, axes=None):
    """What the units of a layer look for: each unit's incoming weights, in the shape of its input.

    layer: by default the first. shape: of one input, such as ``data.shape``; (h, w) and (1, h, w)
    become images, (3, h, w) colour images (grey is 0), (n,) lines over the n inputs and (c, n)
    one line a channel. By default a kernel's own shape, or (inputs,). count: the first so many
    units; units: these instead. masks: pruned weights are grey, in lines they are missing.
    Returns an array of axes, one a unit. Raises ValueError for an unknown layer, unit or
    replicate, a shape of another size, or axes of another number. Lesson 02 builds on it.
    """
    layer = drawing.layers(stack)[0] if layer is None else layer
    rows = _one_layer(stack, layer, replicate)
    size = tuple(rows.shape[1:])
    shape = size if shape is None else tuple(shape)
    if prod(shape) != prod(size) or len(shape) > 3 or (len(shape) == 3 and shape[0] not in (1, 3)):
        raise ValueError(f"shape is {shape}; a unit of {layer!r} has {prod(size)} weights {size}, "
                         "to be shown as (n,), (c, n), (h, w), (1, h, w) or (3, h, w) of that size")
    units = list(range(min(count, len(rows)))) if units is None else list(units)
    if not units or not all(0 <= unit < len(rows) for unit in units):
        raise ValueError(f"units are {units}; {layer!r} has {len(rows)}, from 0 to {len(rows) - 1}, "
                         "and at least one must be shown")
    values = np.ma.masked_array(rows.numpy(), mask=np.zeros(rows.shape, bool))
    if masks is not None:
        values.mask = ~drawing.mask(masks, stack, layer, replicate).numpy()
    values = values.reshape(len(rows), *shape)[units]
    line = len(shape) == 1 or (len(shape) == 2 and shape != size and shape[0] < 4)
    ours = axes is None
    grid = ({"size": (2.2, 1.45), "sharex": True, "sharey": True} if line else
            {"size": (1.2, max(0.8, 1.05 * shape[-2] / shape[-1] + 0.22)), "width": 8})
    axes = drawing.many_axes(axes, len(units), "unit", **grid)
    limits = _limits(values)
    for ax, unit, value in zip(axes, units, values, strict=True):
        if line:
            _lines(ax, np.ma.atleast_2d(value), limits["vmax"])
        elif len(shape) == 3 and shape[0] == 3:
            picture = np.clip(0.5 + 0.5 * value.filled(0) / limits["vmax"], 0, 1)
            ax.imshow(picture.transpose(1, 2, 0), interpolation="nearest")
        else:
            image = ax.imshow(value.reshape(value.shape[-2:]), cmap=_diverging(),
                              interpolation="nearest", **limits)
        ax.set_title(f"unit {unit}", fontsize="small", pad=3)
        if not line:
            ax.set(xticks=[], yticks=[])
    if line:
        _label_outer(axes)
    elif ours and not (len(shape) == 3 and shape[0] == 3):
        axes[0].figure.colorbar(image, ax=list(axes), label="weight value", extend="both", pad=0.01)
    return axes


def initial_against_final(initial: Stack, final: Stack, layer: str = ALL, *,
                          masks: Masks | None = None, replicate: int = 0, ax=None):
    """Each weight's value after training against its value before; on the diagonal it stayed.

    Without masks, a 2-D histogram whose shade counts weights (log scale); with masks a dot a
    weight, the pruned ones under the kept ones. Raises ValueError for an unknown layer or
    replicate, and for stacks or masks that do not belong together. Lesson 02 builds on it.
    """
    drawing.check_pair(initial, final)
    start = drawing.weights(initial, layer, replicate).flatten().numpy()
    end = drawing.weights(final, layer, replicate).flatten().numpy()
    ax = drawing.one_axes(ax, (4.8, 4.2))
    reach = 1.04 * float(max(np.abs(start).max(), np.abs(end).max()) or 1)
    if masks is None:
        image = ax.hist2d(start, end, bins=120, range=[[-reach, reach]] * 2, norm=LogNorm(),
                          cmap=colormaps["cividis"])[3]
        ax.figure.colorbar(image, ax=ax, label="number of weights")
        diagonal = drawing.VERMILLION
    else:
        kept = drawing.mask(masks, final, layer, replicate).flatten().numpy()
        for chosen, color, marker in ((~kept, drawing.PRUNED, "x"), (kept, drawing.KEPT, ".")):
            ax.scatter(start[chosen], end[chosen], s=5, color=color, marker=marker, linewidths=0.5,
                       rasterized=True)
        diagonal = drawing.BLACK
    ax.axline((0, 0), slope=1, color=diagonal, linestyle="--", linewidth=1.2)
    handles = [Line2D([], [], color=diagonal, linestyle="--", label="unchanged")]
    if masks is not None:
        handles += [Line2D([], [], color=color, marker=marker, linestyle="", label=label)
                    for label, color, marker in (("kept", drawing.KEPT, "."),
                                                 ("pruned", drawing.PRUNED, "x"))]
    # the corners off the diagonal are empty, since training keeps most signs
    ax.legend(handles=handles, loc="lower right", frameon=False, fontsize="small",
              handletextpad=0.4)
    ax.set_title(layer)
    ax.set(xlabel="initial weight value", ylabel="final weight value", xlim=(-reach, reach),
           ylim=(-reach, reach), aspect="equal")
    return ax


def _one_layer(stack: Stack, layer: str, replicate: int):
    drawing.choose("layer", layer, drawing.layers(stack))
    return drawing.weights(stack, layer, replicate)


def _diverging():
    return colormaps["RdBu_r"].with_extremes(bad=NEUTRAL)


def _limits(values) -> dict[str, float]:
    """Symmetric about 0; a few extreme weights would else leave the rest without colour."""
    shown = np.abs(np.ma.compressed(values))
    largest = float(np.quantile(shown, 0.995)) if shown.size else 0.0
    return {"vmin": -(largest or 1.0), "vmax": largest or 1.0}


def _lines(ax, channels, largest: float) -> None:
    for color, values in zip((drawing.BLUE, drawing.ORANGE, drawing.GREEN), channels, strict=False):
        # a single survivor between two pruned weights is no line, so every weight gets a dot
        ax.plot(values, color=color, linewidth=1, marker=".", markersize=3)
    ax.axhline(0, color=NEUTRAL, linewidth=0.8, zorder=0)
    ax.set_ylim(-1.6 * largest, 1.6 * largest)
    ax.spines[["top", "right"]].set_visible(False)


def _label_outer(axes) -> None:
    """Axis names once, for the whole grid: under each small plot they would fill the figure."""
    figure = axes[0].figure
    figure.supxlabel("input", fontsize="medium")
    figure.supylabel("weight value", fontsize="medium")
