"""Figures of kernels: as pictures, how well Gabor functions explain them, which way they look.

Kernels are arrays or tensors [K, C, height, width]. Lesson 09 builds on this file.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb

from ticketlab.figures import drawing
from ticketlab.weights import kernels as kernel_measures

GONE = "#B0B0B0"  # pruned: neither of the two signs
SIGNS = colormaps["RdBu_r"]  # each look-up by name is a copy that computes its colours anew
GOOD = 0.8  # R² from which lesson 09 calls a kernel an edge; what is merely smooth reaches 0.65


def mosaic(kernels, columns: int | None = None, kept=None) -> np.ndarray:
    """Kernels side by side as one picture, uint8 [rows, columns, 3], with a white line between two.

    kernels: [K, C, h, w]. Each is scaled by its own largest value. With three channels they are
    colours and grey is 0; with one, red is above 0 and blue below; with any other number the
    strongest spatial component is shown so. columns: kernels a row, by default about as many as rows
    twice over. kept: bool, of the same shape; what is False in all channels is grey. Raises
    ValueError for other shapes. Lesson 09 builds on it.
    """
    values = np.asarray(kernels, dtype=float)
    if values.ndim != 4 or not len(values):
        raise ValueError(f"kernels have the shape {values.shape}; give [K, channels, height, width]")
    if kept is not None and np.shape(kept) != values.shape:
        raise ValueError(f"kept has the shape {np.shape(kept)}, and the kernels {values.shape}; they "
                         "must agree")
    if values.shape[1] not in (1, 3):
        strongest = kernel_measures.separate(values).spatial  # a row of pixels has lost its height
        values = strongest.reshape(len(values), 1, *values.shape[2:])
    largest = np.abs(values).max((1, 2, 3), keepdims=True)  # shades do not jump while weights go
    gone = None
    if kept is not None:
        kept = np.asarray(kept, dtype=bool)
        gone = ~kept.any(1)
        values = values * kept if values.shape == kept.shape else values
    shades = 0.5 + 0.5 * values / np.where(largest > 0, largest, 1)
    if values.shape[1] == 3:
        colours = np.uint8(np.round(255 * np.clip(shades, 0, 1))).transpose(0, 2, 3, 1)
    else:
        colours = SIGNS(shades[:, 0], bytes=True)[..., :3]
    if gone is not None:
        colours = np.where(gone[..., None], np.uint8(np.round(255 * np.array(to_rgb(GONE)))), colours)
    number, height, width, _ = colours.shape
    columns = min(number, columns or int(np.ceil(np.sqrt(2 * number))))
    rows = -(-number // columns)
    cells = np.full((rows * columns, height + 1, width + 1, 3), 255, np.uint8)
    cells[:number, :height, :width] = colours
    picture = cells.reshape(rows, columns, height + 1, width + 1, 3).swapaxes(1, 2)
    return picture.reshape(rows * (height + 1), columns * (width + 1), 3)[:-1, :-1]


def kernel_images(kernels, *, columns: int | None = None, kept=None, title: str = "", ax=None):
    """Kernels as one picture, as ``mosaic`` makes it, without axes. Returns the axes. Lesson 09."""
    picture = mosaic(kernels, columns, kept)
    tall, wide = picture.shape[:2]
    ax = drawing.one_axes(ax, (7.0, 7.0 * tall / wide + 0.4))
    ax.imshow(picture, interpolation="nearest")
    ax.set_axis_off()
    ax.set_title(title, fontsize="medium")
    return ax


def fit_shares(groups: dict, ax=None):
    """How many kernels of each group a Gabor function explains how well.

    groups: name -> R² of its kernels, [K]; nan counts as not explained. A point (x, y) says that y
    percent of the kernels have an R² of x or more. Lesson 09 builds on it.
    """
    ax = drawing.one_axes(ax, (6.4, 3.8))
    styles = drawing.arm_styles(groups)
    dashes = ("-", "--", "-.", ":")
    for place, (name, values) in enumerate(groups.items()):
        ordered = np.sort(np.nan_to_num(np.asarray(values, dtype=float), nan=-1.0))
        share = 100 * (1 - np.arange(len(ordered)) / len(ordered))
        ax.step([0, *ordered, 1], [100, *share, 0], where="pre", color=styles[name][0], label=name,
                linestyle=dashes[place % 4], linewidth=1.8)
    ax.axvline(GOOD, color=drawing.GREY, linewidth=0.8)
    ax.set(xlabel="R² of the Gabor fit, at least", ylabel="share of kernels (%)", xlim=(0, 1),
           ylim=(0, 102))
    return drawing.finish(ax, True, place="beside")


def orientations(fits, ax=None):
    """Angle and frequency of the fits with an R² of at least 0.8: a dot a kernel, on half a circle.

    fits: a table of ``kernels.fit``. The angle is that of the stripes, the distance from the middle
    the frequency in cycles a pixel. Lesson 09 builds on it.
    """
    from matplotlib import pyplot

    if ax is None:
        ax = pyplot.subplots(figsize=(5.2, 3.2), subplot_kw={"projection": "polar"},
                             layout="constrained")[1]
    good = fits[fits["r2"] >= GOOD]
    ax.plot(np.radians(good["angle"]), good["frequency"], "o", color=drawing.BLUE, markersize=4,
            alpha=0.7)
    ax.set(thetamin=0, thetamax=180, ylim=(0, 0.5), yticks=[0.1, 0.3, 0.5])
    ax.set_title("angle of the stripes, and cycles a pixel", fontsize="medium")
    return ax


def cue_curves(mixtures, biases: dict, ax=None):
    """Shape bias over the mixture of shape and texture, a line a net in a band over replicates.

    mixtures: [M]. biases: name -> [M, R], 0 to 1, of ``weights.cues.shape_bias``. Lesson 09.
    """
    ax = drawing.one_axes(ax, (6.4, 3.8))
    styles = drawing.arm_styles(biases)
    for name, values in biases.items():
        drawing.band(100 * np.asarray(mixtures), 100 * np.asarray(values), ax, label=name,
                     color=styles[name][0], marker=styles[name][1], markersize=4)
    ax.axhline(50, color=drawing.GREY, linewidth=0.8)
    ax.set(xlabel="texture in the mixture (%)", ylabel="decisions for the shape (%)", ylim=(-2, 102))
    return drawing.finish(ax, True, place="beside")
