"""What the reset panel looks up: accuracy by layer and share of the way back.

Lesson 08's panel builds on this file.
"""

from typing import NamedTuple

from ticketlab.figures import drawing
from ticketlab.panels.curves import Curve

COLUMNS = ("layer", "share", "replicate", "accuracy")


class ResetReading(NamedTuple):
    """What the panel shows, as numbers: fractions, on the test split, means over replicates.

    layer: that goes back. share: of the way. accuracy, lowest, highest: then. trained: with no layer
    moved. lost: layer -> what each alone loses at this share, paired.
    """

    layer: str
    share: float
    accuracy: float
    lowest: float
    highest: float
    trained: float
    lost: dict[str, float]


class ResetTable:
    """table: as ``landscape.resets`` gives it. curves: layer -> accuracy over the share, in percent.

    Raises ValueError for a table without the columns, without a share of 0, or with gaps.
    """

    def __init__(self, table):
        missing = [name for name in COLUMNS if name not in table]
        if missing or not len(table):
            raise ValueError(f"the table has no {missing or 'rows'}; give what landscape.resets returned")
        self.layers, self.shares = list(dict.fromkeys(table["layer"])), sorted(set(table["share"]))
        self.replicates = table["replicate"].nunique()
        if self.shares[0] != 0:
            raise ValueError(f"the smallest share is {self.shares[0]}; the table needs the share 0, "
                             "where every layer is as trained: resets(..., shares=(0, ..., 1))")
        every = table.groupby(["layer", "share"])["accuracy"]
        if len(table) != len(self.layers) * len(self.shares) * self.replicates or (
                every.size() != self.replicates).any():
            raise ValueError("the table does not have every share of every layer and replicate once; "
                             "give what one call of landscape.resets returned")
        self._mean, self._low, self._high = every.mean(), every.min(), every.max()
        styles = drawing.arm_styles(self.layers)
        own = {layer: rows.groupby("share")["accuracy"] for layer, rows in table.groupby("layer")}
        self.curves = {layer: Curve.over(100 * own[layer].mean().index, own[layer], layer, *styles[layer])
                       for layer in self.layers}

    def read(self, layer: str, share: float) -> ResetReading:
        """The numbers of one reset."""
        trained, place = self._mean[layer, 0], (layer, share)
        return ResetReading(layer, share, self._mean[place], self._low[place], self._high[place], trained,
                            {each: self._mean[each, 0] - self._mean[each, share] for each in self.layers})
