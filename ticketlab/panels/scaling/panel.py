"""The scaling panel: sliders for width and level, and the dense net of the same number of weights.

Everything is computed before the panel is shown; a move of a slider looks up and draws. Its
numbers are in ``table``, its picture in ``picture``. Lesson 06 builds on this file.
"""

from html import escape

from ticketlab.figures import drawing, marks
from ticketlab.panels import accuracies, base, controls, svg
from ticketlab.panels.scaling import picture as scaling_svg
from ticketlab.panels.scaling.table import ScalingReading, ScalingTable
from ticketlab.scaling import TICKET


class ScalingPanel(base.Panel):
    """A panel that goes through nets of several widths and through the levels of each.

    table: what ``scaling.run`` gives, or the table of a sweep over ``scaling.unit``. by: the column
    of the labels, such as ``"depth"``. net: the label to begin with, by default the largest.
    level: of pruning, 0 is dense. Both can be set later (``panel.net = 40``). The accuracy of the
    ticket stands beside that of the other arms and of a dense net with as many weights,
    interpolated between the two nearest in the logarithm of the number. ``panel.state()`` gives
    the numbers shown. Raises ValueError as ``matching.ladder`` does, and for whatever does not fit.
    Lesson 06 builds on it.
    """

    def __init__(self, table, *, by: str = "width", net=None, level: int = 0):
        self._table = ScalingTable(table, by)
        lines = [line for own in self._table.lines.values() for line in own.values()]
        sizes = [size for line in lines for size in line.x]
        self._x_range = 1.15 * max(sizes), min(sizes) / 1.15
        self._y_range = accuracies.percent_axis(accuracies.spread(lines))  # one for all nets and levels
        self._says = f"scaling panel: sliders for {self._table.by} and level"
        self._make_widgets()
        self._begin(net=self._table.nets[-1] if net is None else net, level=level)

    net = controls.choice("slider", lambda panel: panel._table.by,
                          "The label of the net that is shown; set it to move the slider.")
    level = controls.level_of(lambda panel: f"{panel._table.by} {panel.net} has")

    def state(self) -> ScalingReading:
        """The numbers that are shown now."""
        return self._table.read(self.net, self.level)

    def _make_widgets(self):
        by, nets = self._table.by, self._table.nets
        net = controls.pick((by, by),
                        f"{by}: which of the nets is shown, from the smallest label to the largest",
                        [(str(label), label) for label in nets], "280px")
        self._levels = controls.levels(self._table.last[nets[0]])
        self.levels, self.level_field = self._levels.slider, self._levels.field
        net.observe(self._net_moved)
        self._make_box("scaling-panel", [net, self._levels], {})

    def _net_moved(self, change) -> None:
        """As many levels as this net has: a search may have ended early."""
        with self._quiet():
            self._levels.reach(self._table.last[self.net])

    def _draw(self) -> None:
        now, data = self.state(), self._table
        others = [data.lines[label][TICKET] for label in data.nets if label != now.net]
        equal = None if now.equal is None else 100 * now.equal
        arms = "".join(f", {drawing.arm_name(arm)} {100 * value:.1f} percent"
                       for arm, value in now.arms.items())
        same = "" if equal is None else f", a dense net of as many weights {equal:.1f} percent"
        self._show([
            scaling_svg.accuracy(
                list(data.lines[now.net].values()), others, data.dense,
                (now.weights, 100 * now.accuracy), equal,
                marks(*self._x_range[::-1]), self._x_range, self._y_range,
                f"Test accuracy over the weights remaining: {data.by} {now.net} with "
                f"{now.weights:,} weights {100 * now.accuracy:.1f} percent{arms}{same}"),
            svg.layer_bars([(layer, *counts) for layer, counts in now.kept.items()])])
        self.numbers.value = _numbers(now, data.by)


def _numbers(now: ScalingReading, by: str) -> str:
    accuracy = (f"test accuracy of the ticket <b>{100 * now.accuracy:.1f} %</b> "
                f"({100 * now.lowest:.1f} to {100 * now.highest:.1f})")
    accuracy += "".join(f", {escape(drawing.arm_name(arm))} {100 * value:.1f} %"
                        for arm, value in now.arms.items())
    accuracy += f", this net dense {100 * now.dense:.1f} %"
    if now.equal is None:
        same = f"no dense net here has as few as {now.weights:,} weights"
    else:
        names = " and ".join(escape(str(label)) for label in now.between)
        how = (f"{by} {names}" if len(now.between) == 1 else f"between {by} {names}, interpolated")
        same = (f"dense net of as many weights <b>{100 * now.equal:.1f} %</b> ({how}): difference "
                f"{base.points(now.accuracy - now.equal)}")
    place = (f"{escape(by)} {escape(str(now.net))}, level {now.level} of {now.last}: "
             f"<b>{now.weights:,} of {now.dense_weights:,} weights</b> · "
             f"{base.shares(now.density, now.removed)}")
    return base.rows(place, accuracy, same)
