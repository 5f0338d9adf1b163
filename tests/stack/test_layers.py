"""The rules of the layers: a stack computes what its networks compute alone, in every layout."""

import pytest
import torch
from torch import nn

from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.stack.layers import has_rules

SIGNAL, IMAGE, SMALL = Task((24,), 5), Task((3, 16, 16), 5), Task((3, 9, 8), 5)


class Doubled(nn.Module):
    """A layer with no batched rule: a stack of it runs one net after the other."""

    def forward(self, x):
        return 2 * x


TWICE = nn.Tanh()


NETS = {
    "mlp": (nets.mlp(SIGNAL, (7, 6)), SIGNAL),
    "mlp on images": (nets.mlp(IMAGE, (7,)), IMAGE),
    "conv1d": (nets.conv1d(SIGNAL, width=4), SIGNAL),
    "conv": (nets.conv(IMAGE, 4, width=3), IMAGE),
    "grouped convolution": (nn.Sequential(
        nn.BatchNorm2d(3), nn.Conv2d(3, 6, 3, groups=3, stride=2, bias=False), nn.AvgPool2d(2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5, bias=False)), IMAGE),
    "nested, batch norm between linear layers": (nn.Sequential(
        nn.Sequential(nn.BatchNorm1d(24), nn.Linear(24, 8), nn.BatchNorm1d(8), nn.Tanh()),
        nn.Linear(8, 5)), SIGNAL),
    "linear on sequences": (nn.Sequential(
        nn.Unflatten(1, (4, 6)), nn.Linear(6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 5)),
        SIGNAL),
    "resnet": (nets.resnet20(SMALL, width=4, depth=8), SMALL),
    "resnet, two blocks a stage": (nets.resnet20(SMALL, width=2, depth=14), SMALL),
    "vgg16": (nets.vgg16(IMAGE, width=2), IMAGE),
    "wide resnet": (nets.wide_resnet(SMALL, depth=10, widen=2), SMALL),
    "wide resnet, not widened": (nets.wide_resnet(SMALL, depth=10, widen=1), SMALL),
    "residual of linear layers": (nn.Sequential(
        nets.Residual({"hidden1": nn.Linear(24, 7), "tanh": nn.Tanh(),
                       "hidden2": nn.Linear(7, 24)}),
        nets.Residual({"hidden1": nn.Linear(24, 6)}, nn.Linear(24, 6, bias=False)),
        nn.ReLU(), nn.Linear(6, 5)), SIGNAL),
    "residual, its body before the first weights": (nn.Sequential(
        nets.Residual({"pool": nn.AvgPool2d(3, 1, 1)}, nn.Conv2d(3, 3, 1)),
        nn.Flatten(), nn.Linear(216, 5)), SMALL),
    "residual, its shortcut before the first weights": (nn.Sequential(
        nets.Residual({"tanh": nn.Tanh()}), nets.Residual({"conv1": nn.Conv2d(3, 3, 3, padding=1)}),
        nn.Flatten(), nn.Linear(216, 5)), SMALL),
    "residual, one branch linear and one a convolution": (nn.Sequential(
        nets.Residual({"conv1": nn.Conv2d(3, 3, 3, padding=1)}, nn.Linear(8, 8)),
        nn.Flatten(), nn.Linear(216, 5)), SMALL),
    "residual in a residual": (nn.Sequential(
        nets.Residual({"conv1": nn.Conv2d(3, 3, 3, padding=1),
                       "inner": nets.Residual({"norm1": nn.BatchNorm2d(3), "tanh": TWICE,
                                               "conv1": nn.Conv2d(3, 3, 3, padding=1),
                                               "again": TWICE}, nn.Identity())}),
        nn.Flatten(), nn.Linear(216, 5)), SMALL),
    "one activation used twice": (nn.Sequential(
        nn.Linear(24, 8), TWICE, nn.Linear(8, 5), TWICE), SIGNAL),
    "no rule": (nn.Sequential(
        nn.Linear(24, 8), Doubled(), nn.BatchNorm1d(8), nn.Linear(8, 5)), SIGNAL),
    "no rule inside a residual": (nn.Sequential(
        nets.Residual({"doubled": Doubled()}), nn.Linear(24, 5)), SIGNAL),
}


NO_RULES = ["no rule", "no rule inside a residual"]


def random_stack(net, replicates):
    """Values, statistics and biases that differ everywhere, so that no mix-up can hide; in float64,
    where the tolerance can be so small that none hides behind it."""
    drawn = stack.draw(net, range(replicates))
    generator = torch.Generator().manual_seed(0)
    for tensors in (drawn.parameters, drawn.buffers):
        for name, values in tensors.items():
            if values.is_floating_point():
                tensors[name] = torch.rand(values.shape, generator=generator) + 0.1
    return drawn.map(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)


