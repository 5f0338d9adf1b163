"""What every panel does, whatever it shows: names and tips, fields tied to sliders, silent callbacks,
errors that are shown, panels that leave one another alone, and what a notebook stores."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from itertools import pairwise

import ipywidgets
import pytest
from PIL import Image

from tests.panels import made
from tests.panels.made import shown
from ticketlab import panels
from ticketlab.panels.base import VIEW
from ticketlab.panels.tickets.table import START


@dataclass(frozen=True)
class Case:
    """make: a new panel. name: of its box. text: its repr. controls: their descriptions. fields:
    attribute of the field, what is typed there, the panel's attribute, what that is then. moves: each
    changes what is shown. silent: what a move must not call. broken: without it a move to ``there`` ends
    in an error. refused: what it cannot be set to. picture: smallest width, and most bytes, of the one
    that is stored."""

    make: Callable
    name: str
    text: str
    controls: Sequence[str]
    fields: Sequence[tuple]
    moves: Sequence[tuple]
    silent: Sequence[str]
    broken: str
    there: tuple
    refused: Sequence[tuple]
    picture: tuple[int, int] = (600, 80_000)


REWIND = {
    "name": "rewind-panel", "text": "rewind panel: sliders for rewind step, level and replicate",
    "silent": ["ticketlab.training.evaluation.forward", "ticketlab.landscape.lines.line",
               "ticketlab.panels.rewind.table.project", "ticketlab.panels.rewind.table.by_level"],
    "broken": "ticketlab.panels.rewind.picture.paths", "there": ("k", 10)}
CASES = {
    "prune": Case(
        made.prune_panel, "prune-panel", "prune panel: sliders for prune rate, scope, score and layer",
        ["prune rate (%)", "rate (%)", "scope", "score", "layer"],
        [("field", 62.5, "rate", 0.625), ("field", 40, "rate", 0.4)],
        [("rate", 0.3), ("scope", "global"), ("score", "random"), ("layer", "output"), ("rate", 0.7)],
        [], "ticketlab.panels.prune.panel.read", ("rate", 0.3),
        [("rate", 1.2), ("scope", "x"), ("score", "x"), ("layer", "x")], (900, 80_000)),
    "tickets": Case(
        made.ticket_panel, "ticket-panel",
        "ticket panel: sliders for rate per round, level, layer, replicate and weights",
        ["rate per round (%)", "rate (%)", "level", "level", "layer", "replicate", "shows"],
        [("field", 2, "level", 2), ("_rate_field", 0.64, "rate", 0.64), ("field", 2, "level", 2)],
        [("level", 2), ("layer", "output"), ("shows", START), ("replicate", 1), ("rate", 0.64),
         ("level", 0)],
        [], "ticketlab.panels.tickets.table.LevelTable.view", ("level", 2),
        [("level", 9), ("rate", 0.9), ("layer", "x"), ("replicate", 7), ("shows", "x")], (900, 90_000)),
    "rewind": Case(
        made.rewind_panel, **REWIND, picture=(900, 100_000), controls=["rewind step k", "k", "level", "level", "replicate"],
        fields=[("field", 20, "k", 20), ("level_field", 3, "level", 3), ("field", 10, "k", 10)],
        moves=[("k", 20), ("level", 2), ("replicate", 1), ("k", 0)],
        refused=[("k", 7), ("level", 9), ("replicate", 3)]),
    "rewind without tickets": Case(
        made.rewind_panel_without_tickets, **REWIND, controls=["rewind step k", "k", "replicate"],
        fields=[("field", 20, "k", 20), ("field", 10, "k", 10)],
        moves=[("k", 20), ("replicate", 0), ("k", 0)], refused=[("k", 7), ("replicate", 3)]),
    "scaling": Case(
        made.scaling_panel, "scaling-panel", "scaling panel: sliders for width and level",
        ["width", "width", "level", "level"],
        [("field", 40, "net", 40), ("level_field", 3, "level", 3), ("field", 10, "net", 10)],
        [("net", 40), ("level", 2), ("net", 10), ("level", 0)],
        ["ticketlab.training.evaluation.forward", "ticketlab.scaling.matching.ladder",
         "ticketlab.panels.scaling.table._line"],
        "ticketlab.panels.scaling.picture.accuracy", ("level", 1), [("net", 7), ("level", 9)]),
    "descent": Case(
        made.descent_panel, "descent-panel", "descent panel: sliders for width, labels, signal and replicate",
        ["width", "units", "labels", "signal", "replicate"],
        [("field", 6, "width", 6), ("field", 24, "width", 24)],
        [("width", 6), ("signal", 3), ("noise", 0), ("replicate", 1), ("width", 24), ("noise", 0.2)],
        ["ticketlab.panels.descent.table.forward"], "ticketlab.panels.descent.table.DescentTable.read",
        ("width", 6), [("width", 77), ("noise", 77), ("signal", 77), ("replicate", 77)], (900, 120_000)),
    "cues": Case(
        made.cue_panel, "cue-panel", "cue panel: a slider from shape to texture, and one image",
        ["texture", "texture", "image"], [("field", 1, "mixture", 1), ("field", 0, "mixture", 0)],
        [("mixture", 1), ("image", 7), ("mixture", 0)], [], "ticketlab.panels.cues.table.CueTable.read",
        ("mixture", 1), [("mixture", 0.3), ("image", 24)]),
    "fits": Case(
        made.fit_panel, "fit-panel", "fit panel: sliders for angle, wavelength and width, and one kernel",
        ["angle (degrees)", "angle", "wavelength (pixels)", "wavelength", "width (pixels)", "width", "kernel"],
        [], [("angle", 45), ("wavelength", 8), ("kernel", 2), ("width", 3)], [],
        "ticketlab.panels.fits.table.FitTable.read", ("angle", 90),
        [("angle", 180), ("width", 0), ("kernel", 0)]),
    "kernels": Case(
        made.kernels_panel, "kernels-panel", "kernels panel: a slider for the prune rate, and what goes",
        ["prune rate (%)", "rate (%)", "what"], [("field", 62, "rate", 0.62)],
        [("rate", 0.38), ("what", "whole kernels"), ("rate", 0.9)], [],
        "ticketlab.panels.kernels.table.KernelsTable.read", ("rate", 0.2), [("rate", 1.0), ("what", "filters")]),
    "language": Case(
        made.language_panel, "language-panel", "language panel: slider for the prune rate, ways to cut, blocks",
        ["prune rate", "rate", "way", "block"], [("field", 0.5, "rate", 0.5)],
        [("rate", 0.5), ("way", "Wanda"), ("block", 1), ("rate", 0.2)],
        ["ticketlab.panels.language.table.LanguageTable._make"], "ticketlab.panels.language.picture.perplexity",
        ("rate", 0.5), [("rate", 0.3), ("way", "wanda"), ("block", 2)], (900, 80_000)),
    "levels": Case(
        made.levels_panel, "levels-panel", "levels panel: a slider for the level", ["level", "level", "search"],
        [("field", 2, "level", 2)], [("level", 2), ("search", "short"), ("search", "long"), ("level", 1)],
        ["ticketlab.panels.levels.table.LevelsTable.__init__"], "ticketlab.panels.levels.picture.error",
        ("level", 1), [("level", 5), ("search", "x")]),
    "supermask": Case(
        made.supermask_panel, "supermask-panel",
        "supermask panel: a slider for the share of weights used, weights, layer and replicate",
        ["weights used (%)", "used (%)", "weights", "layer", "replicate"],
        [("field", made.picked_shares()[0], "share", made.picked_shares()[0])],
        [("share", made.picked_shares()[-1]), ("weights", "Kaiming normal"), ("layer", "hidden2"), ("replicate", 1)],
        ["ticketlab.panels.supermasks.table.SupermaskTable.__init__"], "ticketlab.panels.supermasks.picture.mask",
        ("replicate", 1), [("share", 0.7), ("weights", "x"), ("layer", "x"), ("replicate", 2)]),
    "reset": Case(
        made.reset_panel, "reset-panel", "reset panel: a slider for the way back, and the layer",
        ["way back (%)", "back (%)", "layer"], [("field", 0.5, "share", 0.5)],
        [("share", 0.5), ("layer", "output"), ("share", 0)],
        ["ticketlab.panels.resets.table.ResetTable.__init__"], "ticketlab.panels.resets.picture.lost",
        ("share", 0.5), [("share", 0.7), ("layer", "x")]),
    "rotation": Case(
        made.rotation_panel, "rotation-panel", "rotation panel: sliders for the angle and for the rate of a cut",
        ["angle", "angle", "cut (%)", "cut (%)", "place"],
        [("field", 45, "angle", 45), ("rate_field", 35, "rate", 0.35)],
        [("angle", 45), ("rate", 0.8), ("place", "linear pair"), ("angle", 0)],
        [f"ticketlab.panels.variants.panel.{name}" for name in ("rotate", "measure")],
        "ticketlab.panels.variants.picture.histogram", ("rate", 0.5),
        [("angle", 361), ("rate", 1.0), ("place", "pair")]),
    "pressure": Case(
        made.pressure_panel, "pressure-panel",
        "pressure panel: sliders for the strength and for the rate of a cut",
        ["strength", "strength", "cut (%)", "cut (%)", "pressure"],
        [("field", 1, "strength", 1), ("rate_field", 35, "rate", 0.35)],
        [("strength", 1), ("pressure", "powerpropagation"), ("rate", 0.5), ("strength", 0)],
        [f"ticketlab.panels.variants.panel.{name}" for name in ("rotate", "measure")],
        "ticketlab.panels.variants.picture.histogram", ("rate", 0.5),
        [("strength", 9), ("rate", 1.0), ("pressure", "x")]),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def panel(case):
    return case.make()


@pytest.fixture(params=[*CASES, "guess"])
def displayed(request):
    """Whatever a lesson can have as the last line of a cell: each panel, and a guess."""
    if request.param == "guess":
        return panels.guess("How many?", low=0, high=10, step=1)
    return CASES[request.param].make()


def widgets(box):
    for child in getattr(box, "children", ()):
        yield child
        yield from widgets(child)


def test_every_panel_is_tested_here():
    named = {re.sub(r"_panel$", "", name) for name in panels.__all__ if name.endswith("_panel")}
    assert {case.name.removesuffix("-panel") for case in CASES.values()} == named


# --- the controls ---------------------------------------------------------------------------------

def test_every_control_has_a_description_and_a_tip(case, panel):
    controls = [each for each in panel.box.children[0].children if each.description]
    assert [control.description for control in controls] == case.controls
    for control in controls:
        assert getattr(control, "tooltip", None) or control.description_tooltip
    assert all(each.continuous_update for each in controls if "Slider" in type(each).__name__)
    assert f"ticketlab-{case.name}" in panel.box._dom_classes
    assert "ticketlab-numbers" in panel.numbers._dom_classes


def test_a_field_moves_the_panel_and_the_panel_its_field(case, panel):
    first = {field: (getattr(panel, field).value, getattr(panel, attribute))
             for field, _, attribute, _ in case.fields}
    for field, typed, attribute, value in case.fields:
        before = shown(panel)
        getattr(panel, field).value = typed
        assert getattr(panel, attribute) == value and shown(panel) != before
        assert getattr(panel.state(), attribute, value) == value
    for field, _, attribute, _ in case.fields[::-1]:
        setattr(panel, attribute, first[field][1])
        assert getattr(panel, field).value == first[field][0]


def test_a_refused_setting_leaves_the_panel_as_it_was(case, panel):
    before = shown(panel)
    for attribute, value in case.refused:
        with pytest.raises(ValueError, match=f" is '?{value}'?[;.]"):
            setattr(panel, attribute, value)
        assert shown(panel) == before


# --- moving ---------------------------------------------------------------------------------------

def test_moves_print_and_display_nothing_make_no_figure_and_compute_nothing(case, panel, capsys, monkeypatch):
    """Callbacks assign traits, so that a cell's outputs never depend on who moved what. Where all is
    looked up, a move takes about a millisecond only because no network runs and no table is made."""
    from IPython.core import display_functions

    published = []
    monkeypatch.setattr(display_functions, "publish_display_data", lambda *a, **k: published.append(a))
    monkeypatch.setattr("matplotlib.figure.Figure.__init__", lambda *a, **k: pytest.fail("a move made a figure"))
    for name in case.silent:
        monkeypatch.setattr(name, None)
    for move in case.moves:
        before = shown(panel)
        setattr(panel, *move)
        assert shown(panel) != before, move
    assert capsys.readouterr() == ("", "") and not published
    assert not [each for each in widgets(panel.box) if isinstance(each, ipywidgets.Output)]


@pytest.mark.skipif(ipywidgets.__version__.startswith("7."), reason="ipywidgets 7 sends nothing where no kernel runs")
def test_a_browser_is_told_of_the_picture_before_all_else(case, panel, monkeypatch):
    """It lays out and paints the page for each message, and the learner waits for the picture."""
    sent = []
    monkeypatch.setattr(ipywidgets.Widget, "_send", lambda widget, message, buffers=None: (
        message["method"] == "update" and sent.append(widget)))
    for control in (each for each in panel.controls if hasattr(each, "slider")):
        slider, key = control.slider, "index" if hasattr(control.slider, "options") else "value"
        here, step, last = getattr(slider, key), *((1, len(slider.options) - 1) if key == "index" else
                                                   (slider.step, slider.max))
        before = panel.picture.value
        slider.set_state({key: here + step if here + step <= last else here - step})  # as a browser does
        if panel.picture.value != before:
            assert sent[0] is panel.picture and {control.field, panel.picture} <= set(sent)
        sent.clear()


def test_an_error_in_a_callback_is_shown_and_gone_with_the_next_move(case, panel, monkeypatch):
    attribute, there = case.there
    here = getattr(panel, attribute)

    def broken(*_):
        raise ArithmeticError("no <numbers> today")

    monkeypatch.setattr(case.broken, broken)
    setattr(panel, attribute, there)
    assert panel.numbers.value == "<b>ArithmeticError</b>: no &lt;numbers&gt; today"
    monkeypatch.undo()
    sound = case.make()
    for place in (here, there):
        for each in (panel, sound):
            setattr(each, attribute, place)
        assert panel.numbers.value == sound.numbers.value and "ArithmeticError" not in panel.numbers.value


def test_two_panels_do_not_disturb_one_another(case, panel):
    other = case.make()
    before = shown(other)
    for move in case.moves:
        setattr(panel, *move)
    assert shown(other) == before
    # ids are global to the page: equal ones would let one panel's end take the other's hatching
    ids = [set(re.findall(r'\bid="([^"]+)"', each.picture.value)) for each in (panel, other)]
    assert ids[0].isdisjoint(ids[1])


# --- what a notebook stores -----------------------------------------------------------------------

def test_the_text_is_constant_and_a_small_picture_is_stored_beside_the_widget(case, panel):
    texts = [panel._repr_mimebundle_(include=["text/plain"])[0]]
    for move in case.moves[:2]:
        setattr(panel, *move)
        texts.append(panel._repr_mimebundle_(include=["text/plain"])[0])
    assert texts == [{"text/plain": case.text}] * 3 and repr(panel) == case.text
    bundle, (width, most) = panel._repr_mimebundle_()[0], case.picture
    assert bundle["text/plain"] == case.text
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < most and Image.open(BytesIO(picture)).size[0] >= width


def test_the_stored_picture_is_what_is_seen(case, panel):
    """Its words are those of the numbers and of the pictures, and it follows every move."""
    seen = []
    for move in [None, *case.moves]:
        if move:
            setattr(panel, *move)
        figure = panel.figure()
        drawn = [text.get_text() for text in figure.axes[0].texts]
        pictures, numbers = shown(panel)
        below = [unescape(words) for words in re.findall("<text[^>]*>([^<]*)</text>", pictures)]
        above = " ".join(drawn[:len(drawn) - len(below)])
        assert drawn[len(drawn) - len(below):] == below
        assert above.split() == unescape(re.sub("<[^>]*>", "", numbers.replace("</div>", " "))).split()
        figure.savefig(file := BytesIO(), dpi=50)
        seen.append(file.getvalue())
    assert all(before != after for before, after in pairwise(seen))


def test_the_widget_view_is_that_of_the_box_and_representations_can_be_chosen(displayed):
    assert displayed._repr_mimebundle_(include=[VIEW])[0] == {
        VIEW: {"version_major": 2, "version_minor": 0, "model_id": displayed.box.model_id}}
    assert isinstance(displayed.box, ipywidgets.Widget) and displayed.box.model_id
    assert set(displayed._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}
    assert set(displayed._repr_mimebundle_(exclude=[VIEW, "image/png"])[0]) <= {"text/plain", "text/html"}


def test_ipython_shows_text_picture_and_widget_as_the_last_line_of_a_cell(displayed):
    from IPython.core.formatters import DisplayFormatter

    bundle, _ = DisplayFormatter().format(displayed)
    assert set(bundle) == {"text/plain", VIEW, "image/png" if hasattr(displayed, "figure") else "text/html"}
    assert all(isinstance(value, str) for kind, value in bundle.items() if kind != VIEW)
