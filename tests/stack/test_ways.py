"""Whichever way R networks are computed, each gets what it would get alone; and the way is said."""

import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as some
from torch import nn

from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.stack import ways

IMAGES = Task((3, 8, 8), 5)


class Own(nn.Module):
    """A network of one's own: what stands in ``extra`` between two linear layers."""

    def __init__(self, extra=None, tied=False):
        super().__init__()
        self.first, self.last, self.extra = nn.Linear(12, 12), nn.Linear(12, 5), extra or nn.Identity()
        if tied:
            self.second = nn.Linear(12, 12)
            self.second.weight = self.first.weight

    def forward(self, x):
        x = self.extra(F.silu(self.first(x)))
        return self.last(self.second(x) if hasattr(self, "second") else x)


class Recalls(Own):
    def forward(self, x):
        self.seen = super().forward(x)
        return self.seen


class Counts(Own):
    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        return super().forward(x)


class Decides(Own):
    """What vmap cannot take: a question about values."""

    def forward(self, x):
        return super().forward(x) * (2 if x.sum() > 0 else 1)


class Wavers(Own):
    """The same in training alone."""

    def forward(self, x):
        return super().forward(x) * (2 if self.training and x.sum() > 0 else 1)


class Signals(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.last = nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.Linear(40, 5)

    def forward(self, x):
        return self.last(F.silu(self.norm(self.conv(x[:, None]))).flatten(1))


FAMILIES = {
    "mlp": (lambda: nets.mlp(Task((12,), 5), (9, 7)), (12,)),
    "cnn of signals": (lambda: nets.conv1d(Task((12,), 5), width=8), (12,)),
    "cnn of images": (lambda: nets.conv(IMAGES, 2, 4), (3, 8, 8)),
    "resnet": (lambda: nets.resnet20(IMAGES, width=4, depth=8), (3, 8, 8)),
    "own": (Own, (12,)), "own, batch norm": (lambda: Own(nn.BatchNorm1d(12)), (12,)),
    "own, dropout": (lambda: Own(nn.Dropout(0.5)), (12,)), "own, tied": (lambda: Own(tied=True), (12,)),
    "own, signals": (Signals, (12,)), "own, counts": (Counts, (12,)), "own, recalls": (Recalls, (12,)),
    "own, decides": (Decides, (12,)), "own, wavers": (Wavers, (12,)),
}


def compared(net, shape, replicates, batch, shared, training):
    """Outputs, gradients and running statistics of a stack, against those of each network alone."""
    drawn = stack.draw(net, range(replicates))
    for values in drawn.buffers.values():  # each network's own, as after training
        if values.is_floating_point():
            values += 0.5 * torch.rand(values.shape, generator=torch.Generator().manual_seed(2))
    lead = (batch,) if shared else (replicates, batch)
    x = torch.randn(*lead, *shape, generator=torch.Generator().manual_seed(1))
    seeds, weights = range(5, 5 + replicates), torch.arange(1.0, 6.0)
    ours, modules = drawn.clone(), [drawn.module(each) for each in range(replicates)]
    for values in ours.parameters.values():
        values.requires_grad_()
    outputs = stack.forward(ours, x, shared=shared, training=training, noise=seeds)
    (F.softplus(outputs) * weights).sum().backward()
    for each in range(replicates):
        alone = modules[each].train(training)
        torch.manual_seed(seeds[each])
        wanted = alone(x if shared else x[each])
        (F.softplus(wanted) * weights).sum().backward()
        torch.testing.assert_close(outputs[each], wanted, rtol=1e-4, atol=1e-4)
        for name, values in alone.named_parameters():
            torch.testing.assert_close(ours.parameters[name].grad[each], values.grad, rtol=1e-3, atol=1e-3)
        for name, values in alone.named_buffers():
            torch.testing.assert_close(ours.buffers[name][each], values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=6)
@given(replicates=some.integers(1, 4), batch=some.integers(2, 6), shared=some.booleans(),
       training=some.booleans(), large=some.sampled_from([1, 2**16, 2**30]))
@example(replicates=3, batch=4, shared=False, training=True, large=1)
@example(replicates=2, batch=4, shared=True, training=False, large=1)
def test_each_network_gets_what_it_gets_alone(family, replicates, batch, shared, training, large):
    """``large``: the convolutions of images one after the other, as they come, or always as one."""
    make, shape = FAMILIES[family]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "LARGE", large)
        compared(make(), shape, replicates, batch, shared, training)


@pytest.mark.parametrize("family, way", [
    ("mlp", "computed together, for every layer has a rule"),
    ("resnet", "one after the other where a layer gives 65,536 numbers or more"),
    ("own", "computed together by torch.func.vmap, for not every layer has a rule"),
    ("own, batch norm", "computed together by torch.func.vmap, for not every layer has a rule"),
    ("own, tied", "computed together by torch.func.vmap, for not every layer has a rule"),
    ("own, signals", "computed together by torch.func.vmap, for not every layer has a rule"),
    ("own, dropout", "one after the other.*Dropout draws random numbers, for each net its own"),
    ("own, counts", "one after the other.*its forward changes the net"),
    ("own, recalls", "one after the other.*its forward changes the net"),
    ("own, decides", "one after the other.*vmap does not take it"),
    ("own, wavers", "one after the other.*vmap does not take it"),
])
def test_a_printed_stack_says_which_way_is_taken_and_why(family, way):
    make, shape = FAMILIES[family]
    drawn = stack.draw(make(), range(3))
    stack.forward(drawn, torch.zeros(3, 4, *shape))
    assert re.search(way, repr(drawn)), repr(drawn)


def test_a_stack_says_that_vmap_is_still_to_be_tried():
    assert "if that takes them" in repr(stack.draw(Own(), range(2)))


@pytest.mark.parametrize("net, shape, batch, apart", [
    (nets.conv(Task((3, 32, 32), 10), 2, 8), (3, 32, 32), 60, True),
    (nets.resnet20(Task((3, 32, 32), 10), width=4), (3, 32, 32), 32, True),
    (nets.conv(IMAGES, 2, 4), (3, 8, 8), 32, False),
    (nets.mlp(Task((3, 32, 32), 10)), (3, 32, 32), 1000, False),
    (nets.conv1d(Task((40,), 10)), (40,), 1000, False)])
def test_only_large_batches_of_images_go_one_network_after_the_other(net, shape, batch, apart, monkeypatch):
    """As measured: one grouped convolution is twice as quick where it is small, and slower where large."""
    assert ways.apart(net, torch.zeros(batch, *shape), 1) is apart
    assert ways.apart(net, torch.zeros(2, batch, *shape), 2) is apart
    assert not ways.apart(net, torch.zeros(batch, *shape, device="meta"), 1)


def test_a_hook_sees_one_network_after_the_other_and_no_trial():
    seen, net = [], Own()
    net.last.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    drawn = stack.draw(net, range(3))
    stack.forward(drawn, torch.zeros(3, 4, 12))
    assert seen == [(4, 5)] * 3 and "a hook may look at single networks" in drawn.way
    assert stack.work(drawn.net, torch.zeros(12)) is None and len(seen) == 3


def test_vmap_is_asked_once_a_network(monkeypatch):
    asked, tried = [], ways._tried
    monkeypatch.setattr(ways, "_tried", lambda *given: asked.append(1) or tried(*given))
    drawn = stack.draw(Own(), range(3))
    for _ in range(3):
        stack.forward(drawn[:2], torch.zeros(2, 4, 12))
    assert len(asked) == 1
