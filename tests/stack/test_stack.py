"""Stacks are made of networks, taken apart and joined, and networks that do not match are refused."""

import pytest
import torch
from torch import nn

from tests.stack.test_layers import NETS, SIGNAL, random_stack
from ticketlab import nets, stack


def test_a_stack_goes_to_modules_and_back():
    together = random_stack(NETS["conv1d"][0], 3)
    again = stack.from_modules([together.module(r) for r in range(3)])
    for field in ("parameters", "buffers"):
        for name, values in getattr(together, field).items():
            assert torch.equal(values, getattr(again, field)[name])


def test_parts_of_a_stack_and_stacks_joined():
    together = random_stack(NETS["mlp"][0], 4)
    joined = stack.concatenate([together[-1], together[:2], together[[2]]])
    assert joined.replicates == 4
    for name, values in together.parameters.items():
        assert torch.equal(joined.parameters[name], values[[3, 0, 1, 2]])
    with pytest.raises(IndexError):
        together[4]


def test_unequal_nets_are_refused_with_the_first_difference():
    with pytest.raises(ValueError, match=r"net 1 differs from net 0 in 'hidden1.weight': "
                                         r"\(7, 24\) against \(9, 24\)"):
        stack.from_modules([nets.mlp(SIGNAL, (7,)), nets.mlp(SIGNAL, (9,))])
    with pytest.raises(ValueError, match="stack 1 has another architecture.*hidden2"):
        stack.concatenate([stack.draw(nets.mlp(SIGNAL, (7,)), [0]),
                           stack.draw(nets.mlp(SIGNAL, (7, 7)), [0])])
    with pytest.raises(ValueError, match="the shapes agree, the modules do not"):
        stack.from_modules([nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
                            nn.Sequential(nn.Linear(2, 2), nn.Tanh())])


def test_empty_stacks_are_refused():
    with pytest.raises(ValueError, match="seeds is empty"):
        stack.draw(nets.mlp(SIGNAL), [])
    with pytest.raises(ValueError, match="no network to stack"):
        stack.from_modules([])
    with pytest.raises(ValueError, match="put an nn.Unflatten before"):
        stack.forward(stack.draw(nn.Sequential(nn.Conv1d(1, 2, 3)), [0]), torch.zeros(4, 24),
                      shared=True)
