"""Chains of linear layers: the values, gradients and second derivatives of torch's own operations."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as any_of
from torch import nn

from ticketlab import stack
from ticketlab.stack.linear import Layer, chain

R, N = 3, 5


def plainly(x, layers):
    for weight, bias, relu in layers:
        x = torch.einsum("rni,roi->rno", x, weight)
        x = x if bias is None else x + bias[:, None]
        x = x.relu() if relu else x
    return x


def drawn(widths, relu, biased=None, seed=0):
    """An x [R, N, widths[0]], and layers of those widths, in float64; all of them want gradients."""
    source = torch.Generator().manual_seed(seed)
    values = lambda *shape: torch.randn(shape, dtype=torch.float64, generator=source).requires_grad_()
    biased = [True] * len(relu) if biased is None else biased
    return values(R, N, widths[0]), [
        Layer(values(R, after, before), values(R, after) if has else None, own)
        for before, after, own, has in zip(widths, widths[1:], relu, biased, strict=False)]


def tensors(x, layers):
    return [x, *(each for layer in layers for each in layer[:2] if each is not None)]


@given(any_of.lists(any_of.integers(1, 10), min_size=2, max_size=5), any_of.data())
def test_values_and_gradients_are_those_of_plain_operations(widths, data):
    """Whatever the widths, thin ones too, where ReLU stands, which layers have a bias, and what is frozen."""
    each = any_of.lists(any_of.booleans(), min_size=len(widths) - 1, max_size=len(widths) - 1)
    x, layers = drawn(widths, data.draw(each), data.draw(any_of.just(None) | each))
    wanted = [one for one in tensors(x, layers) if data.draw(any_of.booleans())]
    for one in tensors(x, layers):
        one.requires_grad_(any(one is other for other in wanted))
    found, expected = chain(x, layers), plainly(x, layers)
    torch.testing.assert_close(found, expected)
    if wanted:
        torch.testing.assert_close(*(torch.autograd.grad(y.sin().sum(), wanted, allow_unused=True)
                                     for y in (found, expected)))


def test_a_second_derivative_finds_its_way():
    """What a layer gives is saved for the way back: were it no output of the operation, a curvature would
    lack every term that leads through it, without a word."""
    x, layers = drawn([4, 6, 5, 3], [True, True, False])
    assert torch.autograd.gradgradcheck(
        lambda *given: chain(given[0], [Layer(*given[1 + 2 * k:3 + 2 * k], own.relu)
                                        for k, own in enumerate(layers)]), tensors(x, layers))


@pytest.mark.parametrize("gradients", [True, False])
def test_what_was_given_stays_as_it_was(gradients):
    """ReLU works in place on what a layer gives, never on what it was given."""
    x, layers = drawn([4, 4], [True])
    before = x.detach().clone()
    with torch.set_grad_enabled(gradients):
        chain(x, layers)
    assert torch.equal(x, before) and (before < 0).any()


def test_a_layer_acts_on_the_last_dimension():
    x, layers = drawn([4, 6, 3], [True, False])
    x = x.detach()[:, :, None, None].expand(R, N, 2, 7, 4)
    torch.testing.assert_close(chain(x, layers)[:, :, 1, 4], plainly(x[:, :, 1, 4], layers))


def test_under_autocast_every_product_has_sixteen_bits():
    x, layers = drawn([4, 6, 3], [True, False])
    x, layers = x.float(), [Layer(weight.float(), bias.float(), relu) for weight, bias, relu in layers]
    with torch.autocast("cpu", torch.bfloat16):
        assert chain(x, layers).dtype == torch.bfloat16


def test_layers_side_by_side_are_one_operation():
    """Which is what makes small steps quick: in a stack of MLPs nothing else stands between input and
    output; a layer in between divides it."""
    def operations(*layers):
        net = nn.Sequential(*layers)
        y, names = stack.forward(_trained(net), torch.randn(2, 3, 4)).grad_fn, []
        while y is not None and "AccumulateGrad" not in type(y).__name__:
            names.append(type(y).__name__)
            y = next((before for before, _ in y.next_functions if before is not None), None)
        return names

    linear = nn.Linear(4, 4)
    assert operations(linear, nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)) == ["_ChainBackward"]
    assert operations(linear, nn.Tanh(), nn.Linear(4, 4)).count("_ChainBackward") == 2
    assert operations(linear, nn.ReLU(), nn.ReLU()) == ["_ChainBackward"]


def _trained(net):
    drawn_stack = stack.draw(net, range(2))
    for each in drawn_stack.parameters.values():
        each.requires_grad_()
    return drawn_stack
