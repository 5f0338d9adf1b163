"""The controls of the supermask panel: the share that is used, whose weights, layer and replicate.

Everything is computed before the panel is shown. Lesson 08 builds on this file.
"""

from collections.abc import Mapping, Sequence
from html import escape

from ticketlab.basics import whole_from
from ticketlab.figures import drawing
from ticketlab.panels import accuracies, base, controls
from ticketlab.panels.supermasks import picture
from ticketlab.panels.supermasks.table import SupermaskReading, SupermaskTable


class SupermaskPanel(base.Panel):
    """A panel that goes through shares of random weights: what they reach, and which are used.

    trials: name of the weights -> what ``lottery.supermasks`` gave, or other trials of the same
    networks, the same shares and replicates for all. trained: test accuracy of these networks with all
    weights trained, a fraction, for a line across. share: where the slider begins, the nearest that there
    is. replicates: how many of the networks can be looked at one by one, the first ones; means are of
    all of them. What the controls say can be set later (``panel.share = 0.5``). ``panel.state()`` gives
    the numbers shown. Raises ValueError for what does not fit. Ramanujan et al. 2020, figure 4. Lesson
    08 builds on it.
    """

    _says = "supermask panel: a slider for the share of weights used, weights, layer and replicate"

    def __init__(self, trials: Mapping[str, Sequence], *, trained: float | None = None,
                 share: float = 0.5, replicates: int = 2):
        if not trials:
            raise ValueError("there are no trials; give {'signed constant': lottery.supermasks(...)}")
        styles = drawing.arm_styles(trials)
        self._tables = {name: SupermaskTable(name, own, styles[name]) for name, own in trials.items()}
        first = next(iter(self._tables.values()))
        self._shares = first.shares
        for name, own in self._tables.items():
            if list(own.layers) != list(first.layers) or own.accuracies.shape != first.accuracies.shape \
                    or max(abs(a - b) for a, b in zip(own.shares, first.shares, strict=True)) > 5e-3:
                raise ValueError(f"{name!r} has other layers, shares or replicates than {first.name!r}; "
                                 "give trials of the same networks and shares")
        self._trained = None if trained is None else 100 * trained
        self._chance = 100 / first.trials[0].run.stack.parameters[
            list(first.layers.values())[-1]].shape[1]
        self._range = accuracies.percent_axis([
            self._chance, *accuracies.spread([own.curve for own in self._tables.values()]),
            *[self._trained] * (trained is not None)])
        self._share = controls.pick(
            ("weights used (%)", "used (%)"), "weights used: the share of every layer, in percent",
            [(f"{100 * each:.3g}", each) for each in self._shares], "280px")
        self._replicates = first.accuracies.shape[1]
        replicates = min(whole_from("replicates", replicates, least=1), self._replicates)
        self._make_box("supermask-panel", [self._share], {
            "weights": (list(self._tables), "weights: how they were drawn, or how the mask was found"),
            "layer": (list(first.layers), "layer: whose weights are shown"),
            "replicate": (list(range(replicates)), "replicate: which of the networks is shown")})
        begin = self._shares[first.nearest(share)] if 0 <= share <= 1 else share
        self._begin(share=begin)

    share = controls.choice("slider", "share", doc="The share that is used; set it to move the slider.")
    weights = controls.choice("weights", doc="Whose trials are shown.")
    layer = controls.choice("layer", doc="Whose weights are shown.")
    replicate = controls.choice("replicate", doc="Which of the networks is shown.")

    def state(self) -> SupermaskReading:
        """The numbers that are shown now."""
        return self._tables[self.weights].read(*self._place())

    def _place(self) -> tuple[int, str, int]:
        return self._shares.index(self.share), self.layer, self.replicate

    def _draw(self) -> None:
        now, names = self.state(), list(self._tables)
        words = (f"{self.weights}, {100 * now.share:.3g} percent of the weights used: "
                 f"{100 * now.accuracy:.1f} percent")
        self._show([
            accuracies.by_share(picture.WIDTHS[0], "weights used (%)",
                                [own.curve for own in self._tables.values()], names.index(self.weights),
                                (100 * now.share, 100 * now.accuracy), self._range,
                                f"Test accuracy over the weights used: {words}", self._chance,
                                self._trained),
            picture.mask(self._tables[self.weights].picture(*self._place()), self.layer,
                         f"The weights of {self.layer}: {now.used} of {now.size} are used"),
            picture.units(now.units)])
        alive = ", ".join(f"{escape(layer)} {kept} of {size}"
                          for layer, (kept, size) in now.units.items())
        self.numbers.value = base.rows(
            f"{escape(self.weights)}: <b>{100 * now.share:.3g} % of the weights used</b>, test accuracy "
            f"<b>{100 * now.accuracy:.1f} %</b>"
            + base.spread(self._replicates, now.lowest, now.highest,
                          f"; this one {100 * now.own:.1f}"),
            f"{escape(self.layer)}: {now.used:,} of {now.size:,} weights",
            f"units that survive: {alive}")
