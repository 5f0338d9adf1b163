"""A panel at each position of its controls: what a saved page can show.

The controls are moved as a learner would move them, choices first, since they decide how far a
slider reaches; then the panel draws, and what it shows is kept. Afterwards it stands as before.
"""

from itertools import product
from math import prod
from typing import NamedTuple

POSITIONS = 51  # of one slider at most: finer is not seen on a page, and each is a picture
FRAMES = 20_000  # a page of more takes minutes to make


class TooManyPictures(ValueError):
    """A page of all these positions would take minutes to make."""


class Stop(NamedTuple):
    """A control of a saved page: its name, what it is in words, whether it has a slider, the words at
    each position, the numbers there (None where they are words), and where it stands."""

    name: str
    words: str
    slider: bool
    labels: list[str]
    values: list[float] | None
    start: int


class Walk(NamedTuple):
    """The controls of a panel; what it shows at each of their positions, the last control moving
    quickest (its lines of numbers and its pictures in HTML, or None beyond the reach of a slider);
    and which sliders have fewer positions than in the notebook."""

    stops: list[Stop]
    frames: list[tuple[str, str] | None]
    coarser: list[str]


def walk(panel, positions: int = POSITIONS) -> Walk:
    """What a panel shows at each position of its controls, ``positions`` of a slider at most.

    Raises TooManyPictures, a ValueError, where that are more than FRAMES.
    """
    choices, sliders = [], []
    for control in panel.controls:
        axis = _Axis(control, positions)
        (choices if axis.chosen else sliders).append(axis)
    axes = choices + sliders
    start = [axis.control.value for axis in axes]
    with panel.recording() as shown:
        try:
            _reach(choices, sliders)
            count = prod(len(axis.values) for axis in axes)
            if count > FRAMES:
                raise TooManyPictures(
                    f"this panel would be {count:,} pictures ("
                    + ", ".join(f"{len(axis.values)} of {axis.widget.description}" for axis in axes)
                    + f"); a page holds {FRAMES:,}. Make a panel of fewer networks, scores or "
                      f"replicates, or save with fewer positions than {positions} a slider")
            frames = []
            for place in product(*(range(len(axis.values)) for axis in axes)):
                reached = [axis.go(index) for axis, index in zip(axes, place, strict=True)]
                frames.append(shown() if all(reached) else None)
        finally:
            for axis, value in zip(axes, start, strict=True):
                axis.control.value = value
    return Walk([axis.stop(value) for axis, value in zip(axes, start, strict=True)], frames,
                [axis.widget.description for axis in axes if axis.coarser])


def _reach(choices, sliders) -> None:
    """Where a choice decides how far a slider goes, its positions are those of the longest way."""
    last = [axis.widget.max for axis in sliders]
    for place in product(*(range(len(axis.values)) for axis in choices)):
        for axis, index in zip(choices, place, strict=True):
            axis.go(index)
        last = [max(far, axis.widget.max) for far, axis in zip(last, sliders, strict=True)]
    for axis, far in zip(sliders, last, strict=True):
        axis.fill(far)


class _Axis:
    """The positions of one control of a panel: a dropdown, or a slider with a field."""

    def __init__(self, control, positions: int):
        self.control, self._most = control, positions
        self.slider = hasattr(control, "slider")
        self.widget = control.slider if self.slider else control
        self.chosen = hasattr(self.widget, "options")  # a dropdown, or a slider through a few options
        self.coarser, self._here = False, control.value
        if self.chosen:
            pairs = [each if isinstance(each, tuple) else (str(each), each)
                     for each in self.widget.options]
            self.labels = [str(label) for label, _ in pairs]
            self.values = [value for _, value in pairs]

    def fill(self, last) -> None:
        """Every n-th position up to the last, the last, and the one at which the panel stands."""
        first, step = self.widget.min, self.widget.step
        count = round((last - first) / step)
        every = max(1, -(-count // (self._most - 1)))
        here = round((self._here - first) / step)
        places = sorted({*range(0, count + 1, every), count, here})
        self.values = [type(self._here)(round(first + place * step, 9)) for place in places]
        self.labels, self.coarser = [f"{value:g}" for value in self.values], every > 1

    def go(self, index: int) -> bool:
        """Move the control; False where it does not reach so far."""
        if not self.chosen and self.values[index] > self.widget.max:
            return False
        self.control.value = self.values[index]
        return True

    def stop(self, value) -> Stop:
        words = getattr(self.widget, "tooltip", None) or getattr(
            self.widget, "description_tooltip", None) or self.widget.description
        return Stop(self.widget.description, words, self.slider, self.labels,
                    None if self.chosen else self.values, self.values.index(value))
