"""The controls of the kernels panel."""

from ticketlab import figures
from ticketlab.panels import base, controls
from ticketlab.panels.kernels import picture
from ticketlab.panels.kernels.table import KERNELS, WEIGHTS, KernelsReading, KernelsTable

LAST = 99  # percent


class KernelsPanel(base.Panel):
    """A panel that greys out what magnitude would remove of some kernels.

    kernels: [K, C, h, w], of a stack one replicate's ``kernels.of_layer``. r2: of their fits, [K],
    if the medians of what stays and of what goes are to be shown. rate: 0 to 0.99 in steps of 0.01.
    what: ``"weights"`` goes by each weight's magnitude, ``"whole kernels"`` by the kernel's mean
    square. Both can be set later (``panel.rate = 0.9``). ``panel.state()`` gives the numbers shown.
    Raises ValueError for whatever does not fit. Lesson 09 builds on it.
    """

    _says = "kernels panel: a slider for the prune rate, and what goes"

    def __init__(self, kernels, r2=None, *, rate: float = 0.5, what: str = WEIGHTS):
        self._table = KernelsTable(kernels, r2)
        self._rates = controls.Control(
            controls.WHOLE, ("prune rate (%)", "rate (%)"),
            ("prune rate: the share that is removed, in percent",
             "prune rate in percent, as a number; the arrow keys move it"), ("340px", "130px"),
            min=0, max=LAST)
        self._make_box("kernels-panel", [self._rates], {
            "what": ([WEIGHTS, KERNELS], "what goes: single weights, or whole kernels")})
        self._begin(what=what, rate=rate)

    what = controls.choice("what")
    rate = controls.stepped("_rates", "rate", "The share that is removed; set it to move its slider.",
                            100)

    def state(self) -> KernelsReading:
        """The numbers that are shown now."""
        return self._table.read(self.rate, self.what)

    def _draw(self) -> None:
        now = self.state()
        words = (f"{len(self._table.kernels)} kernels as images; {now.kept} of {now.weights} weights "
                 f"remain, "
                 f"{now.gone} kernels are gone")
        self._show([picture.grid(
            figures.mosaic(self._table.kernels, kept=self._table.kept(self.rate, self.what)), words)])
        medians = [f"median R² of {name} {value:.2f}" for name, value in (
            ("what keeps more than its share", now.r2_kept), ("the others", now.r2_gone))
            if value is not None]
        self.numbers.value = base.rows(
            f"<b>{base.shares(now.density, now.rate)}</b> · {now.kept:,} of {now.weights:,} weights kept",
            f"kernels: {now.whole} whole, {now.thinned} with some weights gone, {now.gone} gone",
            " · ".join(medians))
