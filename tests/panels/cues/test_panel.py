"""The cue panel: its numbers are the table's, slider and field are one, errors are shown."""

import time

import numpy as np
import pytest

from ticketlab.panels import cue_panel
from ticketlab.panels.base import VIEW


def test_the_numbers_are_written_out_and_names_stay_text(panel):
    now, words = panel.state(), panel.numbers.value
    assert "<b>50% texture</b>" in words and f"shape: {now.shape}, texture: {now.texture}" in words
    assert "a &lt;net&gt; follows the shape in 50%, the texture in 50%" in words
    assert "this image, networks that follow a &lt;net&gt;: the shape 1, the texture 1, neither 0" in words
    assert "What a &lt;net&gt; follows" in panel.picture.value and "<net>" not in panel.picture.value


def test_field_and_slider_are_one_and_both_controls_draw(panel):
    before = panel.picture.value
    panel.field.value = 1
    assert panel.mixture == 1 == panel.slider.value and panel.picture.value != before
    before = panel.picture.value
    panel.image = 7
    assert panel.picture.value != before


@pytest.mark.parametrize("more, message", [({"mixture": 0.3}, "mixture is 0.3"), ({"image": 24}, "image is 24; choose one of 0, 1, .*, 23")])
def test_what_does_not_fit_is_named(conflict, choices, more, message):
    with pytest.raises(ValueError, match=message):
        cue_panel(conflict, choices, **more)


def test_the_text_is_constant_a_picture_is_stored_and_a_move_is_quick(panel):
    before, times = repr(panel), []
    for number in range(30):
        began = time.process_time()
        panel.slider.value = (0, 0.5, 1)[number % 3]
        times.append(time.process_time() - began)
    bundle = panel._repr_mimebundle_()[0]
    assert repr(panel) == before == bundle["text/plain"] and {"image/png", VIEW} <= set(bundle)
    assert np.median(times) < 0.016
