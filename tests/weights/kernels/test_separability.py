"""Kernels taken apart, against cases that can be told by hand."""

import numpy as np
import pytest
import torch

from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.weights.kernels import gabor, of_layer, random_kernels, separate


def test_one_pattern_in_one_colour_is_one_component():
    pattern, colour = gabor((7, 7), frequency=0.2, width=2), np.array([1.0, -0.2, 0.1])
    found = separate((pattern * colour[:, None, None])[None])
    assert found.share[0] == pytest.approx(1)
    assert np.allclose(found.spatial[0] * found.colour[0][:, None, None], pattern * colour[:, None, None])
    assert np.linalg.norm(found.colour[0]) == pytest.approx(1) and found.colour[0].sum() > 0


def test_grey_is_1_for_equal_channels_and_0_for_channels_that_cancel():
    pattern = random_kernels(1, (5, 5))[0, 0]
    kernels = np.stack([np.stack([pattern] * 3), np.stack([pattern, -pattern, 0 * pattern])])
    assert separate(kernels).grey.tolist() == pytest.approx([1, 0])


def test_random_colour_kernels_are_not_separable():
    """The control: 0.43 of the energy of random 3 x 7 x 7 kernels lies in the first component."""
    found = separate(random_kernels(200, (7, 7), 3))
    assert np.median(found.share) == pytest.approx(0.43, abs=0.02)
    assert found.grey.mean() == pytest.approx(1 / 3, abs=0.03)


def test_with_one_channel_the_component_is_the_kernel():
    kernels = random_kernels(4, (3, 6))
    found = separate(kernels)
    assert np.allclose(found.spatial, kernels[:, 0]) and np.allclose(found.share, 1)
    assert np.isnan(separate(np.zeros((1, 3, 5, 5))).share[0])


def test_the_kernels_of_a_layer_and_layers_that_have_none():
    net = torch.nn.Sequential(torch.nn.Conv2d(2, 4, (3, 5)), torch.nn.Flatten(), torch.nn.Linear(8, 3))
    drawn = stack.draw(net, range(2))
    assert of_layer(drawn, "0").shape == (2, 4, 2, 3, 5)
    with pytest.raises(ValueError, match=r"layer '2' is no convolution.*\['0'\]"):
        of_layer(drawn, "2")
    with pytest.raises(ValueError, match="layer 'conv9' is no layer"):
        of_layer(drawn, "conv9")
    signals = stack.draw(nets.conv1d(Task((40,), 10)), range(2))
    assert of_layer(signals, "conv1").shape == (2, 32, 1, 5)
    with pytest.raises(ValueError, match="this stack has none"):
        of_layer(stack.draw(nets.mlp(Task((4,), 2)), [0]), "hidden1")


def test_random_kernels_are_decided_by_their_seed():
    assert np.array_equal(random_kernels(2, (3,), 2, seed=1), random_kernels(2, (3,), 2, seed=1))
    assert not np.array_equal(random_kernels(2, (3,), 2, seed=1), random_kernels(2, (3,), 2))
    with pytest.raises(ValueError, match="number is 0"):
        random_kernels(0, (3, 3))
