"""What is counted of a network, by hand."""

import torch
from torch import nn

from ticketlab import nets, stack
from ticketlab.nets import Task


def test_products_outputs_layers_and_values_of_a_multilayer_perceptron():
    found = stack.work(nets.mlp(Task((1, 6), 3), (8,)), torch.zeros(1, 6))
    # flatten 6, hidden 8, ReLU 8, output 3
    assert found == (6 * 8 + 8 * 3, 6 + 8 + 8 + 3, 8, 4, 48 + 8 + 24 + 3)


def test_a_convolution_multiplies_at_every_position():
    found = stack.work(nn.Sequential(nn.Conv2d(2, 4, 3, padding=1)), torch.zeros(2, 5, 7))
    assert found[:4] == (2 * 4 * 9 * 35, 4 * 35, 4 * 35, 1)


def test_counting_leaves_no_trace():
    class Counts(nn.Linear):
        calls = 0

        def forward(self, x):
            self.calls += 1
            torch.rand(3)
            return super().forward(x)

    net, before = nn.Sequential(Counts(4, 2)), torch.get_rng_state()
    net.train()
    assert stack.work(net, torch.zeros(4)).products == 8
    assert net[0].calls == 0 and net.training and not net[0]._forward_hooks
    assert torch.equal(torch.get_rng_state(), before)


def test_a_net_that_takes_no_single_example_has_no_count():
    class Two(nn.Linear):
        def forward(self, x):
            assert len(x) == 2
            return super().forward(x)

    assert stack.work(Two(4, 2), torch.zeros(4)) is None
