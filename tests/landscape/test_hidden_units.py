"""Which tensors write and read hidden units, and which nets are named as out of reach."""

import pytest
from torch import nn

from ticketlab import nets
from ticketlab.landscape import hidden
from ticketlab.nets import Task

SIGNAL, IMAGE = Task((40,), 10), Task((3, 8, 8), 10)


def test_the_units_of_an_mlp_and_of_a_cnn_with_their_readers():
    found = hidden(nets.mlp(SIGNAL, (30, 20)))
    assert {layer: (own.size, own.reader, own.each, own.activation) for layer, own in found.items()} == {
        "hidden1": (30, "hidden2.weight", 1, "ReLU"), "hidden2": (20, "output.weight", 1, "ReLU")}
    last = hidden(nets.conv1d(SIGNAL, width=6))["conv3"]
    assert (last.size, last.reader, last.each, last.norm) == (6, "output.weight", 5, "norm3")
    assert last.rows == ("conv3.weight", "conv3.bias", "norm3.weight", "norm3.bias",
                         "norm3.running_mean", "norm3.running_var")


def test_between_two_linear_layers_nothing_acts():
    assert hidden(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)))["0"].activation is None
    assert list(hidden(nn.Sequential(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2)))) == ["0.0"]


SHARED = nn.Linear(4, 4)


@pytest.mark.parametrize("net, message", [
    (nets.resnet20(IMAGE, depth=8), "a skip connection, whose hidden units have no single writer and reader"),
    (nn.Sequential(nn.Conv1d(4, 4, 3, groups=2), nn.Flatten(), nn.Linear(8, 2)), "a convolution in 2 groups"),
    (nn.Sequential(SHARED, nn.ReLU(), SHARED), "'2' is used twice"),
    (nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 2)), "'1' is LayerNorm"),
    (nn.Linear(3, 2), "the net is a Linear"),
])
def test_nets_whose_units_cannot_be_told_are_named(net, message):
    with pytest.raises(ValueError, match=message):
        hidden(net)
