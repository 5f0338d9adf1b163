"""Every seed draws all that trains, and nothing that is frozen."""

import pytest
import torch
from torch import nn

from ticketlab import nets, stack


@pytest.mark.parametrize("initialise", [nets.glorot_normal, nets.torch_default])
def test_attention_is_drawn_anew_by_every_seed(initialise):
    drawn = stack.draw(nn.MultiheadAttention(8, 2), [0, 1, 0], initialise)
    values = drawn.parameters["in_proj_weight"]
    assert torch.equal(values[0], values[2]) and not torch.equal(values[0], values[1])


def test_frozen_values_are_constants_of_the_net():
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    net[:2].requires_grad_(False)
    net[1].running_mean.fill_(7)
    drawn = stack.draw(net, [0, 1])
    for name in ("0.weight", "0.bias"):
        assert all(torch.equal(each, net.state_dict()[name]) for each in drawn.parameters[name])
    assert (drawn.buffers["1.running_mean"] == 7).all()
    assert not torch.equal(*drawn.parameters["2.weight"])


def test_a_parameter_that_no_seed_controls_is_named_with_the_cure():
    net = nn.Sequential(nn.Linear(2, 2))
    net.scale = nn.Parameter(torch.ones(2))
    with pytest.raises(ValueError, match=r"no seed controls \['scale'\].*reset_parameters"):
        stack.draw(net, [0])


def test_kaiming_and_its_signed_constant_have_the_spread_that_relu_wants():
    net = nets.mlp(nets.Task((50,), 10), (400, 200))
    normal, constant = (stack.draw(net, [0, 1], draw) for draw in (nets.kaiming_normal, nets.signed_constant))
    for name, inputs in (("hidden1", 50), ("hidden2", 400), ("output", 200)):
        spread = (2 / inputs) ** 0.5
        assert normal.parameters[f"{name}.weight"].std().item() == pytest.approx(spread, rel=0.05)
        signs = constant.parameters[f"{name}.weight"] / spread
        assert torch.allclose(signs.abs(), torch.ones(())), "one magnitude, and no zero"
        assert abs(signs.mean()) < 0.1 and not torch.equal(*signs)
        assert not normal.parameters[f"{name}.bias"].any() and not constant.parameters[f"{name}.bias"].any()
