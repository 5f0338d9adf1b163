"""The linearisation is one: equal at the start, straight in the weights, and trained by its own gradient."""

import pytest
import torch
import torch.nn.functional as F

from tests.training.test_loop import DATA, NETS, fit
from ticketlab import nets, stack
from ticketlab.landscape import linearise
from ticketlab.pruning import prunable
from ticketlab.training import Recipe

SGD = Recipe("sgd", lr=0.05, momentum=0.9, batch=10, steps=12, evaluate_every=12)
START = stack.draw(NETS["mlp"], range(2))


def moved(values, by):
    """The linearisation of START with every weight moved by ``by`` times a fixed direction."""
    direction = torch.randn(values.shape, generator=torch.Generator().manual_seed(1))
    return values + by * direction


def outputs(by):
    linear = linearise(START)
    for name in linear.parameters:
        if name.startswith("net."):
            linear.parameters[name] = moved(linear.parameters[name], by)
    return stack.forward(linear, DATA.x_test, shared=True).double()


def test_it_begins_as_the_network_and_is_straight_in_the_weights():
    begin = stack.forward(START, DATA.x_test, shared=True).double()
    torch.testing.assert_close(outputs(0), begin, rtol=1e-5, atol=1e-5)
    near, far = outputs(0.25) - begin, outputs(1.0) - begin
    torch.testing.assert_close(far, 4 * near, rtol=1e-3, atol=1e-4)
    small = {name: moved(values, 1e-3) for name, values in START.parameters.items()}
    true = stack.forward(stack.Stack(START.net, small, {}), DATA.x_test, shared=True).double() - begin
    # near the start they move alike, but for the few examples at the bend of a ReLU
    assert (outputs(1e-3) - begin - true).norm() < 0.05 * true.norm()
    assert not torch.allclose(outputs(1.0), stack.forward(stack.Stack(START.net, {
        name: moved(values, 1.0) for name, values in START.parameters.items()}, {}), DATA.x_test, shared=True).double(),
        atol=0.1), "the network itself is not straight"


def test_its_first_step_is_the_networks_and_its_later_ones_keep_the_gradients_of_the_start():
    one = SGD.with_(steps=1, evaluate_every=1)
    plain, linear = fit(START, one).stack, fit(linearise(START), one).stack
    for name, values in plain.parameters.items():
        torch.testing.assert_close(linear.parameters[f"net.{name}"], values, rtol=1e-4, atol=1e-6)
        assert torch.equal(linear.parameters[f"start.{name}"], START.parameters[name])
    run = fit(linearise(START), SGD).stack
    J = []
    net = START.module(0)
    for c in range(4):  # the function by hand: f(w0) + J (w - w0)
        grads = torch.autograd.grad(net(DATA.x_test[:1])[0, c], list(net.parameters()))
        J.append(sum((g * (run.parameters[f"net.{n}"][0] - START.parameters[n][0])).sum()
                     for (n, _), g in zip(net.named_parameters(), grads, strict=True)))
    expected = net(DATA.x_test[:1])[0] + torch.stack(J)
    torch.testing.assert_close(stack.forward(run, DATA.x_test[:1], shared=True)[0, 0], expected.detach(),
                               rtol=1e-3, atol=1e-4)


def test_it_trains_by_the_loop_together_as_alone_and_learns():
    run = fit(linearise(START), SGD.with_(steps=40, evaluate_every=40))
    alone = fit(linearise(START[1]), SGD.with_(steps=40, evaluate_every=40), order_seeds=[1])
    assert abs(run.last("test_loss")[1] - alone.last("test_loss")[0]) < 1e-4
    assert (run.last("test_loss") < run.curves["test_loss"][0]).all()
    scores = stack.forward(run.stack, DATA.x_test, shared=True)
    torch.testing.assert_close(F.cross_entropy(scores[0], DATA.y_test), run.last("test_loss")[0])


def test_weights_are_prunable_under_their_kinds_and_buffers_are_refused():
    assert list(prunable(linearise(START).net).values()) == ["hidden", "hidden", "output"]
    with pytest.raises(ValueError, match="buffers.*without batch normalisation"):
        linearise(stack.draw(nets.conv1d(DATA, 4), [0]))
