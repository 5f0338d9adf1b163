"""Fits find the Gabor functions that were put in, move with them, and do not find them in noise."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketlab.weights.kernels import (
    best_wave,
    explained,
    fit,
    fitting,
    gabor,
    random_kernels,
    render,
)

KNOWN = st.fixed_dictionaries({
    "phase": st.floats(-180, 180), "x": st.floats(-0.8, 0.8), "y": st.floats(-0.8, 0.8),
    "width": st.floats(1.4, 1.8), "length": st.floats(1.5, 2.5), "angle": st.floats(0, 179),
    "frequency": st.floats(0.18, 0.3)})  # at lower ones a wave under a narrow bell is a blob


def turn(one, other, period):
    return abs((one - other + period / 2) % period - period / 2)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(KNOWN, st.integers(0, 99))
def test_a_known_gabor_is_found_under_noise(known, seed):
    """Angle, frequency and place are those that were put in; the noise is a tenth of the variance."""
    image = gabor((7, 7), **known)
    noise = np.random.default_rng(seed).normal(size=(7, 7))
    fits = fit((image + 0.3 * image.std() * noise)[None, None], progress=False)
    row = fits.iloc[0]
    assert row["converged"] and row["r2"] > 0.85
    assert explained(image, render(fits, (7, 7))[0]) > 0.9  # nearer to what was put in than to the noisy image
    assert turn(row["angle"], known["angle"], 180) < 20
    assert row["frequency"] == pytest.approx(known["frequency"], abs=0.09)


def test_without_noise_all_is_explained_and_said_in_order():
    known = {"amplitude": 2.0, "phase": 30.0, "x": 0.5, "y": -0.4, "width": 1.4, "length": 2.0, "angle": 120.0,
             "frequency": 0.2}
    fits = fit(gabor((7, 7), **known)[None, None], progress=False)
    assert fits["r2"][0] > 0.9999 and fits["freedom"][0] == 41
    found = fits.iloc[0]
    assert turn(found["phase"], 30, 360) < 1
    for name in ("amplitude", "x", "y", "width", "length", "frequency"):
        assert found[name] == pytest.approx(known[name], abs=0.02), name
    assert turn(found["angle"], 120, 180) < 0.5
    assert np.allclose(render(fits, (7, 7))[0], gabor((7, 7), **known), atol=0.02)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(0, 99), st.floats(1e-4, 1e4))
def test_the_share_explained_does_not_depend_on_size_sign_or_mirror_image(seed, factor):
    kernel = random_kernels(1, (7, 7), seed=seed)
    every = np.concatenate([kernel, -factor * kernel, kernel[:, :, ::-1], kernel.swapaxes(2, 3)])
    r2 = fit(every, progress=False)["r2"]
    assert r2[1] == pytest.approx(r2[0], abs=1e-3)
    # of a mirror image other starts win now and then
    assert r2[2] == pytest.approx(r2[0], abs=0.12) and r2[3] == pytest.approx(r2[0], abs=0.12)


def test_random_kernels_are_fitted_badly_and_oriented_ones_well():
    """The control of the lesson: eight parameters explain a third of 49 random values."""
    noise = fit(random_kernels(24, (7, 7), 3), progress=False)["r2"]
    assert 0.2 < noise.median() < 0.45
    angles = [gabor((7, 7), width=1.5, length=2, angle=angle, frequency=0.2) for angle in range(0, 180, 30)]
    assert fit(np.stack(angles)[:, None], progress=False)["r2"].min() > 0.99


def test_the_derivatives_are_those_of_the_function():
    theta, size = np.array([1.2, -0.7, 0.3, 1.5, 0.2, -0.4, 2.1, 0.8]), (6, 7)
    for start, shape in ((theta, size), (theta[:5], (9,))):
        zero = np.zeros(np.prod(shape))
        exact = fitting._jacobian(start, zero, shape)
        for place in range(len(start)):
            step = 1e-6 * np.eye(len(start))[place]
            ends = [fitting._residuals(start + sign * step, zero, shape) for sign in (1, -1)]
            slope = (ends[0] - ends[1]) / 2e-6
            assert np.allclose(exact[:, place], slope, atol=1e-6), place


def test_a_one_dimensional_kernel_has_a_gabor_of_its_own():
    line = gabor((9,), x=0.7, width=1.8, frequency=0.22, phase=40)
    row = fit(line[None, None], progress=False).iloc[0]
    assert row["r2"] > 0.999 and row["freedom"] == 4
    assert row["frequency"] == pytest.approx(0.22, abs=0.01)
    assert np.isnan([row["y"], row["length"], row["angle"]]).all()
    # five values and five parameters: whatever it says, it says nothing of the kernel
    assert fit(random_kernels(2, (5,)), progress=False)["freedom"].tolist() == [0, 0]
    # a row of a two-dimensional layer is a line, too
    assert fit(line[None, None, None], progress=False)["r2"][0] == pytest.approx(row["r2"])


def test_kernels_need_not_be_square():
    image = gabor((5, 9), width=1.3, length=2, angle=60, frequency=0.2)
    fits = fit(image[None, None], progress=False)
    assert fits["r2"][0] > 0.999 and render(fits, (5, 9)).shape == (1, 5, 9)


def test_constant_kernels_and_fits_that_do_not_end_stay_in_the_table():
    kernels = np.concatenate([np.full((1, 1, 7, 7), 0.3), random_kernels(1, (7, 7))])
    fits = fit(kernels, progress=False)
    assert fits["kernel"].tolist() == [0, 1] and np.isnan(fits["r2"][0]) and not fits["converged"][0]
    assert np.isnan(render(fits, (7, 7))[0]).all()
    cut_short = fit(kernels[1:], most=1, progress=False)
    assert len(cut_short) == 1 and not cut_short["converged"][0] and np.isfinite(cut_short["r2"][0])


@pytest.mark.parametrize("kernels, message", [
    (np.zeros((7, 7)), "shape"), (np.zeros((0, 1, 7, 7)), "shape"), (np.zeros((3, 2, 1, 1)), "one pixel"),
    (np.full((2, 1, 7, 7), np.nan), r"kernels \[0, 1\] hold nan")])
def test_what_cannot_be_fitted_is_named(kernels, message):
    with pytest.raises(ValueError, match=message):
        fit(kernels, progress=False)


def test_starts_must_be_a_whole_number():
    with pytest.raises(ValueError, match="starts is 0"):
        fit(random_kernels(1, (7, 7)), starts=0)


def test_tensors_are_fitted_as_arrays_are_and_the_same_call_gives_the_same_bits():
    kernels = random_kernels(2, (7, 7), 3)
    one, other = fit(kernels, progress=False), fit(torch.from_numpy(kernels), progress=False)
    assert one.equals(other)


def test_the_best_wave_of_a_shape_is_the_one_that_was_put_in():
    """The learner chooses angle and frequency; amplitude and phase are found."""
    shape = {"x": 0.3, "y": 0.0, "width": 1.5, "length": 2.0, "angle": 70.0, "frequency": 0.2}
    image = gabor((7, 7), amplitude=-3, phase=77, **shape)
    assert np.allclose(best_wave(image, **shape), image)
    assert explained(image, best_wave(image, **shape | {"angle": 160.0})) < 0.5
