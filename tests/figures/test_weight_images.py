"""Pictures of weights: every weight in its place, on one scale."""

import numpy as np
import pytest

import ticketlab as tl
from ticketlab import figures


def test_a_weight_matrix_shows_every_weight_symmetric_about_zero_and_pruned_ones_apart(final, masks):
    ax = figures.weight_matrix(final, "hidden2", masks=masks, replicate=1)
    image = ax.images[0]
    np.testing.assert_array_equal(image.get_array().data, final.parameters["hidden2.weight"][1])
    np.testing.assert_array_equal(image.get_array().mask, ~masks["hidden2.weight"][1])
    low, high = image.get_clim()
    assert low == -high < 0
    pruned, zero = image.get_cmap().get_bad(), image.get_cmap()(0.5)
    assert np.ptp(pruned[:3]) == 0 and abs(pruned[0] - zero[0]) > 0.2  # grey, unlike a weight of zero
    with pytest.raises(ValueError, match="layer is 'all layers'"):
        figures.weight_matrix(final, "all layers")


def test_filters_of_signals_are_lines_over_the_inputs(final, masks):
    axes = figures.filters(final, count=4, masks=masks, replicate=2)
    assert [ax.get_title() for ax in axes] == ["unit 0", "unit 1", "unit 2", "unit 3"]
    shown = np.ma.masked_invalid(axes[3].lines[0].get_ydata())
    np.testing.assert_array_equal(shown.compressed(),
                                  final.parameters["hidden1.weight"][2, 3][masks["hidden1.weight"][2, 3]])


def test_filters_of_images_have_the_shape_of_the_images():
    stack = tl.draw(tl.nets.mlp(tl.nets.Task((1, 4, 6), 3), (5,)), [0])
    axes = figures.filters(stack, shape=(1, 4, 6), units=[3])
    np.testing.assert_array_equal(axes[0].images[0].get_array(), stack.parameters["hidden1.weight"][0, 3].view(4, 6))
    colour = tl.draw(tl.nets.mlp(tl.nets.Task((3, 4, 4), 3), (5,)), [0])
    picture = np.asarray(figures.filters(colour, shape=(3, 4, 4), units=[0])[0].images[0].get_array())
    weights = colour.parameters["hidden1.weight"][0, 0].view(3, 4, 4).permute(1, 2, 0).numpy()
    assert picture.shape == (4, 4, 3) and 0 <= picture.min() and picture.max() <= 1
    assert np.all((picture > 0.5) == (weights > 0))


def test_kernels_are_shown_in_their_own_shape():
    stack = tl.draw(tl.nets.conv1d(tl.nets.Task((40,), 10), width=6), [0])
    axes = figures.filters(stack)
    assert len(axes) == 6
    assert axes[0].images[0].get_array().shape == (1, 5)


@pytest.mark.parametrize("options, message", [
    ({"shape": (5, 5)}, r"shape is \(5, 5\).*12 weights"),
    ({"units": [9]}, "units are \\[9\\].*has 9, from 0 to 8"),
    ({"count": 0}, "at least one must be shown"),
    ({"layer": "conv1"}, "layer is 'conv1'"),
])  # fmt: skip
def test_filters_say_what_is_wrong(final, options, message):
    with pytest.raises(ValueError, match=message):
        figures.filters(final, **options)


def test_every_weight_stands_at_its_initial_and_final_value(initial, final, masks):
    ax = figures.initial_against_final(initial, final, "hidden1", masks=masks, replicate=1)
    pruned, kept = (np.asarray(c.get_offsets()) for c in ax.collections)
    mask = masks["hidden1.weight"][1]
    np.testing.assert_allclose(kept, np.stack([s.parameters["hidden1.weight"][1][mask] for s in (initial, final)], 1))
    assert len(pruned) == int((~mask).sum())
    assert ax.get_xlim() == ax.get_ylim()
    counted = figures.initial_against_final(initial, final).collections[0].get_array()
    assert np.nansum(np.ma.filled(counted, 0)) == 199
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("initial weight value", "final weight value")
