"""What the panels and the guess share: controls, errors, lines, and how they are stored.

Core ipywidgets only, versions 7.7.1 (Colab) and 8. Callbacks only assign traits: they print and
display nothing, so a cell's outputs never depend on who moved what. Stored notebooks hold a
picture in place of the widget, because a widget shows nothing where no kernel runs.
"""

import base64
import io
import os
import re
import tempfile
from contextlib import ExitStack, contextmanager
from html import escape, unescape
from itertools import count
from pathlib import Path

import ipywidgets
from matplotlib.figure import Figure

from ticketlab.basics import whole
from ticketlab.figures import drawing
from ticketlab.nets import reach
from ticketlab.panels import page, svg
from ticketlab.pruning import describe

VIEW = "application/vnd.jupyter.widget-view+json"
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
        if at_rest != change.new:  # typed between two steps, or counted in binary by a browser
            self.value = at_rest  # calls this method again
        else:
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


def choice(name: str, what: str | None = None, doc: str | None = None) -> property:
    """A property: what stands in a dropdown, or in the slider of a ``pick`` that the panel has as
    the attribute ``name``; it may be set to one of the options."""
    def widget(panel):
        return panel._choices[name] if name in panel._choices else getattr(panel, name)

    def choose(panel, value):
        options = [each[1] if isinstance(each, tuple) else each for each in widget(panel).options]
        if all(whole(each) is not None for each in options):
            place = whole(value)  # to Python True and 1.0 would be 1, too
            drawing.choose(what or name, value if place is None else place, options)
            if place is None:
                raise ValueError(f"{what or name} is {value!r}; give it as a whole number")
            value = place
        else:
            drawing.choose(what or name, value, options)
        widget(panel).value = value
    return property(lambda panel: widget(panel).value, choose, doc=doc)


def number(name: str, doc: str) -> property:
    """A property: what stands in the dropdown ``name`` of the whole numbers from 0 on."""
    def choose(panel, value):
        last, place = len(panel._choices[name].options) - 1, whole(value)
        if place not in range(last + 1):
            raise ValueError(f"{name} is {value!r}; it must be a whole number from 0 to {last}")
        panel._choices[name].value = place
    return property(lambda panel: panel._choices[name].value, choose, doc=doc)


def level_of(owner) -> property:
    """A property: where the panel's ``_levels`` stand. owner: panel -> whose levels those are, for
    the error, such as ``"the net has"``."""
    return property(lambda panel: panel._levels.value,
                    lambda panel, level: panel._levels.go("level", level, owner(panel)),
                    doc="The level that is shown, 0 is dense; set it to move its slider.")


