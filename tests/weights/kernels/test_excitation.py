"""What excites a kernel, on layers whose answer is known."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from ticketlab import stack
from ticketlab.weights.kernels import exciting_patches, gabor, made_input


@pytest.fixture
def drawn():
    """A stack of one net whose first two kernels are known Gabor functions."""
    net = nn.Sequential(OrderedDict(conv1=nn.Conv2d(1, 2, 5, padding=2), relu1=nn.ReLU(), flatten=nn.Flatten(),
                                    output=nn.Linear(2 * 144, 3)))
    made = stack.draw(net, [0])
    for place, angle in enumerate((0, 90)):
        wave = gabor((5, 5), frequency=0.2, angle=angle, width=2, length=2)
        made.parameters["conv1.weight"][0, place, 0] = torch.from_numpy(wave).float()
    return made


def test_the_patch_that_excites_a_kernel_most_is_the_one_that_looks_like_it(drawn):
    x = 0.05 * torch.randn(6, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    kernels = drawn.parameters["conv1.weight"][0]
    x[3, :, 4:9, 5:10] += kernels[0]
    x[1, :, 0:5, 2:7] += kernels[1]
    found = exciting_patches(drawn, "conv1", x)
    assert torch.equal(found[0], x[3, :, 4:9, 5:10]) and torch.equal(found[1], x[1, :, 0:5, 2:7])
    with pytest.raises(ValueError, match="two-dimensional convolution that reads these images"):
        exciting_patches(drawn, "output", x)
    with pytest.raises(ValueError, match="'conv7' is no layer"):
        exciting_patches(drawn, "conv7", x)


def test_a_made_input_excites_its_unit_more_than_noise_and_decay_keeps_it_small(drawn):
    made = made_input(drawn, "conv1", 1, (1, 12, 12))
    answer = drawn.module(0).conv1
    noise = torch.randn(1, 1, 12, 12) * made.std()
    assert answer(made[None])[0, 1].mean() > 3 * answer(noise)[0, 1].mean().abs()
    small = made_input(drawn, "conv1", 1, (1, 12, 12), decay=1.0)
    assert small.square().sum() < made.square().sum() / 4
    assert torch.equal(made, made_input(drawn, "conv1", 1, (1, 12, 12)))


@pytest.mark.parametrize("more, message", [({"decay": 0}, "decay is 0"), ({"unit": 2}, "unit is 2; 'conv1' has 2"),
                                           ({"layer": "relu1"}, "no layer of this stack that has weights")])
def test_what_does_not_fit_is_named(drawn, more, message):
    with pytest.raises(ValueError, match=message):
        made_input(drawn, **({"layer": "conv1", "unit": 0, "shape": (1, 12, 12)} | more))
