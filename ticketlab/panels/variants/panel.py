"""The panels of lesson 07: networks that are rotated, or trained under pressure, and then cut.

Everything is computed before a panel is shown; a move of a slider looks up and draws. Numbers are in
``table``, pictures in ``picture``. Lesson 07 builds on this file.
"""

from collections.abc import Mapping, Sequence
from html import escape

from ticketlab.landscape import place_of, rotate
from ticketlab.panels import accuracies, base, controls
from ticketlab.panels.variants import picture as variants_svg
from ticketlab.panels.variants.table import RATES, VariantReading, measure, read
from ticketlab.pruning import prunable
from ticketlab.stack import Stack

STEP = 15  # degrees between two angles
ANGLES = range(0, 361, STEP)


class _Variants(base.Panel):
    """Three controls: which group, which of its variants, and the rate of the cut."""

    _group, _setting, _unit, _step = "group", "setting", "", 1

    def _start(self, name: str, groups: Mapping[str, list], group: str | None, setting: int, rate: float):
        empty = [name for name, own in groups.items() if not own]
        if empty or not groups:
            which = f" of {empty[0]!r}" if empty else ""
            raise ValueError(f"there are no networks{which}; give at least one")
        self._groups = groups
        self._tops = {name: max(int(each.counts.max()) for each in own) for name, own in groups.items()}
        last = self._step * (max(map(len, groups.values())) - 1)
        words = (f"{self._setting}: which variant of the networks is shown"
                 f"{', in degrees' if self._unit else ''}, 0 is the first")
        self._settings = controls.Control(
            controls.WHOLE, (self._setting, self._setting), (words, words), ("330px", "130px"), min=0,
            max=last, step=self._step, snap=lambda value: round(value / self._step) * self._step)
        cut = "rate of the cut: the share of all weights, in percent, that one cut removes"
        self._rates = controls.Control(
            controls.WHOLE, ("cut (%)", "cut (%)"), (cut, cut), ("300px", "130px"), min=0,
            max=round(100 * RATES[-1]), step=5, snap=lambda value: round(value / 5) * 5)
        self.rates, self.rate_field = self._rates.slider, self._rates.field
        self._make_box(name, [self._settings, self._rates], {
            self._group: (list(groups), f"{self._group}: which networks are shown")})
        self._begin(**{self._group: next(iter(groups)) if group is None else group,
                       self._setting: setting, "rate": rate})

    def _moved(self, change=None) -> None:
        with self._quiet():  # as many variants as this group has
            self._settings.reach(self._step * (len(self._shown) - 1))
        super()._moved(change)

    rate = controls.stepped(
        "_rates", "rate", "The share of all weights that is cut; set it to move its slider.", 100)

    def state(self) -> VariantReading:
        """The numbers that are shown now."""
        return read(self._choices[self._group].value, self._shown, self._place, self._rung)

    _rung = property(lambda self: self._rates.value // 5)
    _place = property(lambda self: self._settings.value // self._step)
    _shown = property(lambda self: self._groups[self._choices[self._group].value])

    def _draw(self) -> None:
        now, own, first = self.state(), self._shown[self._place], self._shown[0]
        values = [100 * value for each in self._shown for value in (*each.low, *each.high)]
        percent = [(100 * each).tolist() for each in (own.mean, own.low, own.high)]
        self._show([
            variants_svg.histogram(
                own.edges.tolist(), own.counts.tolist(), float(own.thresholds[self._rung]),
                self._tops[now.group],
                f"Weights by value, {now.group}, {now.label}: {100 * now.zeros:.1f} percent are exactly "
                "zero"),
            variants_svg.accuracy(
                RATES, percent, (100 * first.mean).tolist(), self._rung, accuracies.percent_axis(values),
                (now.label, first.label),
                f"Test accuracy over the rate of one cut: {100 * now.accuracy:.1f} percent at "
                f"{100 * now.rate:.0f} percent, {first.label} {100 * now.reference:.1f} percent")])
        self.numbers.value = base.rows(
            f"{escape(now.group)}, <b>{escape(now.label)}</b>: exact zeros "
            f"<b>{100 * now.zeros:.1f} %</b> of the weights shown, nearly zero {100 * now.near:.1f} %; "
            f"accuracy uncut {100 * now.uncut:.1f} %",
            f"a cut of {100 * now.rate:.0f} % of all weights, no retraining: accuracy "
            f"<b>{100 * now.accuracy:.1f} %</b> ({100 * now.lowest:.1f} to {100 * now.highest:.1f}), "
            f"{escape(first.label)} cut alike {100 * now.reference:.1f} %")


class RotationPanel(_Variants):
    """A panel that turns hidden units from 0 to 360 degrees, and cuts the rotated network.

    networks: name -> (stack, a place of ``landscape.rotatable``, data); of each stack the first network
    is turned. Shown are the matrices that turn, the share of exact zeros in them, and the accuracy on
    ``answers`` labels of the test split after a cut of all prunable weights, without retraining. place,
    angle (degrees, a multiple of 15), rate (a multiple of 0.05): where the controls begin; all can be
    set later. ``panel.state()`` gives the numbers shown. Raises ValueError for what does not fit.
    Lesson 07.
    """

    _says = "rotation panel: sliders for the angle and for the rate of a cut"
    _group, _setting, _unit, _step = "place", "angle", "degrees", STEP

    def __init__(self, networks: Mapping[str, tuple[Stack, str, object]], *, place: str | None = None,
                 angle: int = 0, rate: float = 0.0, answers: int = 500):
        groups = {}
        for name, (stack, where, data) in networks.items():
            turned = [rotate(stack[0], where, degrees, knowing=True) for degrees in ANGLES]
            groups[name] = measure([f"{degrees}°" for degrees in ANGLES], turned,
                                   place_of(stack.net, where).weights, data, answers)
        self._start("rotation-panel", groups, place, angle, rate)

    place = controls.choice("place", doc="Where units turn; set it to see another place.")
    angle = controls.stepped("_settings", "angle", "The angle in degrees; set it to move its slider.")


class PressurePanel(_Variants):
    """A panel that goes through pressures and their strengths, and cuts what was trained under them.

    networks: pressure -> label -> a trained stack, from none to strong. strength: a place among the
    labels, 0 the first. rate: a multiple of 0.05. Accuracies are means over replicates, on the test
    split, without retraining. Raises ValueError for what does not fit. Lesson 07.
    """

    _says = "pressure panel: sliders for the strength and for the rate of a cut"
    _group, _setting = "pressure", "strength"

    def __init__(self, networks: Mapping[str, Mapping[str, Stack]], data, *,
                 pressure: str | None = None, strength: int = 0, rate: float = 0.0):
        self._start("pressure-panel", {
            name: own and measure(list(own), list(own.values()), _names(own.values()), data)
            for name, own in networks.items()}, pressure, strength, rate)

    pressure = controls.choice("pressure", doc="The pressure that is shown; set it to see another.")
    strength = controls.stepped("_settings", "strength",
                                "The place of the strength among those of this pressure, 0 the first.")


def _names(stacks: Sequence[Stack]) -> list[str]:
    return list(prunable(next(iter(stacks)).net))
