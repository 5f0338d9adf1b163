"""The numbers behind the figures of kernels."""

import numpy as np
import pandas
import pytest

from ticketlab import figures
from ticketlab.figures import kernels


def test_a_mosaic_has_a_cell_a_kernel_and_white_between():
    values = np.zeros((3, 1, 2, 2))
    values[0, 0, 0, 0], values[1, 0, 1, 1] = 5, -0.1  # each scaled by its own largest
    picture = figures.mosaic(values, columns=2)
    assert picture.shape == (5, 5, 3) and picture.dtype == np.uint8
    red, blue = picture[0, 0].astype(int), picture[1, 4].astype(int)
    assert red[0] - red[2] > 50 and blue[2] - blue[0] > 50
    assert (picture[:, 2] == 255).all() and (picture[3:, 3:] == 255).all()  # between, and where none is


def test_colour_kernels_are_shown_in_their_colours_and_others_by_their_strongest_component():
    green = np.zeros((1, 3, 1, 2))
    green[0, 1, 0, 0] = 2
    assert figures.mosaic(green)[0].tolist() == [[128, 255, 128], [128, 128, 128]]
    pattern = np.array([[1.0, -1.0]])
    five = np.stack([pattern * weight for weight in range(5)])[None]
    assert np.array_equal(figures.mosaic(five), figures.mosaic(pattern[None, None]))


def test_what_is_pruned_in_all_channels_is_grey_and_shades_do_not_jump():
    values = np.random.default_rng(0).normal(size=(2, 3, 3, 3))
    kept = np.ones(values.shape, bool)
    kept[0, :, 0, 0] = False
    kept[0, 1, 1, 1] = False
    whole, cut = figures.mosaic(values), figures.mosaic(values, kept=kept)
    assert cut[0, 0].tolist() == [0xB0] * 3
    assert cut[1, 1, 1] == 128 and cut[1, 1, 0] == whole[1, 1, 0]
    assert np.array_equal(whole[:, 4:], cut[:, 4:])


@pytest.mark.parametrize("more, message", [
    ({"kernels": np.zeros((2, 2))}, "shape"), ({"kernels": np.zeros((1, 1, 2, 2)), "kept": np.ones((2, 2))}, "must agree")])
def test_shapes_that_do_not_fit_are_named(more, message):
    with pytest.raises(ValueError, match=message):
        figures.mosaic(**more)


def test_a_curve_of_fits_says_the_share_at_or_above_each_value():
    ax = figures.fit_shares({"trained": [0.2, 0.5, 0.9, 0.9], "broken": [np.nan, 0.4]})
    x, y = ax.lines[0].get_data()
    steps = list(zip(x, y, strict=True))
    assert (0.2, 100) in steps and (0.5, 75) in steps and (0.9, 50) in steps and steps[-1] == (1, 0)
    assert max(share for value, share in zip(*ax.lines[1].get_data(), strict=True) if value > 0) == 50


def test_orientations_show_good_fits_only():
    fits = pandas.DataFrame({"r2": [0.9, 0.5], "angle": [90.0, 10.0], "frequency": [0.2, 0.3]})
    x, y = figures.orientations(fits).lines[0].get_data()
    assert list(x) == pytest.approx([np.pi / 2]) and list(y) == [0.2]
    assert kernels.GOOD == 0.8


def test_kernel_images_and_cue_curves_are_drawn_on_given_axes():
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    assert figures.kernel_images(np.ones((4, 1, 3, 3)), title="four", ax=ax) is ax
    assert ax.get_title() == "four" and not ax.axison
    ax = figures.cue_curves([0, 1], {"CNN": [[1.0, 0.8], [0.2, 0.0]]})
    assert ax.lines[0].get_data()[1].tolist() == [90, 10] and ax.lines[0].get_label() == "CNN"
