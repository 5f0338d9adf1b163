"""What the prune panel looks up: every possible cut of a stack, computed once.

All weights are ranked once, and the slider's positions are known beforehand, so for every weight
there is one position at which it goes. Counting weights by bin and position then gives the
histogram of every cut at once, and one move of the slider is a lookup. Lesson 03's panel builds
on this file.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ticketlab.figures import drawing
from ticketlab.pruning import (
    Masks,
    Score,
    apply_masks,
    dense,
    layer_name,
    magnitude,
    removal_ranks,
)
from ticketlab.stack import Stack, check_replicate, forward
from ticketlab.training import evaluate
from ticketlab.weights import ALL

SCOPES = ("layer", "global")  # rows rank in each row, and no one rank cuts them
BINS = 81  # odd, so that the middle bin is centred on zero
STEPS = 200  # of the slider, over rates from 0 to 1: half a percent each
RATES = [step / STEPS for step in range(STEPS)]  # 0 to 0.995
# Where the accuracy is measured: denser where networks usually break.
GRID = sorted({*range(0, 100, 20), *range(100, 160, 5), *range(160, 200, 4), 198, 199})


class View(NamedTuple):
    """One layer, or all of them, as the histogram shows it.

    edges: [BINS + 1]. total: [BINS]. pruned: [BINS, positions]. size: weights. kept: [positions].
    """

    edges: np.ndarray
    total: np.ndarray
    pruned: np.ndarray
    size: int
    kept: np.ndarray


class Reading(NamedTuple):
    """What the panel shows, as numbers; shares are fractions, counts those of its replicate.

    rate: asked for; density and sparsity: of whole weights, kept of weights. accuracy, lowest,
    highest: on the test split before any retraining, over replicates. kept_by_layer: layer ->
    weights. threshold: layer -> the largest magnitude pruned (none for other scores). empty: the
    layers that have lost all weights.
    """

    rate: float
    density: float
    sparsity: float
    kept: int
    weights: int
    accuracy: float
    lowest: float
    highest: float
    exact: bool
    kept_by_layer: dict[str, int]
    threshold: dict[str, float]
    empty: tuple[str, ...]


class PruneTable:
    """Every cut of one score and one scope.

    ``views``: ``ALL`` or layer -> View, of one replicate. ``thresholds``: layer -> [positions], the
    largest magnitude that is pruned, empty unless the score is the magnitude.
    Position p of the slider is the rate ``RATES[p]``. Raises ValueError for an unknown scope and
    for scores that are not finite.
    """

    def __init__(self, stack: Stack, score: Score, scope: str, replicate: int):
        drawing.choose("scope", scope, SCOPES)
        check_replicate(stack, replicate)
        self.stack, self.scope = stack, scope
        masks, scores = dense(stack), score(stack)
        pools = [[name] for name in masks] if scope == "layer" else [list(masks)]
        self._ranks, self._cuts, self.thresholds = {}, {}, {}
        for pool in pools:
            size = sum(masks[name][0].numel() for name in pool)
            cuts = np.array([round(rate * size) for rate in RATES])
            self._ranks |= removal_ranks(scores, masks, pool)
            self._cuts |= dict.fromkeys(pool, cuts)
            if score is magnitude:
                ordered = torch.cat([scores[name][replicate].flatten() for name in pool])
                # nothing is pruned at position 0, and no magnitude lies below 0
                ordered = np.append(0.0, ordered.sort().values.cpu().numpy())
                self.thresholds |= {layer_name(name): ordered[cuts] for name in pool}
        self.views = self._make_views(replicate)

    def masks(self, position: int) -> Masks:
        """The masks of a cut, of all replicates: those of ``pruning.prune`` at ``RATES[position]``,
        which refuses to empty a layer; here an emptied layer is all False."""
        return {name: ranks >= int(self._cuts[name][position])
                for name, ranks in self._ranks.items()}

    def accuracy(self, position: int, data) -> Tensor:
        """Test accuracy of every replicate at a cut, without retraining: fractions, [R]."""
        pruned = apply_masks(self.stack, self.masks(position))
        return evaluate(pruned, data.x_test, data.y_test)[1].cpu()

    def _make_views(self, replicate: int) -> dict[str, View]:
        values, goes = {}, {}
        for name, ranks in self._ranks.items():
            values[layer_name(name)] = drawing.weights(self.stack, layer_name(name),
                                                       replicate).flatten().double().numpy()
            # rank r goes at the first position that removes more than r weights
            goes[layer_name(name)] = np.searchsorted(
                self._cuts[name], ranks[replicate].flatten().cpu().numpy(), side="right")
        values[ALL] = np.concatenate(list(values.values()))
        goes[ALL] = np.concatenate(list(goes.values()))
        return {layer: _view(values[layer], goes[layer]) for layer in [ALL, *values]}


class AccuracyCurve:
    """Test accuracy over the slider's positions: measured on ``GRID``, straight lines in between.

    ``mean``, ``low``, ``high``: [positions], over replicates, as fractions. A position that was
    asked for with ``measure`` stays exact, and so are those of the grid.
    """

    def __init__(self, table: PruneTable, data):
        self._table, self._data = table, data
        self._exact = {position: table.accuracy(position, data) for position in GRID}
        measured = torch.stack([self._exact[position] for position in GRID]).double().numpy()
        self.mean, self.low, self.high = (
            np.interp(range(STEPS), GRID, over(measured, axis=1)) for over in (np.mean, np.min, np.max))

    def measure(self, position: int) -> Tensor:
        """Accuracy at a position, exactly: [R]. Computed the first time only."""
        if position not in self._exact:
            self._exact[position] = self._table.accuracy(position, self._data)
        return self._exact[position]

    def at(self, position: int) -> tuple[float, float, float, bool]:
        """Mean, lowest and highest accuracy, and whether they are exact or interpolated."""
        if position in self._exact:
            own = self._exact[position].double()
            return own.mean().item(), own.min().item(), own.max().item(), True
        return float(self.mean[position]), float(self.low[position]), float(self.high[position]), False


def read(table: PruneTable, curve: AccuracyCurve, position: int) -> Reading:
    """The numbers of one cut; the accuracy is exact or interpolated, as the curve has it."""
    whole = table.views[ALL]
    kept = int(whole.kept[position])
    by_layer = {name: int(view.kept[position]) for name, view in table.views.items() if name != ALL}
    return Reading(RATES[position], kept / whole.size, 1 - kept / whole.size, kept, whole.size,
                   *curve.at(position), by_layer,
                   {name: float(values[position]) for name, values in table.thresholds.items()},
                   tuple(name for name, number in by_layer.items() if number == 0))


def check_data(stack: Stack, data) -> None:
    """Raises ValueError unless the networks read these data and name their classes."""
    if stack.device != data.x_test.device:
        raise ValueError(f"the stack is on {stack.device} and the data are on {data.x_test.device}; "
                         f"move one of them, with stack.to({str(data.x_test.device)!r})")
    problem = None
    try:
        classes = forward(stack[0], data.x_test[:1], shared=True).shape[-1]
        if classes != data.classes:
            problem = f"the stack tells {classes} classes apart, the data have {data.classes}"
    except RuntimeError as error:
        problem = f"the stack cannot read an example of shape {tuple(data.shape)} ({error})"
    if problem:
        raise ValueError(f"stack and data do not fit: {problem}; give the data set that the stack "
                         "was made for")


def _view(values: np.ndarray, goes: np.ndarray) -> View:
    largest = float(np.abs(values).max()) or 1.0
    edges = np.linspace(-largest, largest, BINS + 1)
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    # the last column holds the weights that no position removes
    counts = np.bincount(bins * (STEPS + 1) + goes, minlength=BINS * (STEPS + 1))
    pruned = counts.reshape(BINS, STEPS + 1).cumsum(1)
    return View(edges, pruned[:, -1], pruned[:, :-1], len(values), len(values) - pruned[:, :-1].sum(0))
