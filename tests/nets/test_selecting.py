"""Names and kinds mean what they say, and one that means nothing is not passed over in silence."""

import pytest
from torch import nn

from ticketlab import nets
from ticketlab.nets import Task

MLP = nets.mlp(Task((12,), 4), (16, 8), norm=True)
CNN = nets.conv1d(Task((12,), 4), width=6)


@pytest.mark.parametrize("net, chosen, names", [
    (MLP, "last layer", {"output.weight", "output.bias"}),
    (MLP, "first layer", {"hidden1.weight", "hidden1.bias"}),
    (MLP, "biases", {"hidden1.bias", "hidden2.bias", "output.bias"}),
    (MLP, "norms", {"norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"}),
    (MLP, "hidden", {"hidden1.weight", "hidden1.bias", "hidden2.weight", "hidden2.bias"}),
    (MLP, "hidden2", {"hidden2.weight", "hidden2.bias"}),
    (MLP, "hidden2.bias", {"hidden2.bias"}),
    (MLP, ("norm1", "output.bias"), {"norm1.weight", "norm1.bias", "output.bias"}),
    (CNN, "conv", {f"conv{n}.{part}" for n in (1, 2, 3) for part in ("weight", "bias")}),
    (CNN, "output", {"output.weight", "output.bias"}),
])
def test_a_name_or_a_kind_means_these_parameters(net, chosen, names):
    assert nets.selected(net, chosen) == names


def test_everything_is_everything():
    assert nets.selected(MLP, "everything") == {name for name, _ in MLP.named_parameters()}


def test_a_block_means_all_that_is_in_it_and_a_tied_weight_has_its_first_name():
    tied = nn.Linear(4, 4)
    net = nn.Sequential(nn.Sequential(tied, nn.ReLU()), tied, nn.Linear(4, 2))
    assert nets.selected(net, "0") == {"0.0.weight", "0.0.bias"} == nets.selected(net, "1")
    assert nets.selected(net, "last layer") == {"2.weight", "2.bias"}


@pytest.mark.parametrize("chosen, message", [
    ("hiden2", r"'hiden2' is no layer.*did you mean 'hidden2'\?.*layers \['hidden1', 'norm1'"),
    ("last_layer", "did you mean 'last layer'"),
    (["output", "bias"], "'bias' is no layer.*did you mean 'biases'"),
    ("xyz", r"it has the layers .* and the kinds \['everything', 'biases', 'norms', 'hidden', 'first layer', 'last layer'\]"),
])
def test_a_name_that_the_net_has_not_is_an_error_with_the_nearest_one(chosen, message):
    with pytest.raises(ValueError, match=message):
        nets.selected(MLP, chosen)


def test_a_kind_of_which_there_is_none_is_an_error():
    with pytest.raises(ValueError, match="'norms' means nothing in this net"):
        nets.selected(nets.mlp(Task((12,), 4), (16, 8)), "norms")
