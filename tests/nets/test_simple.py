"""The smallest nets are those of the papers, and a seed decides every value in them."""

import pytest
import torch
from torch import nn

from ticketlab import nets, stack
from ticketlab.nets import Task

MNIST, CIFAR, SIGNAL = Task((1, 28, 28), 10), Task((3, 32, 32), 10), Task((40,), 10)


def test_lenet_has_the_papers_266200_weights_and_410_biases():
    assert nets.count(nets.mlp(MNIST)) == {"weights": 266_200, "others": 410}


def test_small_cnn_is_the_calibrated_one():
    assert sum(nets.count(nets.conv1d(SIGNAL)).values()) == 8_202


@pytest.mark.parametrize("net, task", [
    (nets.mlp(MNIST), MNIST), (nets.mlp(SIGNAL, hidden=()), SIGNAL), (nets.conv1d(SIGNAL), SIGNAL),
    (nets.conv1d(Task((3, 17), 4)), Task((3, 17), 4))])
def test_every_net_reads_a_batch_and_gives_class_scores(net, task):
    assert net.eval()(torch.randn(5, *task.shape)).shape == (5, task.classes)


@pytest.mark.parametrize("make, message", [
    (lambda: nets.conv1d(CIFAR), r"signals.*\(3, 32, 32\).*nets.conv"),
    (lambda: nets.mlp(MNIST, hidden=(300, 0)), r"widths are \(300, 0\).*at least 1"),
])
def test_a_net_that_cannot_be_says_why(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_equal_seeds_give_equal_nets_and_other_seeds_other_nets():
    drawn = stack.draw(nets.conv1d(SIGNAL), [7, 8, 7])
    for name, values in drawn.parameters.items():
        assert torch.equal(values[0], values[2])
        if values[0].dim() > 1:
            assert not torch.equal(values[0], values[1]), name


def test_every_weight_is_under_the_control_of_the_seed_whatever_the_template_holds():
    """A known bug elsewhere: an initialisation that no seed controls."""
    one, other = nets.mlp(SIGNAL), nets.mlp(SIGNAL)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(99.0)
    a, b = stack.draw(one, [3]), stack.draw(other, [3])
    assert all(torch.equal(a.parameters[name], b.parameters[name]) for name in a.parameters)


def test_a_parameter_that_no_layer_can_redraw_is_refused_by_name():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))

    with pytest.raises(ValueError, match=r"no seed controls \['scale'\] of 1 \(Scaled\)"):
        stack.draw(nn.Sequential(nn.Linear(3, 3), Scaled()), [0])


def test_glorot_has_the_papers_spread():
    weights = stack.draw(nets.mlp(MNIST), range(2)).parameters["hidden1.weight"]
    assert weights.std().item() == pytest.approx((2 / (784 + 300)) ** 0.5, rel=0.01)
    assert weights.mean().item() == pytest.approx(0, abs=1e-3)


def test_drawing_leaves_the_global_random_state_alone():
    net = nets.mlp(SIGNAL)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    stack.draw(net, range(2))
    assert torch.equal(torch.rand(3), expected)


def test_batch_normalisation_stands_between_a_hidden_layer_and_its_relu():
    net = nets.mlp(SIGNAL, (6, 5), norm=True)
    assert list(dict(net.named_children())) == ["hidden1", "norm1", "relu1", "hidden2", "norm2", "relu2", "output"]
    assert (net.norm1.num_features, net.norm2.num_features) == (6, 5) and stack.draw(net, [0]).runs_as_one
