"""The ticket panel: the numbers of the search that is shown, ranges that follow it, constant text, traits only."""

import base64
import re
from dataclasses import replace
from io import BytesIO

import ipywidgets
import pytest
from PIL import Image

import ticketlab as tl
from ticketlab import panels
from ticketlab.panels.base import VIEW
from ticketlab.panels.tickets.table import START, LevelTable

RATES = {"hidden": 0.4, "output": 0.2}
FASTER = {"hidden": 0.64, "output": 0.36}


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


# ---- the numbers ----------------------------------------------------------------------------------


def test_the_numbers_are_written_out(panel):
    panel.level = 3
    now, words = panel.state(), panel.numbers.value
    assert tl.masks.describe(now.density, now.removed).replace(", ", " · ") in words
    assert "level 3 of 4" in words and f"{now.kept} of 199 weights kept" in words
    assert f"<b>{100 * now.accuracy:.1f} %</b>" in words and f"dense {100 * now.dense:.1f} %" in words


# ---- moving ---------------------------------------------------------------------------------------


def test_another_rate_has_its_own_levels_and_stays_at_the_nearest_density(panel, tickets, faster):
    panel.level = 4
    panel.rate = 0.64
    assert (panel.slider.max, panel.field.max, panel.level) == (2, 2, faster.nearest(tickets.densities[4]))
    assert panel.level == 2 and panel.field.value == 2
    assert panel.state().density == faster.densities[2] and "level 2 of 2" in panel.numbers.value
    panel.rate = 0.4
    assert (panel.slider.max, panel.level) == (4, 4)
    assert panel.state().rate == 0.4


def test_a_change_of_rate_draws_once(panel, monkeypatch):
    panel.level, drawn = 4, []
    own = panel._draw
    monkeypatch.setattr(panel, "_draw", lambda: drawn.append((panel.rate, panel.level)) or own())
    panel.rate = 0.64
    assert drawn == [(0.64, 2)]


def test_sliders_and_the_fields_beside_them_are_one(panel):
    panel.field.value = 3
    assert panel.level == 3
    panel.level = 1
    assert panel.field.value == 1
    panel._rate_field.value = 0.64
    assert panel.rate == 0.64
    panel.rate = 0.4
    assert panel._rate_field.value == 0.4


def test_callbacks_assign_traits_and_print_and_display_nothing(panel, capsys, monkeypatch):
    from IPython.core import display_functions

    displayed = []
    monkeypatch.setattr("matplotlib.figure.Figure.__init__", lambda *a, **k: pytest.fail("a move made a figure"))
    monkeypatch.setattr(display_functions, "publish_display_data", lambda *a, **k: displayed.append(a))
    for change in (("level", 2), ("layer", "output"), ("shows", START), ("replicate", 1), ("rate", 0.64), ("level", 0)):
        before = shown(panel)
        setattr(panel, *change)
        assert shown(panel) != before
    assert capsys.readouterr() == ("", "") and not displayed
    assert not [w for w in _all_widgets(panel.box) if isinstance(w, ipywidgets.Output)]


def _all_widgets(box):
    for child in getattr(box, "children", ()):
        yield child
        yield from _all_widgets(child)


def test_an_error_in_a_callback_is_shown_and_not_raised(panel, monkeypatch):
    def broken(*place):
        raise ArithmeticError("no <mask> today")

    monkeypatch.setattr(LevelTable, "view", broken)
    panel.slider.value = 3
    assert "ArithmeticError" in panel.numbers.value and "no &lt;mask&gt; today" in panel.numbers.value
    monkeypatch.undo()
    panel.slider.value = 2
    assert "level 2 of 4" in panel.numbers.value
    panel.slider.value = 3
    assert "level 3 of 4" in panel.numbers.value


def test_two_panels_do_not_disturb_one_another(tickets):
    one, other = panels.ticket_panel(tickets), panels.ticket_panel(tickets)
    before = shown(other)
    one.level, one.layer, one.shows = 3, "output", START
    assert shown(other) == before and other.level == 0


# ---- what the searches are ------------------------------------------------------------------------


def test_one_search_has_its_rate_and_a_slider_that_cannot_move(tickets):
    panel = panels.ticket_panel(tickets, level=4)
    assert panel.rate == 0.4 and panel._rates.disabled and panel._rate_field.disabled
    assert panel.state().level == 4 and panel.slider.max == 4


def test_where_the_controls_begin_can_be_chosen(tickets, faster):
    panel = panels.ticket_panel({0.4: tickets, 0.64: faster}, rate=0.64, level=1, layer="hidden2", replicate=2, shows=START)
    assert (panel.rate, panel.level, panel.layer, panel.replicate, panel.shows) == (0.64, 1, "hidden2", 2, START)
    assert "Histogram of the weights of hidden2, at the start" in svgs(panel)[0]


def test_why_a_search_ended_early_is_said_at_its_last_level(tickets):
    panel = panels.ticket_panel(replace(tickets, stopped="layer <x> would be empty"), level=4)
    assert "layer &lt;x&gt; would be empty" in panel.numbers.value
    panel.level = 3
    assert "would be empty" not in panel.numbers.value


# ---- widgets and what a notebook stores -----------------------------------------------------------


def test_every_control_has_a_description_and_a_tip(panel):
    controls = [panel._rates, panel._rate_field, panel.slider, panel.field, *panel._choices.values()]
    assert [c.description for c in controls] == [
        "rate per round (%)", "rate (%)", "level", "level", "layer", "replicate", "shows"]
    for control in controls:
        assert getattr(control, "tooltip", None) or control.description_tooltip
    assert "ticketlab-ticket-panel" in panel.box._dom_classes
    assert "ticketlab-numbers" in panel.numbers._dom_classes


def test_text_is_constant_and_a_small_picture_stands_beside_the_widget(panel):
    texts = set()
    for panel.level in (0, 3):
        bundle = panel._repr_mimebundle_()[0]
        texts.add(bundle["text/plain"])
    assert texts == {repr(panel)} == {"ticket panel: sliders for rate per round, level, layer, replicate and weights"}
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < 90_000 and Image.open(BytesIO(picture)).size[0] >= 700
    assert bundle[VIEW]["model_id"] == panel.box.model_id
    assert set(panel._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}


# ---- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, message", [
    ({"level": 5}, "level is 5; the search with rate 0.4 has levels 0 to 4"),
    ({"level": -1}, "level is -1"),
    ({"rate": 0.5}, "rate is 0.5; choose one of 0.4"),
    ({"layer": "hidden9"}, "layer is 'hidden9'.*'all layers', 'hidden1'"),
    ({"replicate": 3}, "replicate is 3.*0 to 2"),
    ({"shows": "after"}, "shows is 'after'.*'after training', 'at the start'"),
    ({"controls": {0.6: []}}, "the rate of controls is 0.6; choose one of 0.4"),
])  # fmt: skip
def test_the_panel_says_what_is_wrong(tickets, options, message):
    with pytest.raises(ValueError, match=message):
        panels.ticket_panel(tickets, **options)


@pytest.mark.parametrize("attribute, value", [("level", 9), ("rate", 0.9), ("layer", "x"), ("replicate", 7), ("shows", "x")])
def test_a_refused_setting_leaves_the_panel_as_it_was(panel, attribute, value):
    before = shown(panel)
    with pytest.raises(ValueError, match=f"{attribute} is"):
        setattr(panel, attribute, value)
    assert shown(panel) == before
