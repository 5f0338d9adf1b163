"""The levels panel: a slider over the levels of a search, and the line from each to the next.

Everything is computed before the panel is shown. Numbers are in ``table``, pictures in ``picture``.
Lesson 07 builds on this file.
"""

from collections.abc import Mapping, Sequence
from html import escape

from ticketlab.figures import THRESHOLD
from ticketlab.landscape import Line
from ticketlab.panels import base, controls
from ticketlab.panels.levels import picture as levels_svg
from ticketlab.panels.levels.table import LevelsReading, LevelsTable


class LevelsPanel(base.Panel):
    """A panel that goes through the levels of searches: is there a barrier to the next level?

    tickets: name -> Tickets. lines: name -> the line from each level to the next. search, level: where
    the controls begin, and can be set later. ``panel.state()`` gives the numbers shown. Raises
    ValueError for what does not belong together. Paul et al. 2023, section 3. Lesson 07.
    """

    _says = "levels panel: a slider for the level"

    def __init__(self, tickets: Mapping, lines: Mapping[str, Sequence[Line]], *,
                 search: str | None = None, level: int = 0):
        if not tickets or list(tickets) != list(lines):
            raise ValueError(f"there are tickets of {list(tickets)} and lines of {list(lines)}; give "
                             "both for the same searches, at least one")
        self._tables = {name: LevelsTable(name, own, lines[name]) for name, own in tickets.items()}
        every = [line for own in self._tables.values() for line in own.lines]
        self._top = 110 * max(line.error.max().item() for line in every) or 1.0  # no error anywhere
        points = [100 * value.mean().item() for own in self._tables.values()
                  for value in (*own.barriers, *own.lost)]
        self._range = min(0, *points) - 1, max(THRESHOLD, *points) + 1
        self._levels = controls.levels(max(len(own.lines) for own in self._tables.values()) - 1)
        self._make_box("levels-panel", [self._levels], {
            "search": (list(self._tables), "search: whose levels are shown")})
        self._begin(search=next(iter(self._tables)) if search is None else search, level=level)

    search = controls.choice("search", doc="The search that is shown; set it to see another.")
    level = controls.level_of(lambda panel: f"{panel.search}: the lines begin at")

    def state(self) -> LevelsReading:
        """The numbers that are shown now."""
        return self._tables[self.search].read(self.level)

    def _moved(self, change=None) -> None:
        with self._quiet():  # as many levels as this search has
            self._levels.reach(len(self._tables[self.search].lines) - 1)
        super()._moved(change)

    def _draw(self) -> None:
        now, own = self.state(), self._tables[self.search]
        line = own.lines[now.level]
        error = 100 * line.error.double()
        barriers, lost = _points(own.barriers), _points(own.lost)
        words = f"barrier {100 * now.barrier:.1f} points from level {now.level} to {now.level + 1}"
        self._show([
            levels_svg.error(line.alphas.tolist(), error.mean(1).tolist(), error.amin(1).tolist(),
                             error.amax(1).tolist(), self._top, f"Test error on the line: {words}"),
            levels_svg.barriers(barriers, lost, now.level, THRESHOLD, self._range,
                                f"Barrier and accuracy lost, level by level: {words}, lost "
                                f"{100 * now.lost:.1f}")])
        dense, sparse = (100 * each for each in now.density)
        self.numbers.value = base.rows(
            f"{escape(now.search)}, level {now.level} to {now.level + 1}: {dense:.3g} to {sparse:.3g} % "
            f"of the weights, barrier <b>{100 * now.barrier:.1f} points</b> ({100 * now.lowest:.1f} to "
            f"{100 * now.highest:.1f})",
            f"the sparser end has lost <b>{100 * now.lost:.1f} points</b> of the dense "
            "network's accuracy")


def _points(values) -> list[float]:
    """Means over replicates, in points."""
    return [100 * each.mean().item() for each in values]
