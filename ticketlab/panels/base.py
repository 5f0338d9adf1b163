"""What the panels and the guess share: errors, lines, and how they are stored.

Core ipywidgets only, versions 7.7.1 (Colab) and 8. Callbacks only assign traits: they print and
display nothing, so a cell's outputs never depend on who moved what. Stored notebooks hold a
picture in place of the widget, because a widget shows nothing where no kernel runs.
"""

import base64
import io
import re
from contextlib import ExitStack, contextmanager
from html import escape, unescape
from itertools import count
from pathlib import Path

import ipywidgets
from PIL import Image

from ticketlab.basics import whole_file
from ticketlab.nets import reach
from ticketlab.panels import page, painting, svg
from ticketlab.panels.controls import GAP, WIDE, tip
from ticketlab.pruning import describe

DOTS = 120  # an inch, of what a notebook stores
VIEW = "application/vnd.jupyter.widget-view+json"


class Panel:
    """Controls above a line of numbers and pictures. ``box`` is the widget.

    A panel makes its controls, ``_begin``s, and has a ``_draw`` that looks up and shows. Its ``repr``,
    ``_says``, is constant, because the regression test of the notebooks compares it.
    """

    _says = "panel"
    _still = False  # while True, moves are not drawn
    _pictures_shown = ()

    def _make_box(self, name: str, controls, choices: dict) -> None:
        """controls: ``Control``s. choices: name -> (options, what they are) of each dropdown."""
        self._name, self._main = name, next(iter(controls), None)
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
        for control in controls:
            control.moving = self._picture_first

    slider = property(lambda self: self._main.slider, doc="Of the first control.")
    field = property(lambda self: self._main.field, doc="Beside the first slider.")

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

    @contextmanager
    def _picture_first(self):
        """A browser is told of the controls when the move is over: it would lay out and paint the page
        for each of them, and the picture, which the learner waits for, would come behind."""
        with ExitStack() as held:
            for widget in self.box.children[0].children:
                held.enter_context(widget.hold_sync())
            yield

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

        with self._picture_first(), ExitStack() as held:
            for widget in (self.numbers, self.picture):  # a browser is not told of all this
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
        self._pictures_shown = pictures
        self.picture.value = svg.side_by_side(pictures)

    def words(self) -> str:
        """What the pictures show, for those who cannot see them."""
        return "; ".join(map(unescape, re.findall('aria-label="([^"]*)"', self.picture.value)))

    def figure(self):
        """The panel as it stands now, as a matplotlib figure in the size of its pictures."""
        self.settle()
        self._draw()  # raises what a callback would only have shown
        lines = re.sub("<[^>]*>", "", self.numbers.value.replace("</div>", "\n")).splitlines()
        return painting.paint(self._pictures_shown, [unescape(line) for line in lines])

    def save_figure(self, path=None) -> Path:
        """Write the panel as it stands as a figure; gives where it lies.

        path: its ending says the format, such as .svg, .png or .pdf; by default the panel's name with
        the next free number, .svg, in the present folder. The file is complete or not there.
        """
        if path is None:
            path = next(free for number in count(1)
                        if not (free := Path(f"{self._name}-{number}.svg")).exists())
        path = Path(path).expanduser().resolve()
        with whole_file(path) as place:
            self.figure().savefig(place)
        return path

    def _keep(self, button) -> None:
        try:
            self._saved.value = f"saved as {self.save_figure()}"
        except Exception as error:  # noqa: BLE001 - as in _attempt
            self._saved.value = f"not saved: {error}"

    def __repr__(self) -> str:
        return self._says

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        bundle = chosen({"text/plain": repr(self), "image/png": ""} | view(self.box), include, exclude)
        if "image/png" in bundle:  # which takes the time of some hundred moves
            file, small = io.BytesIO(), io.BytesIO()
            self.figure().savefig(file, format="png", dpi=DOTS)
            # some hundred colours say all, in a third of the bytes
            Image.open(file).convert("RGB").quantize(256).save(small, format="png", optimize=True)
            bundle["image/png"] = base64.b64encode(small.getvalue()).decode("ascii")
        return bundle, {"image/png": {"alt": self.words()}}


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
