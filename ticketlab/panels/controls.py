"""What a panel is moved with: a slider tied to a field, a choice, and the properties that set them.

Core ipywidgets only, versions 7.7.1 (Colab) and 8. ``base`` puts controls above the pictures.
"""

from contextlib import nullcontext

import ipywidgets

from ticketlab.basics import whole
from ticketlab.figures import drawing

WIDE = {"description_width": "initial"}  # as wide as the words are
GAP = "2px 12px 2px 2px"
BESIDE = "2px 14px 2px 2px"  # of a slider, whose handle would lie on what stands beside it
PICK = ipywidgets.SelectionSlider, ipywidgets.Dropdown
WHOLE = ipywidgets.IntSlider, ipywidgets.BoundedIntText
NUMBER = ipywidgets.FloatSlider, ipywidgets.BoundedFloatText


class Control:
    """A slider and a field beside it that stand at the same value.

    ipywidgets ties no name to a slider's handle; a screen reader says that of the field, and the
    arrow keys move it as well. kinds (``PICK``, ``WHOLE`` or ``NUMBER``), names, tips, widths: of
    the slider and of the field. snap: value -> the nearest at which the control may stand. ``row``: the
    slider, where it begins and ends in words, and the field.
    """

    def __init__(self, kinds, names, tips, widths, *, snap=lambda value: value, gap=GAP, **traits):
        self.slider, self.field = (
            kind(description=name, style=WIDE, **tip(words), **traits, **own)
            for kind, name, words, own in zip(kinds, names, tips, (
                {"readout": False, "layout": {"width": widths[0], "margin": BESIDE}},
                {"layout": {"width": widths[1], "margin": gap}}), strict=True))
        self._snap, self._listeners, self._ends = snap, [], ipywidgets.Label(layout={"margin": GAP})
        self.moving = nullcontext  # what each move happens in
        self.row = self.slider, self._ends, self.field
        self._name_ends()
        self.slider.observe(self._moved, names="value")
        self.field.observe(lambda change: setattr(self, "value", change.new), names="value")

    value = property(lambda self: self.slider.value,
                     lambda self, value: setattr(self.slider, "value", value))

    def observe(self, listener, names="value") -> None:
        """Call listener(change) whenever the control has come to stand at another value."""
        self._listeners.append(listener)

    def reach(self, last: int) -> None:
        """Let it end at ``last``; it goes there if it stands beyond."""
        self.slider.max = self.field.max = last
        self._name_ends()

    def go(self, what: str, value, owner: str) -> None:
        """Move a control of whole numbers; a ValueError says how many the owner has."""
        place = whole(value)
        if place not in range(self.slider.max + 1):
            raise ValueError(f"{what} is {value!r}; {owner} {what}s 0 to {self.slider.max}")
        self.value = place

    def _name_ends(self) -> None:
        options = getattr(self.slider, "options", None)
        first, last = ([options[place][0] for place in (0, -1)] if options else
                       [f"{end:g}" for end in (self.slider.min, self.slider.max)])
        self._ends.value = f"{first} to {last}"

    def _moved(self, change) -> None:
        at_rest = self._snap(change.new)
        with self.moving():
            if at_rest != change.new:  # typed between two steps, or counted in binary by a browser
                self.value = at_rest  # calls this method again
                return
            self.field.value = at_rest
            for listener in self._listeners:
                listener(change)


def pick(names, words: str, options, width: str, **traits) -> Control:
    """A slider through a few options, (name, value) each, and a dropdown of the same."""
    return Control(PICK, names, (words, words), (width, "max-content"), options=options, **traits)


def levels(last: int) -> Control:
    """The levels of a search."""
    words = "level: how many rounds of pruning went before, 0 is the dense network"
    return Control(WHOLE, ("level", "level"), (words, words), ("250px", "105px"), min=0, max=last)


def choice(name: str, what=None, doc: str | None = None) -> property:
    """A property: what stands in a dropdown, or in the slider of a ``pick`` that the panel has as
    the attribute ``name``; it may be set to one of the options. what: its name in an error, or
    panel -> that."""
    def widget(panel):
        return panel._choices[name] if name in panel._choices else getattr(panel, name)

    def choose(panel, value):
        options = [each[1] if isinstance(each, tuple) else each for each in widget(panel).options]
        called = what(panel) if callable(what) else what or name
        place = whole(value)  # to Python True and 1.0 would be 1, too
        drawing.choose(called, value if place is None else place, options)
        if place is None and all(whole(each) is not None for each in options):
            raise ValueError(f"{called} is {value!r}; give it as a whole number")
        widget(panel).value = value if place is None else place
    return property(lambda panel: widget(panel).value, choose, doc=doc)


def stepped(name: str, what: str, doc: str, scale: int = 1) -> property:
    """A property: where the ``Control`` of numbers stands that the panel has as the attribute ``name``.

    It may be set to one of its steps. what: its name in an error. scale: 100 where the control has
    percent and the property is a share.
    """
    def move(panel, value):
        slider, number = getattr(panel, name).slider, whole(value)
        ints = isinstance(slider, ipywidgets.IntSlider)
        at = scale * (value if number is None else number)
        steps = (at - slider.min) / slider.step
        if (not slider.min <= at <= slider.max + 1e-9 or abs(steps - round(steps)) > 1e-6
                or number is None and ints and scale == 1):  # to Python True and 1.0 would be 1, too
            raise ValueError(f"{what} is {value!r}; the slider goes from {slider.min / scale:g} to "
                             f"{slider.max / scale:g} in steps of {slider.step / scale:g}"
                             + ("; write 20 % as 0.2" if scale == 100 else ""))
        slider.value = round(at) if ints else at
    return property(lambda panel: getattr(panel, name).value / scale if scale > 1 else
                    getattr(panel, name).value, move, doc=doc)


def level_of(owner) -> property:
    """A property: where the panel's ``_levels`` stand. owner: panel -> whose levels those are, for
    the error, such as ``"the net has"``."""
    return property(lambda panel: panel._levels.value,
                    lambda panel, level: panel._levels.go("level", level, owner(panel)),
                    doc="The level that is shown, 0 is dense; set it to move its slider.")


def tip(words: str) -> dict[str, str]:
    """What a pointer that rests on a control shows: the trait's name differs in ipywidgets 7."""
    return {"tooltip" if "tooltip" in ipywidgets.FloatSlider.class_trait_names()
            else "description_tooltip": words}
