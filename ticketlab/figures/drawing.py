"""What all figures share: colours, names, and the checks of what they are given.

The colours are those of Okabe & Ito (2008), which people with any colour vision can tell apart;
each has one meaning within a family (weights, arms), and no meaning rests on colour alone: pruned
weights are hatched as well, and arms differ in marker. Lessons 01-03 build on this file.
"""

import math

import numpy as np
import torch
from matplotlib import pyplot
from matplotlib.ticker import FixedLocator, NullLocator
from torch import Tensor

from ticketlab.basics import choose
from ticketlab.pruning import Masks, check_masks, layer_name, prunable
from ticketlab.stack import Stack, check_replicate, check_stack
from ticketlab.weights import ALL

BANDS = ("range", "sd", None)
LEGENDS = {  # where a legend stands: within the axes, above them or at their right
    "inside": {},
    "above": {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 3, "borderaxespad": 0.2},
    "beside": {"loc": "upper left", "bbox_to_anchor": (1, 1)}}
BLACK, GREY = "#000000", "#999999"
ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BROWN = "#7A4A12"  # in place of Okabe and Ito's yellow, which a line on white paper does not show
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"

# weights
INITIAL, FINAL, KEPT, PRUNED, GAUSSIAN = BLACK, SKY, BLUE, ORANGE, VERMILLION
HATCH = "////"

# arms of an experiment: colour and marker, the same in all figures and panels of all lessons. What is not
# named here takes the next of the spares when it is first drawn, and keeps it.
ARMS = {"dense": (BLACK, "o"), "ticket": (BLUE, "o"), "one_shot": (GREEN, "D"),
        "reinit": (ORANGE, "s"), "random": (VERMILLION, "^"), "signs": (PURPLE, "v"),
        "shuffled": (SKY, "P"), "fine_tune": (GREY, "X"), "lr_rewind": (BROWN, "*"),
        "rewind to 0": (BLUE, "o"), "rewind later": (GREEN, "D"),
        # what of random networks is trained, and which of their weights are picked from
        "everything": (BLACK, "o"), "everything, with norms": (GREY, "s"), "last layer": (ORANGE, "s"),
        "first layer": (GREEN, "D"), "biases": (PURPLE, "v"), "norms": (SKY, "P"),
        "supermask": (BROWN, "P"), "signed constant": (BROWN, "P"), "Kaiming normal": (BLUE, "o"),
        "magnitude": (GREEN, "D"), "magnitude, constant": (SKY, "v"),
        ALL: (BLACK, "o")}  # the layers together
SPARES = [(BLUE, "o"), (ORANGE, "s"), (GREEN, "D"), (VERMILLION, "^"), (PURPLE, "v"),
          (SKY, "P"), (BLACK, "X"), (GREY, "*")]


_GIVEN = {}  # arm -> colour and marker, of those that ARMS does not name
# what they are given: first what the arms that are often drawn beside them do not have
_FREE = [(GREEN, "D"), (SKY, "P"), (PURPLE, "v"), *SPARES]


def arm_styles(arms) -> dict[str, tuple[str, str]]:
    """Colour and marker of each arm, none twice while there are enough."""
    styles = {arm: ARMS[arm] for arm in arms if arm in ARMS}
    for arm in arms:
        taken, given = {color for color, _ in styles.values()}, _GIVEN.get(arm)
        if str(arm).startswith("lr rewind to"):
            given = ARMS["lr_rewind"]
        if given and given[0] not in taken:
            styles[arm] = given
        elif arm not in styles:
            free = [style for style in _FREE if style[0] not in taken] or _FREE
            unused = [style for style in free if style not in _GIVEN.values()] or free
            styles[arm] = unused[0]
            _GIVEN.setdefault(arm, styles[arm])
    return {arm: styles[arm] for arm in arms}


def arm_name(arm) -> str:
    """What a legend calls an arm: ``one_shot`` is one shot, and ``fine_tune`` is fine-tune."""
    return "fine-tune" if arm == "fine_tune" else str(arm).replace("_", " ")


def layers(stack: Stack) -> list[str]:
    """Names of the layers whose weights may be pruned, input to output."""
    check_stack(stack)
    return [layer_name(name) for name in prunable(stack.net)]


def weights(stack: Stack, layer: str, replicate: int) -> Tensor:
    """Weights of one layer of one network, in their own shape; ``ALL`` gives all of them flat.

    Raises ValueError for a layer or replicate that the stack has not.
    """
    check_replicate(stack, replicate)
    return _of(stack.parameters, stack, layer, replicate)


