"""The guess with which every lesson begins, and how a widget stands in a stored notebook.

``ticketlab.panels.guess`` is the one to call. Stored notebooks hold text or a picture in place of
a widget, because a widget shows nothing where no kernel runs. Lessons 01-06 build on this file.
"""

import math
from decimal import Decimal
from html import escape

import ipywidgets

from ticketlab.panels.base import chosen, view
from ticketlab.panels.controls import NUMBER, Control

_MOVED = {}  # question -> the guess, of those that were moved in this kernel


class Guess:
    """What ``guess`` makes: ``value`` is the learner's guess, ``box`` the widget."""

    def __init__(self, question, low, high, step, unit, value):
        self.question, self.unit = question, unit
        name = f"your guess ({unit})" if unit else "your guess"
        # browsers count steps in binary and say 0.30000000000000004
        digits = max(0, -Decimal(str(step)).as_tuple().exponent)
        self._control = Control(
            NUMBER, (name, name.removeprefix("your ")),
            (f"{name}: {question}", f"{name}, as a number: {question}"), ("420px", "150px"),
            snap=lambda value: round(value, digits), gap=None,
            value=round(value, digits), min=low, max=high, step=step)
        self.slider, self.field = self._control.slider, self._control.field
        self._key = (question, low, high, step, unit)
        if self._key in _MOVED:  # the cell was run again
            self._control.value = _MOVED[self._key]
        self._control.observe(lambda change: _MOVED.update({self._key: self._control.value}))
        words = ipywidgets.HTML(f"<b>{escape(question)}</b>")
        self.box = ipywidgets.VBox([words, ipywidgets.HBox(self._control.row)])
        self.box.add_class("ticketlab-guess")

    @property
    def value(self) -> float:
        """Where the slider was moved to; nan as long as nobody has moved it."""
        return _MOVED.get(self._key, math.nan)

    def __repr__(self) -> str:
        said = "no guess yet" if math.isnan(self.value) else f"your guess: {self.value:g} {self.unit}"
        return f"{self.question}\n{said}".rstrip()

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        question, answer = (escape(line) for line in repr(self).rsplit("\n", 1))
        words = {"text/plain": repr(self), "text/html": f"<p><b>{question}</b><br>{answer}</p>"}
        return chosen(words | view(self.box), include, exclude), {}


def guess(question: str, *, low: float, high: float, step: float, unit: str = "",
          value: float | None = None) -> Guess:
    """A slider under a question, for the learner to commit a guess before anything is measured.

    low, high, step: of the slider, in ``unit``. value: where it begins, by default in the middle.
    ``.value`` is the guess: nan until the slider is moved, since where it begins is nobody's. It
    outlives a second run of its cell. Raises ValueError for an empty range or a value outside it.
    Every lesson begins with one.
    """
    if not low < high or not 0 < step <= high - low:
        raise ValueError(f"low is {low}, high is {high} and step is {step}; low must be below high, "
                         "and the step above 0 and no longer than the range")
    if value is None:
        value = low + round((high - low) / 2 / step) * step
    if not low <= value <= high:
        raise ValueError(f"value is {value}; it must lie on the slider, from {low} to {high}")
    return Guess(question, low, high, step, unit, value)
