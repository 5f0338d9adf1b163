"""The guess with which every lesson begins, and how a widget stands in a stored notebook.

``ticketlab.panels.guess`` is the one to call. Stored notebooks hold text or a picture in place of
a widget, because a widget shows nothing where no kernel runs. Lessons 01-06 build on this file.
"""

from decimal import Decimal
from html import escape

import ipywidgets

VIEW = "application/vnd.jupyter.widget-view+json"


class Guess:
    """What ``guess`` makes: ``value`` is the learner's guess, ``box`` the widget."""

    def __init__(self, question, low, high, step, unit, value):
        self.question, self.unit = question, unit
        name = f"your guess ({unit})" if unit else "your guess"
        wide = {"description_width": "initial"}
        self.slider = ipywidgets.FloatSlider(
            value, min=low, max=high, step=step, description=name, readout=False, style=wide,
            layout={"width": "420px"}, **tip(f"{name}: {question}"))
        # as in the prune panel: what a screen reader can name
        self.field = ipywidgets.BoundedFloatText(
            value, min=low, max=high, step=step, style=wide, layout={"width": "150px"},
            description=name.removeprefix("your "), **tip(f"{name}, as a number: {question}"))
        # browsers count steps in binary and say 0.30000000000000004
        self._digits = max(0, -Decimal(str(step)).as_tuple().exponent)
        for mover, follower in ((self.slider, self.field), (self.field, self.slider)):
            mover.observe(lambda change, follower=follower: setattr(
                follower, "value", round(change.new, self._digits)), names="value")
        words = ipywidgets.HTML(f"<b>{escape(question)}</b>")
        self.box = ipywidgets.VBox([words, ipywidgets.HBox([self.slider, self.field])])
        self.box.add_class("ticketlab-guess")

    @property
    def value(self) -> float:
        """Where the slider stands."""
        return round(self.slider.value, self._digits)

    def __repr__(self) -> str:
        return f"{self.question}\nyour guess: {self.value:g} {self.unit}".rstrip()

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        question, answer = (escape(line) for line in repr(self).rsplit("\n", 1))
        words = {"text/plain": repr(self), "text/html": f"<p><b>{question}</b><br>{answer}</p>"}
        return chosen(words | view(self.box), include, exclude)


def guess(question: str, *, low: float, high: float, step: float, unit: str = "",
          value: float | None = None) -> Guess:
    """A slider under a question, for the learner to commit a guess before anything is measured.

    low, high, step: of the slider, in ``unit``. value: where it begins, by default in the middle.
    ``.value`` is the guess. Raises ValueError for an empty range or a value outside it.
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


def view(box) -> dict:
    """A widget's view, for a MIME bundle; nothing once it was closed.

    Written out here because widgets of ipywidgets 7 have no ``_repr_mimebundle_`` of their own."""
    return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": box.model_id}} \
        if box.model_id else {}


def chosen(bundle: dict, include, exclude) -> dict:
    """The representations that were asked for, as IPython's ``_repr_mimebundle_`` defines it."""
    return {kind: value for kind, value in bundle.items()
            if (not include or kind in include) and kind not in (exclude or ())}


def tip(words: str) -> dict[str, str]:
    """What a pointer that rests on a control shows: the trait's name differs in ipywidgets 7."""
    return {"tooltip" if "tooltip" in ipywidgets.FloatSlider.class_trait_names()
            else "description_tooltip": words}
