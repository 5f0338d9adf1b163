"""1-D convolutions of a stack by matrix products: what each plain module computes, to the digit."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ticketlab import nets, stack
from ticketlab.stack import layers as batched
from ticketlab.stack import signals

R, N = 3, 4


def randomised(net, seed=0):
    """A stack of R nets in float64, its values and running statistics different everywhere, and
    exact in float32, as which a stack hands out its modules."""
    generator = torch.Generator().manual_seed(seed)
    return stack.draw(net, range(R)).map(
        lambda t: (torch.rand(t.shape, generator=generator) + 0.1).double()
        if t.is_floating_point() else t)


def inputs(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def check(net, x, training=True, shared=False):
    """Outputs, gradients (of the inputs too) and running statistics against each net alone."""
    together = randomised(net)
    modules = [together.module(r).double().train(training) for r in range(R)]
    for values in together.parameters.values():
        values.requires_grad_()
    x = x.requires_grad_()
    outputs = stack.forward(together, x, shared=shared, training=training)
    wanted = inputs(*outputs.shape, seed=2)
    (outputs * wanted).sum().backward()
    grad, x.grad = x.grad, None
    alone = [module(x if shared else x[r]) for r, module in enumerate(modules)]
    sum((own * w).sum() for own, w in zip(alone, wanted, strict=True)).backward()
    torch.testing.assert_close(outputs, torch.stack(alone), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(grad, x.grad, rtol=1e-8, atol=1e-8)
    for r, module in enumerate(modules):
        for name, parameter in module.named_parameters():
            torch.testing.assert_close(together.parameters[name].grad[r], parameter.grad,
                                       rtol=1e-8, atol=1e-8)
        for name, buffer in module.named_buffers():
            torch.testing.assert_close(together.buffers[name][r], buffer, rtol=1e-10, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(kernel=st.integers(1, 7), stride=st.integers(1, 5), padding=st.integers(0, 3),
       length=st.integers(7, 13), channels=st.sampled_from([1, 3, 8, 9]), bias=st.booleans(),
       shared=st.booleans())
def test_every_kernel_stride_and_padding_is_the_plain_convolution(
        kernel, stride, padding, length, channels, bias, shared):
    net = nn.Sequential(nn.Conv1d(channels, 5, kernel, stride, padding, bias=bias))
    check(net, inputs(*([] if shared else [R]), N, channels, length), shared=shared)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_the_net_of_lesson_05_has_each_nets_own_gradients_and_statistics(training, shared):
    net = nets.conv1d(nets.Task((40,), 10), width=9)
    check(net, inputs(*([] if shared else [R]), N, 40), training, shared)


def test_layers_between_convolutions_meet_the_right_layout():
    block = nets.Residual({"conv1": nn.Conv1d(8, 8, 3, padding=1), "norm1": nn.BatchNorm1d(8),
                           "tanh": nn.Tanh()}, nn.AvgPool1d(3, 1, 1))
    check(nn.Sequential(nn.Conv1d(2, 8, 4), block, nn.MaxPool1d(2), nn.BatchNorm1d(8),
                        nn.Conv1d(8, 8, 3, padding="same"), nn.Conv1d(8, 9, 2), nn.Linear(3, 4),
                        nn.Conv1d(9, 4, 2, groups=1), nn.Flatten(), nn.Linear(12, 5)),
          inputs(R, N, 2, 11))


def test_a_residual_block_whose_shortcut_has_met_no_weights():
    check(nn.Sequential(nets.Residual({"conv1": nn.Conv1d(8, 8, 3, padding=1)}), nn.Flatten()),
          inputs(N, 8, 9), shared=True)


def test_other_convolutions_and_autocast_keep_the_grouped_rule(monkeypatch):
    def refuse(*args):
        raise AssertionError("a convolution that batched_signals has no rule for")

    monkeypatch.setattr(signals, "convolution", refuse)
    for layer in (nn.Conv1d(8, 8, 3, dilation=2), nn.Conv1d(8, 8, 3, groups=2),
                  nn.Conv1d(8, 8, 3, padding="same")):
        check(nn.Sequential(layer, nn.BatchNorm1d(8), nn.Flatten()), inputs(R, N, 8, 9))
    drawn = stack.draw(nn.Sequential(nn.Conv1d(8, 8, 3), nn.BatchNorm1d(8)), range(R))
    with torch.autocast("cpu", torch.bfloat16):
        assert stack.forward(drawn, torch.zeros(R, N, 8, 9)).shape == (R, N, 8, 7)
    with pytest.raises(AssertionError, match="no rule"):
        stack.forward(drawn, torch.zeros(R, N, 8, 9))


def test_the_variance_keeps_its_digits_where_the_mean_is_large():
    """In float32 a mean of 1000 standard deviations would leave E x^2 - (E x)^2 no digit."""
    norm = nn.BatchNorm1d(8).train()
    x = torch.randn(R, 50, 8, 6, generator=torch.Generator().manual_seed(0)) + 1000
    together = stack.from_modules([norm] * R)
    run = batched._Run({f"n.{name}": t for name, t in together.parameters.items()},
                       {f"n.{name}": t for name, t in together.buffers.items()}, R, True)
    out, layout = run.batch_norm(norm, "n.", x.transpose(2, 3), "lengths")
    exact = copy.deepcopy(norm).double()
    assert layout == "lengths"
    torch.testing.assert_close(out[0].mT, exact(x[0].double()).float(), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(together.buffers["running_var"][0], exact.running_var.float(),
                               rtol=1e-4, atol=1e-4)


def test_the_same_call_gives_the_same_bits():
    def once():
        together = stack.draw(nets.conv1d(nets.Task((40,), 10)), range(R))
        for values in together.parameters.values():
            values.requires_grad_()
        x = torch.randn(R, 20, 40, generator=torch.Generator().manual_seed(0))
        stack.forward(together, x, training=True).square().sum().backward()
        return [*(values.grad for values in together.parameters.values()),
                *together.buffers.values()]

    assert all(torch.equal(a, b) for a, b in zip(once(), once(), strict=True))


def test_a_signal_shorter_than_the_kernel_and_a_single_value_are_refused():
    drawn = stack.draw(nn.Sequential(nn.Conv1d(8, 8, 5), nn.BatchNorm1d(8)), range(R))
    with pytest.raises(ValueError, match="length 4 .* kernel of 5"):
        stack.forward(drawn, torch.zeros(R, N, 8, 4))
    with pytest.raises(ValueError, match="more than 1 value"):
        stack.forward(drawn, torch.zeros(R, 1, 8, 5), training=True)


def test_a_second_derivative_is_refused_and_not_wrong():
    drawn = randomised(nn.Sequential(nn.Conv1d(8, 8, 3), nn.BatchNorm1d(8)))
    weight = drawn.parameters["0.weight"].requires_grad_()
    loss = stack.forward(drawn, inputs(R, N, 8, 9), training=True).square().sum()
    (grad,) = torch.autograd.grad(loss, weight, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()
