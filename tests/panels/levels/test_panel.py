"""The levels panel: controls with names, silent callbacks, errors shown, a constant text."""

import base64
import time
from io import BytesIO

import pytest
from PIL import Image

from ticketlab.panels.base import VIEW


def shown(panel):
    return panel.picture.value, panel.numbers.value


def test_controls_have_names_and_tips_and_the_field_moves_the_slider(panel):
    for control in (each for each in panel.box.children[0].children if each.description):
        assert control.description and (getattr(control, "tooltip", None) or control.description_tooltip)
    panel.field.value = 2
    assert panel.level == panel.slider.value == 2 and "level 2 to 3" in panel.numbers.value


def test_levels_follow_the_search(panel):
    panel.level = 2
    panel.search = "short"
    assert panel.level == panel.slider.max == 0 and panel.state().search == "short"
    with pytest.raises(ValueError, match="level is 1; short: the lines begin at levels 0 to 0"):
        panel.level = 1


def test_a_move_looks_up_and_takes_less_than_16_ms(panel, monkeypatch, capsys):
    monkeypatch.setattr("ticketlab.panels.levels.table.LevelsTable.__init__", None)
    moves = []
    for level in (1, 2, 0, 2, 1):
        began = time.process_time()
        panel.level = level
        moves.append(time.process_time() - began)
    assert sorted(moves)[2] < 0.016 and capsys.readouterr() == ("", "")


def test_an_error_in_a_callback_is_shown_and_not_raised_into_the_loop(panel, monkeypatch):
    def broken(*_):
        raise ArithmeticError("no <line> today")

    monkeypatch.setattr("ticketlab.panels.levels.picture.error", broken)
    panel.level = 1
    assert "ArithmeticError" in panel.numbers.value and "no &lt;line&gt; today" in panel.numbers.value


def test_the_text_is_constant_and_a_small_picture_is_stored_beside_the_widget(panel):
    texts = set()
    for level in range(3):
        panel.level = level
        bundle, _ = panel._repr_mimebundle_()
        texts.add(bundle["text/plain"])
    assert texts == {repr(panel)} == {"levels panel: a slider for the level"} and VIEW in bundle
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < 60_000 and Image.open(BytesIO(picture)).size == (672, 248)