class Panel:
    """Controls above a line of numbers and pictures. ``box`` is the widget.

    A panel makes its controls, ``_begin``s, and has a ``_draw`` that looks up and shows. It has a
    ``figure`` (itself as it stands, in matplotlib) and a constant ``repr``, because the regression
    test of the notebooks compares it.
    """

    _still = False  # while True, moves are not drawn

    def _make_box(self, name: str, controls, choices: dict) -> None:
        """controls: ``Control``s. choices: name -> (options, what they are) of each dropdown."""
        self._name = name
        self._choices = {
            name: ipywidgets.Dropdown(description=name, options=options, style=WIDE,
                                      layout={"width": "max-content", "margin": GAP}, **tip(words))
            for name, (options, words) in choices.items()}
        self.numbers, self.picture = ipywidgets.HTML(), ipywidgets.HTML()
        self.numbers.add_class("ticketlab-numbers")
        button = ipywidgets.Button(description="save picture", layout={"width": "max-content"}, **tip(
            "save picture: write it as an SVG file beside the notebook"))
        self._saved = ipywidgets.Label()
        button.on_click(self._keep)
        row = ipywidgets.HBox([each for control in controls for each in control.row]
                              + [*self._choices.values()], layout={"flex_flow": "row wrap"})
        self.box = ipywidgets.VBox([row, self.numbers, self.picture,
                                    ipywidgets.HBox([button, self._saved])])
        self.box.add_class(f"ticketlab-{name}")
        self._id = self.box.model_id  # of which a closed one has none
        self.controls = [*controls, *self._choices.values()]
        for control in self.controls:
            control.observe(self._moved, names="value")

    def _begin(self, **where) -> None:
        """Draw when all controls stand where they begin; what does not fit is raised."""
        with self._quiet():
            for name, value in where.items():
                setattr(self, name, value)
        self._draw()

    @contextmanager
    def _quiet(self):
        """What a control passes through on its way is not drawn."""
        still, self._still = self._still, True
        try:
            yield
        finally:
            self._still = still

    def settle(self) -> None:
        """Compute what is shown while a slider moves only roughly; most panels look up everything."""

    @contextmanager
    def recording(self):
        """While it lasts, the controls move nothing; what it yields gives the numbers and the pictures
        where they stand, in HTML. Then the panel shows again where it stands."""
        def shown() -> tuple[str, str]:
            self.settle()
            self._draw()
            # a name that differs from kernel to kernel would give other pages
            return self.numbers.value, self.picture.value.replace(self._id, "here")

        with ExitStack() as held:  # a browser that shows the panel is not told of all this
            for widget in (self.numbers, self.picture, *self.box.children[0].children):
                held.enter_context(widget.hold_sync())
            try:
                with self._quiet():
                    yield shown
            finally:
                self._draw()

    def save(self, path, *, title: str | None = None, positions: int = page.POSITIONS):
        """Write the panel as one HTML file that works without a kernel and without a network; gives
        where it lies. See ``panels.page.save``; ``save("prune.html")`` is all that is needed."""
        return page.save(self, path, title=title, positions=positions)

    def _moved(self, change=None) -> None:
        if not self._still:
            self._attempt(self._draw)

    def _attempt(self, action) -> None:
        """An error in a callback would vanish in a log, so it is shown where the numbers stand;
        ``state`` raises it to whoever asks."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a callback must never raise into the loop
            self.numbers.value = f"<b>{type(error).__name__}</b>: {escape(str(error))}"

    def _show(self, pictures) -> None:
        self.picture.value = svg.side_by_side(pictures)

    def words(self) -> str:
        """What the pictures show, for those who cannot see them."""
        return "; ".join(map(unescape, re.findall('aria-label="([^"]*)"', self.picture.value)))

    def save_figure(self, path=None) -> Path:
        """Write the panel as it stands as a figure; gives where it lies.

        path: its ending says the format, such as .svg, .png or .pdf; by default the panel's name with
        the next free number, .svg, in the present folder. The file is complete or not there.
        """
        if path is None:
            path = next(free for number in count(1)
                        if not (free := Path(f"{self._name}-{number}.svg")).exists())
        path = Path(path).expanduser().resolve()
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as unfinished:
            whole = Path(unfinished, path.name)
            self.figure().savefig(whole)
            os.replace(whole, path)
        return path

    def _keep(self, button) -> None:
        try:
            self._saved.value = f"saved as {self.save_figure()}"
        except Exception as error:  # noqa: BLE001 - as in _attempt
            self._saved.value = f"not saved: {error}"

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        file = io.BytesIO()
        self.figure().savefig(file, format="png", dpi=80)
        picture = base64.b64encode(file.getvalue()).decode("ascii")
        bundle = {"text/plain": repr(self), "image/png": picture} | view(self.box)
        return chosen(bundle, include, exclude), {"image/png": {"alt": self.words()}}


def figure_of(width: float, words: str) -> Figure:
    """An empty figure for a panel as it stands, 3.1 inches high, with a line of words above."""
    figure = Figure(figsize=(width, 3.1), layout="constrained")
    figure.suptitle(words, fontsize="medium")
    return figure


def finish(ax, **options) -> None:
    """What every plot of such a figure ends with: no idle spines, and a small legend."""
    drawing.finish(ax, True, **({"fontsize": "x-small", "handlelength": 1.5} | options))


def rows(*lines: str) -> str:
    """The lines of numbers, in HTML."""
    return "".join(f"<div>{line}</div>" for line in lines)


def shares(density: float, removed: float) -> str:
    """What remains and what was removed, in a line of numbers."""
    return describe(density, removed).replace(", ", " · ")


def points(difference: float) -> str:
    """A difference of two shares in points, with its sign, which a zero has not."""
    words = f"{100 * difference:+.1f} points"
    return words[1:] if words[1:].startswith("0.0 ") else words


def unpruned(net) -> list[str]:
    """A line of numbers on matrices and kernels that no density counts, if the net has any."""
    return [f"not counted: {escape(words)}"] if (words := reach(net)) else []


def spread(replicates: int, lowest: float, highest: float, own: str = "") -> str:
    """The range behind a mean, in percent; nothing for a single network."""
    return (f" (mean of {replicates} replicates, {100 * lowest:.1f} to {100 * highest:.1f}{own})"
            if replicates > 1 else "")


def view(box) -> dict:
    """A widget's view, for a MIME bundle; nothing once it was closed.

    Written out here because widgets of ipywidgets 7 have no ``_repr_mimebundle_`` of their own."""
    return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": box.model_id}} \
        if box.comm else {}


def chosen(bundle: dict, include, exclude) -> dict:
    """The representations that were asked for, as IPython's ``_repr_mimebundle_`` defines it."""
    return {kind: value for kind, value in bundle.items()
            if (not include or kind in include) and kind not in (exclude or ())}


def tip(words: str) -> dict[str, str]:
    """What a pointer that rests on a control shows: the trait's name differs in ipywidgets 7."""
    return {"tooltip" if "tooltip" in ipywidgets.FloatSlider.class_trait_names()
            else "description_tooltip": words}
