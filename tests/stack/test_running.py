"""What networks with layers that draw, or with other outputs, give."""

import pytest
import torch
from torch import nn

from ticketlab import stack


def test_noise_decides_what_each_network_draws():
    drawn = stack.draw(nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5)), range(2))
    x = torch.ones(2, 3, 6)
    first = stack.forward(drawn, x, training=True, noise=[4, 5])
    torch.rand(3)
    assert torch.equal(first, stack.forward(drawn, x, training=True, noise=[4, 5]))
    other = stack.forward(drawn, x, training=True, noise=[4, 6])
    assert torch.equal(first[0], other[0]) and not torch.equal(first[1], other[1])


@pytest.mark.parametrize("give, pick", [(lambda y: (y, y), "0"), (lambda y: {"scores": y}, "'scores'")])
def test_what_is_no_tensor_is_named_with_the_lines_that_pick_the_scores(give, pick):
    class Net(nn.Linear):
        def forward(self, x):
            return give(super().forward(x))

    drawn = stack.draw(Net(6, 2), range(2))
    with pytest.raises(ValueError, match=rf"(?s)forward of Net gives a .*super\(\).forward\(x\)\[{pick}\]"):
        stack.forward(drawn, torch.ones(2, 3, 6))
