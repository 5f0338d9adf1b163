"""What the scaling panel looks up: every net at every level, and the dense net of equal size.

All of it is read from the table of ``scaling.run`` when the panel is made, so that a move of a
slider is a lookup. Lesson 06's panel builds on this file.
"""

from typing import NamedTuple

import numpy as np

from ticketlab.figures import drawing
from ticketlab.panels.curves import Curve
from ticketlab.scaling import LAYER, TICKET, matching


class ScalingReading(NamedTuple):
    """What the panel shows, as numbers; shares and accuracies are fractions, on the test split and
    means over replicates.

    net: its label. level: of ``last`` levels. density, sparsity: of whole weights. removed: the
    share of the survivors that this level's cut removed. weights: remaining, of ``dense_weights``.
    accuracy, lowest, highest: of the ticket, over replicates. dense: of this net unpruned. arms:
    name -> accuracy of the other arms at this level, without those that have none. equal: of a
    dense net with as many weights, None where all dense nets have more; between: the labels of the
    two that it is interpolated from. kept: layer -> weights remaining and in all.
    """

    net: object
    level: int
    last: int
    density: float
    sparsity: float
    removed: float
    weights: int
    dense_weights: int
    accuracy: float
    lowest: float
    highest: float
    dense: float
    arms: dict[str, float]
    equal: float | None
    between: tuple
    kept: dict[str, tuple[int, int]]


class ScalingTable:
    """The nets of a table, looked up by label and level.

    nets: labels, ascending. last: label -> its last level. lines: label -> arm -> Curve, accuracies
    in percent. dense: the Curve of all dense nets, the smallest first. Raises ValueError as
    ``matching.ladder`` does, for labels that cannot be put in order, and for replicates whose
    layers keep different numbers of weights.
    """

    def __init__(self, table, by: str):
        self.by, self._sizes = by, matching.labels(table, by)
        try:
            self.nets = sorted(self._sizes)
        except TypeError:
            raise ValueError(f"{by} has the labels {self._sizes}, which have no order; give "
                             "numbers or texts") from None
        self.lines, self._kept = {}, {}
        for label in self.nets:
            arms = table["arm"][table[by] == label].unique().tolist()
            rows = {arm: matching.ladder(table, label, by=by, arm=arm) for arm in [TICKET, *arms]}
            styles = drawing.arm_styles(rows)
            self.lines[label] = {arm: _line(arm, styles[arm], own) for arm, own in rows.items()}
            self._kept[label] = _kept(rows[TICKET], label)
        self.last = {label: len(own[TICKET].mean) - 1 for label, own in self.lines.items()}
        first = [self.lines[label][TICKET] for label in self._sizes]
        self.dense = Curve("dense", *drawing.ARMS["dense"], *(
            [getattr(own, name)[0] for own in first]
            for name in ("x", "mean", "low", "high", "levels")))

    def equal(self, weights: float) -> tuple[float | None, tuple]:
        """Accuracy in percent of a dense net of that many weights, straight over the logarithm of
        the number, and the labels that it lies between; None outside of what was measured."""
        sizes = np.array(self.dense.x)
        if not sizes[0] <= weights <= sizes[-1]:
            return None, ()
        above = int(np.searchsorted(sizes, weights))
        between = [above] if sizes[above] == weights else [above - 1, above]
        value = np.interp(np.log(weights), np.log(sizes), self.dense.mean)
        return float(value), tuple(self._sizes[place] for place in between)

    def read(self, net, level: int) -> ScalingReading:
        """The numbers of one net at one level."""
        ticket, kept = self.lines[net][TICKET], self._kept[net]
        weights, before, whole = (ticket.x[place] for place in (level, max(0, level - 1), 0))
        equal, between = self.equal(weights)
        others = {arm: line.mean[line.levels.index(level)] / 100
                  for arm, line in self.lines[net].items()
                  if arm != TICKET and level in line.levels}
        return ScalingReading(
            net, level, self.last[net], weights / whole, 1 - weights / whole, 1 - weights / before,
            weights, whole, ticket.mean[level] / 100, ticket.low[level] / 100,
            ticket.high[level] / 100, ticket.mean[0] / 100, others if level else {},
            None if equal is None else equal / 100, between,
            {layer: (counts[level], counts[0]) for layer, counts in kept.items()})


def _line(arm: str, style: tuple[str, str], rows) -> Curve:
    levels = rows.groupby("level")
    return Curve.over(levels["weights"].first(), levels["accuracy"], drawing.arm_name(arm), *style)


def _kept(rows, label) -> dict[str, list[int]]:
    """layer -> weights remaining at each level; columns of layers that it has not are empty."""
    columns = [name for name in rows.columns if name.startswith(LAYER) and rows[name].notna().all()]
    if not columns:
        raise ValueError(f"the table has no columns {LAYER}... for the layers of {label!r}; give "
                         "what scaling.run returns")
    counts = rows.groupby("level")[columns]
    return {name.removeprefix(LAYER): [round(count) for count in counts.mean()[name]]
            for name in columns}
