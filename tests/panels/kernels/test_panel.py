"""The kernels panel: its numbers are the table's, errors are shown, the text is constant."""

import time

import numpy as np
import pytest

from ticketlab.panels import kernels_panel
from ticketlab.pruning import describe


def test_the_numbers_are_written_out(panel):
    panel.rate = 0.38
    now, words = panel.state(), panel.numbers.value
    assert describe(now.density, now.rate).replace(", ", " · ") in words
    assert "10 of 16 weights kept" in words and "2 whole, 1 with some weights gone, 1 gone" in words
    assert "0.80" in words and "0.30" in words
    assert 'aria-label="4 kernels as images; 10 of 16 weights remain, 1 kernels are gone"' in panel.picture.value


def test_field_and_slider_are_one_and_both_controls_draw(panel):
    before = panel.picture.value
    panel.field.value = 62
    assert panel.rate == 0.62 and panel.slider.value == 62 and panel.picture.value != before
    before = panel.picture.value
    panel.what = "whole kernels"
    assert panel.picture.value != before and panel.state().gone == 2


@pytest.mark.parametrize("more, message", [({"rate": 1.0}, "rate is 1.0"), ({"rate": 0.005}, "steps of 0.01"),
                                           ({"what": "filters"}, "'whole kernels'")])
def test_what_does_not_fit_is_named(kernels, more, message):
    with pytest.raises(ValueError, match=message):
        kernels_panel(kernels, **more)


def test_a_move_over_96_colour_kernels_is_quick():
    panel = kernels_panel(np.random.default_rng(0).normal(size=(96, 3, 7, 7)))
    times = []
    for percent in range(1, 40):
        began = time.process_time()
        panel.slider.value = percent
        times.append(time.process_time() - began)
    assert np.median(times) < 0.016