def mask(masks: Masks, stack: Stack, layer: str, replicate: int) -> Tensor:
    """The mask that belongs to ``weights`` of the same arguments; raises ValueError likewise."""
    check_replicate(stack, replicate)
    check_masks(stack, masks)
    return _of(masks, stack, layer, replicate)


def check_pair(initial: Stack, final: Stack) -> None:
    """Raises ValueError unless the two stacks are the same networks at two times."""
    if layers(initial) != layers(final) or any(
            initial.parameters[name].shape[1:] != final.parameters[name].shape[1:]
            for name in prunable(final.net)):
        raise ValueError(f"initial and final are not of one architecture: initial has "
                         f"{layers(initial)}, final has {layers(final)}, and the shapes must "
                         "agree too; give the stack that training began with")
    if initial.replicates != final.replicates:
        raise ValueError(f"initial has {initial.replicates} replicates and final has "
                         f"{final.replicates}; give the stack that training began with")


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """About that many round numbers from low to high: multiples of 1, 2 or 5 times a power of 10."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(number * step, digits) + 0.0 for number in range(first, last + 1)]


def one_axes(ax, size=(6.0, 3.8)):
    """The given axes, or those of a new figure of that size in inches."""
    return pyplot.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def many_axes(axes, number: int, each: str, size=(3.2, 2.9), width: int = 4, **options):
    """As many axes as there are layers or units (``each``): the given ones, or a new grid of them.

    size: of one, in inches. width: of the grid. Raises ValueError for another number of axes.
    """
    if axes is None:
        width = min(number, width)
        rows = -(-number // width)
        axes = pyplot.subplots(rows, width, figsize=(size[0] * width, size[1] * rows),
                               squeeze=False, layout="constrained", **options)[1].flatten()
        for ax in axes[number:]:
            ax.remove()
        return axes[:number]
    axes = np.atleast_1d(np.asarray(axes, dtype=object)).flatten()
    if len(axes) != number:
        raise ValueError(f"{len(axes)} axes for {number} {each}s; give one each, or none")
    return axes


def band(x, values, ax, *, label=None, color=BLUE, spread: str | None = "range",
         alpha: float = 0.22, **line):
    """A line through the means over replicates, in a band.

    x: [n]. values: [n, R], in the unit of the axis. spread: ``"range"`` (lowest to highest
    replicate), ``"sd"`` (one standard deviation each way) or None (no band). alpha: of the band.
    line: passed to ``ax.plot``. Returns the axes; raises ValueError for another spread. All curves
    use it.
    """
    choose("band", spread, BANDS)
    values = np.asarray(values, dtype=float)
    mean = values.mean(1)
    ax.plot(x, mean, color=color, label=label, **({"linewidth": 1.8} | line))
    if spread and values.shape[1] > 1:
        sd = values.std(1, ddof=1)
        low, high = ((values.min(1), values.max(1)) if spread == "range" else (mean - sd, mean + sd))
        ax.fill_between(x, low, high, color=color, alpha=alpha, linewidth=0)
    return ax


def dense_line(ax, values, label: str, spread: bool = True) -> None:
    """Dense networks as a dashed line across at their mean, by default in a band over their range.

    values: [R], in the unit of the axis.
    """
    values = np.asarray(values, dtype=float)
    ax.axhline(values.mean(), color=BLACK, linestyle="--", linewidth=1.2, label=label)
    if spread:
        ax.axhspan(values.min(), values.max(), color=BLACK, alpha=0.1, linewidth=0)


def log_axis(ax, marks, words: str, name: str) -> None:
    """Makes x a log scale that names the ``marks`` and nothing between; words: a format of ``x``,
    such as ``"{x:g}"``; name: of the axis."""
    ax.set(xscale="log", xlabel=name)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(FixedLocator(marks))
    ax.xaxis.set_major_formatter(words)


def finish(ax, legend: bool, place: str = "inside", **options):
    """Axes without the two idle spines, and with a legend if there is something to explain.

    place: one of ``LEGENDS``. options: of ``ax.legend``, such as its title.
    """
    ax.spines[["top", "right"]].set_visible(False)
    if legend and ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, **({"fontsize": "small", "title_fontsize": "small"}
                                    | LEGENDS[place] | options))
    return ax


def _of(tensors: dict[str, Tensor], stack: Stack, layer: str, replicate: int) -> Tensor:
    names = list(prunable(stack.net))
    if layer == ALL:
        return torch.cat([tensors[name][replicate].detach().flatten() for name in names]).cpu()
    choose("layer", layer, [*layers(stack), ALL])
    return tensors[names[layers(stack).index(layer)]][replicate].detach().cpu()
