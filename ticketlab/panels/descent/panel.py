"""The descent panel: errors and the fitted function, while a slider moves through the widths.

Everything is computed before the panel is shown; a move looks up and draws. Its numbers are in
``table``, its pictures in ``picture``. Lesson 06 builds on it.
"""

from ticketlab.figures import STYLES, noise_name, width_marks
from ticketlab.panels import base, controls
from ticketlab.panels.descent import picture as descent_svg
from ticketlab.panels.descent.table import DescentReading, DescentTable
from ticketlab.scaling import Widths


class DescentPanel(base.Panel):
    """A panel that goes through the widths of a sweep: errors, and the function that a network of
    this width has fitted, on a way from one training signal to another through a mislabelled one.

    sweep: what ``double_descent.sweep`` gave, of signals, with a share of wrong labels. width,
    noise, signal, replicate: where the controls begin, and can be set later (``panel.width = 48``);
    by default the narrowest width and the largest share. signal: number of the mislabelled training
    signal in the middle of the way, 0 to ``signals`` - 1. replicate: the network whose function is
    drawn. ``panel.state()`` gives the numbers shown. Raises ValueError for a sweep without wrong
    labels or of other inputs than signals, and for whatever does not fit. Lesson 06 builds on it.
    """

    _says = "descent panel: sliders for width, labels, signal and replicate"

    def __init__(self, sweep: Widths, *, width: int | None = None, noise: float | None = None,
                 signal: int = 0, replicate: int = 0, signals: int = 8):
        if len(sweep.data[0].shape) != 1:
            raise ValueError(f"the examples have the shape {sweep.data[0].shape}; this panel draws "
                             "signals, of shape (length,), such as those of mnist1d")
        self._table = DescentTable(sweep, signals)
        if len(self._table.noises) > len(STYLES):
            raise ValueError(f"the sweep has {len(self._table.noises)} shares of wrong labels; the "
                             f"panel shows {len(STYLES)} at most")
        self._colors = {noise: color for (color, _), noise in
                        zip(STYLES, self._table.noises, strict=False)}
        self._make_widgets()
        self._begin(width=self._table.widths[0] if width is None else width,
                    noise=self._table.noises[-1] if noise is None else noise,
                    signal=signal, replicate=replicate)

    width = controls.choice("slider", "width", "The width that is shown; set it to move the slider.")
    noise = controls.choice("labels", "noise")
    signal = controls.choice("signal", doc="The mislabelled training signal in the middle of the way.")
    replicate = controls.choice("replicate", doc="The network whose function is drawn.")

    def state(self) -> DescentReading:
        """The numbers that are shown now."""
        return self._table.read(self.noise, self.width, self.replicate, self.signal)

    def _make_widgets(self):
        control = controls.pick(("width", "units"), "width: the number of units in each hidden layer",
                            [(f"{width:,}", width) for width in self._table.widths], "300px")
        self._make_box("descent-panel", [control], {
            "labels": ([(noise_name(noise), noise) for noise in self._table.noises],
                       "labels: the share of wrong labels that the networks were trained with"),
            "signal": (range(len(self._table.ways)),
                       "signal: which mislabelled training signal the way goes through"),
            "replicate": (range(self._table.replicates),
                          "replicate: the network whose function is drawn")})

    def _draw(self) -> None:
        now, data = self.state(), self._table
        way, own = data.ways[self.signal], data.answers[now.noise, now.width, self.replicate,
                                                        self.signal]
        curves = [(self._colors[noise], "" if split == "test" else "5 3", noise == now.noise, each)
                  for (noise, split), each in data.errors.items()]
        self._show([
            descent_svg.errors(
                data.widths, curves, now.width, data.thresholds[now.noise],
                [(self._colors[noise], noise_name(noise)) for noise in data.noises],
                width_marks(data.widths), data.top, f"Errors over the width, with "
                f"{noise_name(now.noise)}: at width {now.width} test error {100 * now.test:.1f} "
                f"percent and training error {100 * now.train:.1f} percent"),
            descent_svg.answers(
                own.right, own.wrong, (f"class {way.right} (right)", f"class {way.wrong} (wrong)"),
                now.noise > 0, f"What the network of width {now.width} answers from signal A "
                f"through signal B to signal C: class {now.said} at B; the answer changes "
                f"{now.changes} times, and is right on {100 * now.share_right:.0f} percent of the "
                "way"),
            descent_svg.signals(
                way.signals.tolist(), f"training signals of class {way.right}",
                f"Three training signals of class {way.right}; signal B is the one with the wrong "
                f"label {way.wrong}")])
        self.numbers.value = _numbers(now, self.replicate, self._table.replicates)


def _numbers(now: DescentReading, replicate: int, replicates: int) -> str:
    range_ = base.spread(replicates, now.lowest, now.highest,
                         f"; replicate {replicate}: {100 * now.own_test:.1f}")
    fits = ("at or above the width that fits all labels" if now.fits else
            "below the width that fits all labels")
    return base.rows(
        (f"width {now.width:,} ({now.parameters:,} parameters), {noise_name(now.noise)}: "
         f"test error <b>{100 * now.test:.1f} %</b>{range_}, training error "
         f"<b>{100 * now.train:.1f} %</b>, {fits}"),
        (f"signal B has the class {now.right}"
         f"{f' and the wrong label {now.wrong}' if now.noise else ''}: replicate {replicate} "
         f"answers <b>{now.said}</b>. On the way from A to C its answer changes "
         f"<b>{now.changes} times</b> (mean of all signals and replicates: "
         f"{now.mean_changes:.1f}), and is right on {100 * now.share_right:.0f} %"))
