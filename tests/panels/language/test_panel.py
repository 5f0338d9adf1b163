"""The language panel: its controls, its words, silent callbacks, a constant text, and how fast it is."""

import base64
import time
from io import BytesIO

import pytest
from PIL import Image

from tests.panels.language.conftest import RATES, WAYS, tables
from ticketlab.panels import language_panel
from ticketlab.panels.base import VIEW


def shown(panel):
    return panel.picture.value, panel.numbers.value


def test_the_numbers_are_written_out(panel):
    words = panel.numbers.value
    assert "magnitude, all blocks: <b>720 of 900 weights</b>" in words
    assert "density 80 % · sparsity 20 %" in words
    assert "perplexity <b>18.0</b> (texts from 12.0 to 27.0), dense 12.0" in words
    assert "<b>by magnitude at 0.2</b>" in words and "<b>by Wanda at 0.2</b>" in words


def test_what_the_model_wrote_is_text_and_no_html(panel):
    panel.rate = 0.0
    assert "examples &lt;b&gt; &amp; rules" in panel.numbers.value and "(dense)" in panel.numbers.value


def test_every_control_has_a_description_and_a_tip(panel):
    controls = [each for each in panel.box.children[0].children if each.description]
    assert [control.description for control in controls] == ["prune rate", "rate", "way", "block"]
    for control in controls:
        assert getattr(control, "tooltip", None) or control.description_tooltip
    assert "ticketlab-language-panel" in panel.box._dom_classes


def test_slider_and_field_are_one_and_every_move_shows_something_else(panel):
    panel.field.value = 0.5
    assert panel.rate == panel.slider.value == 0.5
    seen = set()
    for way in WAYS:
        for rate in RATES[1:]:
            for block in ("all blocks", 0, 1):
                panel.way, panel.rate, panel.block = way, rate, block
                seen.add(shown(panel))
    assert len(seen) == 12


def test_a_move_takes_less_than_16_milliseconds(panel):
    times = []
    for _ in range(5):
        for rate in RATES:
            start = time.process_time()
            panel.rate = rate
            times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.016


def test_callbacks_print_display_and_compute_nothing(panel, capsys, monkeypatch):
    monkeypatch.setattr("ticketlab.panels.language.table.LanguageTable._make", None)
    panel.rate, panel.block = 0.5, 1
    assert capsys.readouterr() == ("", "")


def test_an_error_in_a_callback_is_shown_where_the_numbers_stand(panel, monkeypatch):
    def broken(*_):
        raise ArithmeticError("no <curve> today")

    monkeypatch.setattr("ticketlab.panels.language.picture.perplexity", broken)
    panel.rate = 0.5
    assert "no &lt;curve&gt; today" in panel.numbers.value


def test_the_text_is_constant_and_a_small_picture_is_stored_beside_the_widget(panel):
    texts = set()
    for rate in RATES:
        panel.rate = rate
        bundle = panel._repr_mimebundle_()[0]
        texts.add(bundle["text/plain"])
    assert texts == {"language panel: slider for the prune rate, ways to cut, blocks"}
    assert bundle[VIEW]["model_id"] == panel.box.model_id
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < 80_000 and Image.open(BytesIO(picture)).size == (768, 248)


@pytest.mark.parametrize("options, message", [
    ({"rate": 0.3}, "rate is 0.3; choose one of 0.0, 0.2, 0.5"), ({"way": "wanda"}, "way is 'wanda'.*did you mean 'Wanda'"),
    ({"block": 2}, "block is 2; choose one of 'all blocks', 0, 1")])
def test_the_panel_says_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        language_panel(**tables(), **({"rate": 0.2} | options))


def test_two_panels_do_not_disturb_one_another(panel):
    other = language_panel(**tables(), rate=0.2)
    before = shown(other)
    panel.rate, panel.way = 0.5, "Wanda"
    assert shown(other) == before