def batches(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_only_the_nets_without_rules_run_one_after_the_other():
    assert [name for name, (net, _) in NETS.items() if not has_rules(net)] == NO_RULES


def test_a_subclass_of_a_residual_block_has_no_rule():
    class Scaled(nets.Residual):
        def forward(self, x):
            return 0.5 * super().forward(x)

    assert not has_rules(nn.Sequential(Scaled({"hidden1": nn.Linear(4, 4)})))


def test_layers_that_share_their_weights_have_no_rule_and_are_still_computed():
    tied = nn.Linear(6, 6)
    net = nn.Sequential(tied, nn.Tanh(), tied)
    assert not has_rules(net)
    x = torch.randn(4, 6)
    torch.testing.assert_close(stack.forward(stack.from_modules([net]), x, shared=True)[0], net(x))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("replicates", [1, 3])
@pytest.mark.parametrize("shared", [True, False])
def test_evaluating_a_stack_is_evaluating_each_net(name, replicates, shared):
    net, task = NETS[name]
    nets_together = random_stack(net, replicates)
    x = batches(*([] if shared else [replicates]), 6, *task.shape)
    outputs = stack.forward(nets_together, x, shared=shared)
    for r in range(replicates):
        alone = nets_together.module(r).double()(x if shared else x[r])
        torch.testing.assert_close(outputs[r], alone, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("layers, shape", [
    ([nn.ReLU(), nn.Linear(4, 3)], (4,)), ([nn.Flatten(), nn.ReLU(), nn.Linear(4, 3)], (2, 2)),
    ([nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3), nn.ReLU()], (4,)),
    ([nn.Linear(4, 4), nets.Residual({"relu": nn.ReLU(), "last": nn.Linear(4, 4)}), nn.ReLU()], (4,)),
    ([nn.Linear(4, 4), nets.Residual({"first": nn.Linear(4, 4), "relu": nn.ReLU()})], (4,)),
    ([nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 3, 3, padding=1), nn.ReLU(), nn.BatchNorm1d(3), nn.ReLU()], (4,)),
])
@pytest.mark.parametrize("shared", [True, False])
def test_without_gradients_relu_works_in_place_and_only_on_what_nobody_else_holds(layers, shape, shared):
    """Not on the examples, nor on what a residual block adds in the end; and with gradients nowhere,
    since the layer before it may need what it gave."""
    several = random_stack(nn.Sequential(*layers), 2)
    x = batches(*([] if shared else [2]), 6, *shape)
    before, parameters = x.clone(), several.clone().parameters
    with torch.no_grad():
        outputs = stack.forward(several, x, shared=shared)
    assert torch.equal(x, before)
    assert all(torch.equal(values, parameters[name]) for name, values in several.parameters.items())
    assert torch.equal(outputs, stack.forward(several, x, shared=shared))
    for r in range(2):
        alone = several.module(r).double()(x if shared else x[r])
        torch.testing.assert_close(outputs[r], alone, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", NETS)
def test_training_mode_gives_each_net_its_own_gradients_and_batch_statistics(name):
    net, task = NETS[name]
    together = random_stack(net, 3)
    modules = [together.module(r).double().train() for r in range(3)]
    x, target = batches(3, 6, *task.shape), batches(3, 6, 5)
    for values in together.parameters.values():
        values.requires_grad_()
    (stack.forward(together, x, training=True) - target).square().sum().backward()
    for r, module in enumerate(modules):
        (module(x[r]) - target[r]).square().sum().backward()
        for key, parameter in module.named_parameters():
            torch.testing.assert_close(together.parameters[key].grad[r], parameter.grad,
                                       rtol=1e-7, atol=1e-7)
        for key, buffer in module.named_buffers():
            torch.testing.assert_close(together.buffers[key][r], buffer, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("hook", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_and_a_forward_of_its_own_are_not_passed_by(hook):
    """What a net computes alone it computes in a stack, whatever is hung on its layers."""
    double = (lambda module, x, y: 2 * y) if hook == "register_forward_hook" else \
        (lambda module, x: (2 * x[0],))
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    for place in ("0", ""):
        net = torch.nn.Sequential(torch.nn.Linear(4, 2))
        assert has_rules(net)
        getattr(net.get_submodule(place), hook)(double)
        assert not has_rules(net)
        two = stack.draw(net, [0, 1], initialise=nets.torch_default)
        for each, output in enumerate(stack.forward(two, x, shared=True)):
            torch.testing.assert_close(output, two.module(each)(x))
    net = torch.nn.Sequential(torch.nn.Linear(4, 2))
    net[0].forward = lambda x: x[:, :2]
    assert not has_rules(net)


@pytest.mark.parametrize("replicates, outputs, halves", [(1, 10, 2), (1, 7, 1), (1, 500, 1), (2, 10, 2)])
def test_a_single_small_product_is_taken_as_two(replicates, outputs, halves, monkeypatch):
    """torch shares the sums of one small product out among its threads, so that its bits depend on their
    number, and training could never take the quicker one (``training.pace``). The gradient is the same."""
    net = nn.Sequential(nn.Linear(24, outputs))
    drawn = stack.draw(net, range(replicates))
    for values in drawn.parameters.values():
        values.requires_grad_()
    x, products, bmm = torch.randn(replicates, 9, 24), [], torch.bmm
    monkeypatch.setattr(torch, "bmm", lambda one, other: (products.append(len(one)), bmm(one, other))[1])
    weights = torch.randn(replicates, 9, outputs)
    (stack.forward(drawn, x, training=True) * weights).sum().backward()
    assert products == [halves]
    torch.testing.assert_close(drawn.parameters["0.weight"].grad, weights.mT @ x)
