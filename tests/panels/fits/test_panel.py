"""The fit panel: its numbers are the table's, sliders and fields are one, errors are shown."""

import time

import numpy as np
import pytest

from ticketlab.panels import fit_panel
from ticketlab.panels.base import VIEW


def test_it_begins_with_the_best_fitted_kernel_and_writes_its_numbers(panel):
    panel.angle, panel.wavelength, panel.width = 60, 5, 1.5
    assert panel.kernel == 1 and panel.state().r2 > 0.999
    assert "as good as the optimiser" in panel.numbers.value and "kernel 1" in panel.numbers.value
    panel.angle = 150
    assert "below the optimiser" in panel.numbers.value


def test_who_finds_a_better_one_is_told_so(kernels, fits):
    panel = fit_panel(kernels, fits.assign(r2=[np.nan, 0.2, 0.1]), angle=60, wavelength=5, width=1.5)
    assert "you beat the optimiser" in panel.numbers.value


def test_fields_and_sliders_are_one_and_each_draws(panel):
    controls = {name: getattr(panel, f"_{name}") for name in ("angle", "wavelength", "width")}
    for (name, control), value in zip(controls.items(), (45, 8, 3), strict=True):
        before = panel.picture.value
        control.field.value = value
        assert control.slider.value == value == getattr(panel, name) and panel.picture.value != before
    before = panel.picture.value
    panel.kernel = 2
    assert panel.picture.value != before


@pytest.mark.parametrize("more, message", [({"angle": 180}, "angle is 180"), ({"angle": 7}, "steps of 5"),
                                           ({"width": 0}, "width is 0"), ({"kernel": 0}, "kernel is 0")])
def test_what_does_not_fit_is_named(kernels, fits, more, message):
    with pytest.raises(ValueError, match=message):
        fit_panel(kernels, fits, **more)


def test_the_text_is_constant_a_picture_is_stored_and_a_move_is_quick(panel):
    before, times = repr(panel), []
    for angle in range(5, 180, 5):
        began = time.process_time()
        panel._angle.slider.value = angle
        times.append(time.process_time() - began)
    bundle = panel._repr_mimebundle_()[0]
    assert repr(panel) == before == bundle["text/plain"] and {"image/png", VIEW} <= set(bundle)
    assert np.median(times) < 0.016
