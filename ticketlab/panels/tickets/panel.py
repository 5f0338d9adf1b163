"""The ticket panel: what a search left at each level, while sliders move through levels and rates.

``ticketlab.panels`` offers it as its own, ``ticketlab.panels.tickets.table`` has its numbers and
``ticketlab.panels.tickets.picture`` its pictures. Lesson 04 builds on this file.
"""

from collections.abc import Mapping
from html import escape

from ticketlab.figures import drawing
from ticketlab.lottery import Tickets
from ticketlab.panels import accuracies, base, controls
from ticketlab.panels.tickets import picture as ticket_svg
from ticketlab.panels.tickets.table import (
    AFTER,
    START,
    LevelTable,
    TicketReading,
    by_rate,
    controls_by_rate,
    curves_by_rate,
)
from ticketlab.weights import ALL

# with the area of the bars beside them, or few survivors would lie flat under all weights
OUTLINES = {AFTER: "dense network, to the same area", START: "before pruning, to the same area"}


class TicketPanel(base.Panel):
    """A panel that goes through the levels of a search, and through searches of several rates.

    searches: what ``lottery.search`` gave, or a dictionary rate per round -> search, of the same
    networks. data: by default that of the searches; only for the line of chance. controls: what
    ``lottery.controls`` gave, as curves beside the search's own; with several searches a dictionary
    rate -> such trials. rate, level, layer, replicate, shows: where the controls begin, and can be
    set later (``panel.level = 3``). Another rate goes to its level of the nearest density. shows:
    the weights in the histogram, ``"after training"`` or ``"at the start"`` (their values at the
    rewind step). ``panel.state()`` gives the numbers shown.
    Raises ValueError for searches that do not belong together, and whatever does not fit.
    Lesson 04 builds on it.
    """

    _says = "ticket panel: sliders for rate per round, level, layer, replicate and weights"

    def __init__(self, searches: Tickets | Mapping[float, Tickets], data=None, *, controls=None,
                 rate: float | None = None, level: int = 0, layer: str = ALL, replicate: int = 0,
                 shows: str = AFTER):
        self.searches = by_rate(searches)
        self._first = next(iter(self.searches.values()))
        self._data = self._first.data if data is None else data
        self._curves = curves_by_rate(self.searches, controls_by_rate(controls, self.searches))
        self._accuracies = accuracies.spread(sum(self._curves.values(), []))
        self._tables = {each: LevelTable(each, tickets)
                        for each, tickets in self.searches.items()}
        self._drawn, self._unpruned = {}, base.rows(*base.unpruned(self._first.initial.net))
        self._make_widgets()
        self._begin(rate=next(iter(self.searches)) if rate is None else rate, level=level,
                    layer=layer, replicate=replicate, shows=shows)

    rate = controls.choice("_rates", "rate",
                       "The rate per round of the search that is shown; set it to show another.")
    level = controls.level_of(lambda panel: f"the search with rate {panel.rate} has")
    layer = controls.choice("layer")
    shows = controls.choice("shows")
    replicate = controls.choice("replicate", doc="The network whose weights and mask are shown.")

    def state(self) -> TicketReading:
        """The numbers that are shown now."""
        return self._tables[self.rate].read(self.level, self.replicate)

    @property
    def _tickets(self) -> Tickets:
        return self.searches[self.rate]

    @property
    def _place(self) -> tuple[int, str, int, str]:
        return self.level, self.layer, self.replicate, self.shows

    def _make_widgets(self):
        rates = controls.pick(
            ("rate per round (%)", "rate (%)"),
            "rate per round: the share of the survivors that each round removes, in percent",
            [(f"{100 * rate:.4g}", rate) for rate in self.searches], "230px",
            disabled=len(self.searches) == 1)
        self._levels = controls.levels(len(self._first.trials) - 1)
        self._rates, self._rate_field = rates.slider, rates.field
        rates.observe(self._rate_moved)
        initial = self._first.initial
        self._make_box("ticket-panel", [rates, self._levels], {
            "layer": ([ALL, *drawing.layers(initial)], "layer: whose weights and mask are shown"),
            "replicate": (range(initial.replicates), "replicate: whose weights and mask are shown"),
            "shows": ([(f"weights {each}", each) for each in OUTLINES],
                      "weights: their values after training, or those that the level began with")})
        self._main = self._levels

    def _rate_moved(self, change) -> None:
        """Another search: its levels, and of them the one nearest in density to where we were."""
        share = self._tables[change.old].read(self.level, 0).density
        with self._quiet():
            self._levels.reach(len(self._tickets.trials) - 1)
            self.slider.value = self._tickets.nearest(share)

    def _draw(self) -> None:
        now, place = self.state(), (self.rate, *self._place)
        if place not in self._drawn:  # some kilobytes each, and sliders go to and fro
            self._drawn[place] = self._pictures(now)
        self._show(self._drawn[place])
        self.numbers.value = _numbers(now, self.replicate, self._first.initial.replicates,
                                      self._tickets.stopped) + self._unpruned

    def _pictures(self, now: TicketReading) -> list[str]:
        view, curves = self._tables[self.rate].view(*self._place), self._curves[self.rate]
        search = curves[0]
        return [
            ticket_svg.survivors(view.edges.tolist(), view.kept.tolist(), view.everything.tolist(),
                                 self.layer, self.shows, OUTLINES[self.shows]),
            ticket_svg.masks(view.pictures),
            accuracies.picture(
                curves, 0, 100 * now.density, (search.mean[0], search.low[0], search.high[0]),
                accuracies.percent_axis(self._accuracies),  # one for all rates
                f"Test accuracy over the weights remaining: {100 * now.accuracy:.1f} percent with "
                f"{100 * now.density:.3g} percent of the weights, dense {100 * now.dense:.1f} percent",
                100 / self._data.classes)]


def _numbers(now: TicketReading, replicate: int, replicates: int, stopped: str | None) -> str:
    accuracy = f"test accuracy after training <b>{100 * now.accuracy:.1f} %</b>"
    accuracy += base.spread(replicates, now.lowest, now.highest,
                            f"; replicate {replicate}: {100 * now.own:.1f}")
    if now.level:
        accuracy += f", dense {100 * now.dense:.1f} %"
    end = [escape(stopped)] if stopped and now.level == now.last else []
    return base.rows(f"level {now.level} of {now.last}: "
                     f"<b>{base.shares(now.density, now.removed)}</b> · {now.kept:,} of {now.weights:,} "
                     "weights kept", accuracy, *end)
