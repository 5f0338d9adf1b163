"""What the panels of lessons 03 and 04 share: controls, errors, and how they are stored.

Core ipywidgets only, versions 7.7.1 (Colab) and 8. Callbacks only assign traits: they print and
display nothing, so a cell's outputs never depend on who moved what. Stored notebooks hold a
picture in place of the widget, because a widget shows nothing where no kernel runs.
"""

import base64
import io
from html import escape

import ipywidgets

from ticketlab.figures import drawing
from ticketlab.panels.guesses import chosen, tip, view

WIDE = {"description_width": "initial"}  # as wide as the words are
GAP = "2px 12px 2px 2px"


class Panel:
    """Controls above a line of numbers and pictures. ``box`` is the widget.

    A panel has a ``figure`` (itself as it stands, in matplotlib) and a constant ``repr``, because
    the regression test of the notebooks compares it.
    """

    def _make_box(self, name: str, controls, choices: dict) -> None:
        """choices: name -> (options, what they are) of each dropdown."""
        self._choices = {
            name: ipywidgets.Dropdown(description=name, options=options, style=WIDE,
                                      layout={"width": "max-content", "margin": GAP}, **tip(words))
            for name, (options, words) in choices.items()}
        self.numbers, self.picture = ipywidgets.HTML(), ipywidgets.HTML()
        self.numbers.add_class("ticketlab-numbers")
        row = ipywidgets.HBox([*controls, *self._choices.values()],
                              layout={"flex_flow": "row wrap"})
        self.box = ipywidgets.VBox([row, self.numbers, self.picture])
        self.box.add_class(f"ticketlab-{name}")

    def _choose(self, what: str, value, allowed) -> None:
        drawing.choose(what, value, allowed)
        self._choices[what].value = value

    def _attempt(self, action) -> None:
        """An error in a callback would vanish in a log, so it is shown where the numbers stand;
        ``state`` raises it to whoever asks."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a callback must never raise into the loop
            self.numbers.value = f"<b>{type(error).__name__}</b>: {escape(str(error))}"

    def _show(self, pictures) -> None:
        self.picture.value = ('<div style="display:flex;flex-wrap:wrap;gap:6px;line-height:0">'
                              f'{"".join(pictures)}</div>')

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        file = io.BytesIO()
        self.figure().savefig(file, format="png", dpi=80)
        picture = base64.b64encode(file.getvalue()).decode("ascii")
        return chosen({"text/plain": repr(self), "image/png": picture} | view(self.box),
                      include, exclude)
