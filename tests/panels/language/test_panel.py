"""The language panel: its controls, its words, silent callbacks, a constant text, and how fast it is."""

import time

import pytest

from tests.panels.language.conftest import RATES, WAYS, tables
from ticketlab.panels import language_panel


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


@pytest.mark.parametrize("options, message", [
    ({"rate": 0.3}, "rate is 0.3; choose one of 0.0, 0.2, 0.5"), ({"way": "wanda"}, "way is 'wanda'.*did you mean 'Wanda'"),
    ({"block": 2}, "block is 2; choose one of 'all blocks', 0, 1")])
def test_the_panel_says_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        language_panel(**tables(), **({"rate": 0.2} | options))
