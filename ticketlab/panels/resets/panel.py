"""The controls of the reset panel: which layer goes back to its start, and how far.

Everything is measured before the panel is shown. Lesson 08 builds on this file.
"""

from html import escape

from ticketlab.panels import accuracies, base, controls
from ticketlab.panels.resets import picture
from ticketlab.panels.resets.table import ResetReading, ResetTable


class ResetPanel(base.Panel):
    """A panel that moves one layer of trained networks back to where it began.

    table: what ``landscape.resets`` gives. layer, share: where it begins, by default the first layer all
    the way back; both can be set later (``panel.share = 0.5``). chance: accuracy of guessing, a fraction,
    for a line across. ``panel.state()`` gives the numbers shown. Raises ValueError for what does not fit.
    Zhang, Bengio & Singer 2022. Lesson 08 builds on it.
    """

    _says = "reset panel: a slider for the way back, and the layer"

    def __init__(self, table, *, layer: str | None = None, share: float | None = None,
                 chance: float | None = None):
        self._table = ResetTable(table)
        self._chance = None if chance is None else 100 * chance
        self._range = accuracies.percent_axis([
            *accuracies.spread(self._table.curves.values()), *[self._chance] * (chance is not None)])
        shares = self._table.shares
        self._share = controls.pick(
            ("way back (%)", "back (%)"), "way back: how far the layer goes to its start, in percent",
            [(f"{100 * each:.3g}", each) for each in shares], "300px")
        self._make_box("reset-panel", [self._share], {
            "layer": (self._table.layers, "layer: which one goes back, all others stay as trained")})
        lost = [self._table.read(self._table.layers[0], each).lost.values() for each in shares]
        self._most = max(0.01, *(100 * value for own in lost for value in own))
        self._begin(layer=self._table.layers[0] if layer is None else layer,
                    share=shares[-1] if share is None else share)

    layer = controls.choice("layer", doc="The layer that goes back; set it to see another.")
    share = controls.choice("slider", "share", doc="The share of the way; set it to move the slider.")

    def state(self) -> ResetReading:
        """The numbers that are shown now."""
        return self._table.read(self.layer, self.share)

    def _draw(self) -> None:
        now, layers = self.state(), self._table.layers
        words = (f"{now.layer} {100 * now.share:.3g} percent of the way back: {100 * now.accuracy:.1f} "
                 "percent")
        lost = {layer: 100 * value for layer, value in now.lost.items()}
        self._show([
            accuracies.by_share(picture.WIDTHS[0], "way back to the start (%)",
                                list(self._table.curves.values()), layers.index(now.layer),
                                (100 * now.share, 100 * now.accuracy), self._range,
                                f"Test accuracy over the way back: {words}", self._chance),
            picture.lost(lost, now.layer, self._most, "Accuracy lost in points: " + "; ".join(
                f"{layer} {value:.1f}" for layer, value in lost.items()))])
        self.numbers.value = base.rows(
            f"{escape(now.layer)}, <b>{100 * now.share:.3g} %</b> of the way back to its start, all "
            "other layers as trained",
            f"test accuracy <b>{100 * now.accuracy:.1f} %</b>"
            + base.spread(self._table.replicates, now.lowest, now.highest)
            + f", as trained {100 * now.trained:.1f} %: {base.points(now.accuracy - now.trained)}")
