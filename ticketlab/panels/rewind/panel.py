"""The rewind panel: two children of the step-k weights and what lies between them, tickets beside.

Everything is computed before the panel is shown; a move of a slider looks up and draws. Its
numbers are in ``table``, its pictures in ``picture``. Lesson 05 builds on this file.
"""

from collections.abc import Mapping
from html import escape

from ticketlab.figures import THRESHOLD
from ticketlab.panels import accuracies, base, controls
from ticketlab.panels.rewind import picture as rewind_svg
from ticketlab.panels.rewind.table import RewindReading, RewindTable


class RewindPanel(base.Panel):
    """A panel that goes through rewind steps: paths of two children, and the error between them.

    children, lines, starts: k -> what ``instability.children`` gave, what ``instability.lines``
    gave, and the Snapshots they began from. Children with snapshots have paths with points between.
    tickets: name of a way -> Tickets, as ``rewinding.search`` gives them, or k -> Tickets: a third
    picture and a slider for the level. k, level, replicate: where the controls begin, and can be
    set later (``panel.k = 100``); k begins at the first. The replicate is the one whose paths are
    drawn. ``panel.state()`` gives the numbers shown.
    Raises ValueError for what does not belong together, and whatever does not fit.
    Lesson 05 builds on it.
    """

    _says = "rewind panel: sliders for rewind step, level and replicate"

    def __init__(self, children: Mapping, lines: Mapping, starts: Mapping,
                 tickets: Mapping | None = None, *, k: int | None = None, level: int = 0,
                 replicate: int = 0):
        self._table = RewindTable(children, lines, starts, tickets)
        nets = [found.initial.net for found in self._table.tickets.values()]
        self._unpruned = base.rows(*base.unpruned(nets[0])) if nets else ""
        self._make_widgets()
        self._begin(k=self._table.steps[0] if k is None else k, replicate=replicate,
                    **({"level": level} if self._table.tickets or level else {}))

    k = controls.choice("slider", "k", "The rewind step that is shown; set it to move the slider.")
    replicate = controls.choice("replicate", doc="The network whose paths are drawn.")

    @property
    def level(self) -> int | None:
        """The level of the tickets, 0 is dense; set it to move its slider. None without tickets."""
        return self.levels.value if self._table.tickets else None

    @level.setter
    def level(self, level: int):
        if not self._table.tickets:
            raise ValueError(f"level is {level!r}, and this panel has no tickets; give it those of "
                             "rewinding.search")
        self._levels.go("level", level, "the tickets have")

    def state(self) -> RewindReading:
        """The numbers that are shown now."""
        return self._table.read(self.k, self.level, self.replicate)

    def _make_widgets(self):
        step = controls.pick(("rewind step k", "k"),
                         "rewind step: the training step from whose weights the two children part",
                         [(f"{k:,}", k) for k in self._table.steps], "280px")
        self._levels = controls.levels(self._table.last)
        self.levels, self.level_field = self._levels.slider, self._levels.field
        self._make_box("rewind-panel", [step, self._levels] if self._table.tickets else [step], {
            "replicate": (range(self._table.replicates),
                          "replicate: the network whose paths are drawn")})

    def _draw(self) -> None:
        now, data, seen = self.state(), self._table, self._table.paths[self.k, self.replicate]
        line = data.lines[self.k]
        error = 100 * line.error.double()
        barrier = f"barrier {100 * now.barrier:.1f} points, {'' if now.stable else 'not '}stable"
        pictures = [
            rewind_svg.paths(
                seen.first.tolist(), seen.second.tolist(), data.reach, now.k,
                f"Paths of two children of the weights of step {now.k}: their ends are "
                f"{now.apart:.3g} apart, at {now.degrees:.0f} degrees seen from the start"),
            rewind_svg.error(
                line.alphas.tolist(), error.mean(1).tolist(), error.amin(1).tolist(),
                error.amax(1).tolist(), error[:, self.replicate].tolist(), data.bars[self.k],
                THRESHOLD, data.top, "Test error on the line between the ends: "
                f"{error[0].mean():.1f} and {error[-1].mean():.1f} percent at the ends, {barrier}")]
        if self._table.tickets:
            pictures.append(self._accuracy(now))
        self._show(pictures)
        self.numbers.value = _numbers(now, self.replicate, data.replicates) + self._unpruned

    def _accuracy(self, now: RewindReading) -> str:
        data = self._table
        here = ("none rewound to this step" if now.way is None else
                f"{100 * now.accuracy:.1f} percent for {now.way}")
        return accuracies.picture(
            data.curves, None if now.way is None else list(data.tickets).index(now.way),
            100 * now.density, data.dense, accuracies.percent_axis(accuracies.spread(data.curves)),
            f"Test accuracy over the weights remaining: with {100 * now.density:.3g} percent of "
            f"the weights {here}, dense {data.dense[0]:.1f} percent")


def _numbers(now: RewindReading, replicate: int, replicates: int) -> str:
    words = f"k = {now.k:,}: barrier <b>{100 * now.barrier:.1f} points</b> of test error"
    words += base.spread(replicates, now.lowest, now.highest,
                         f"; replicate {replicate}: {100 * now.own:.1f}")
    words += (f", <b>{'stable' if now.stable else 'not stable'}</b> (less than {THRESHOLD:g} is "
              "stable)")
    lines = [words, (f"replicate {replicate}: the ends are {now.apart:.3g} apart in weights, at "
                    f"{now.degrees:.0f}° seen from the start")]
    if now.level is not None:
        lines.append(f"level {now.level} of {now.last}: <b>{base.shares(now.density, now.removed)}</b>")
        if now.way is None:
            lines[-1] += f" · no tickets were rewound to step {now.k:,}"
        else:
            ends = (f" ({100 * now.accuracy_lowest:.1f} to {100 * now.accuracy_highest:.1f})"
                      if replicates > 1 else "")
            lines[-1] += (f" · {escape(now.way)}: test accuracy <b>{100 * now.accuracy:.1f} %</b>"
                         f"{ends}, dense {100 * now.dense:.1f} %, difference "
                         f"{base.points(now.accuracy - now.dense)}")
    return base.rows(*lines)
