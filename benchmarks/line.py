"""Nets evaluated a second along lines between solutions: a stack against plain modules in turn.

Both do the same work for each of 30 points x 3 replicates: interpolate, measure the batch-norm
statistics on the training split, evaluate on the test split. One at a time they are timed on a
sample of the line's nets, since each costs the same, in the stack's batches and in larger ones.
"""

import copy
import statistics
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.machine import device, interleaved, ratio
from ticketlab import landscape, nets, stack

POINTS, REPLICATES, TRAIN, TEST = 30, 3, 3500, 1000  # the sizes of MNIST-1D
SAMPLE = 10


def report() -> str:
    task = nets.Task((40,), 10)
    return "\n\n".join([_table("small 1-D CNN of MNIST-1D", nets.conv1d(task), (100, 500)),
                        _table("MLP 40-300-100-10", nets.mlp(task), (100, 500))])


def _table(title: str, net, batches) -> str:
    data = _data()
    a, b = (stack.draw(net, range(first, first + REPLICATES), device=device()) for first in (0, 10))
    contestants = {f"one at a time, batch {batch}": _plain(a, b, data, batch) for batch in batches}
    contestants["one stack"] = _stacked(a, b, data)
    times = interleaved(contestants, rounds=5)
    per_net = {name: [t / (POINTS * REPLICATES if name == "one stack" else SAMPLE) for t in seconds]
               for name, seconds in times.items()}
    ours = per_net["one stack"]
    lines = [f"a line of {POINTS} nets, R = {REPLICATES}, {title}: nets evaluated a second"]
    for name, seconds in per_net.items():
        lines.append(f"  {name:<25}{1 / statistics.median(seconds):8,.1f}"
                     f"   its time over the stack's {ratio(ours, seconds)}")
    return "\n".join(lines)


def _data():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(TRAIN + TEST, 40, generator=generator).to(device())
    y = torch.randint(10, (TRAIN + TEST,), generator=generator).to(device())
    return SimpleNamespace(x_train=x[:TRAIN], x_test=x[TRAIN:], y_test=y[TRAIN:])


def _stacked(a, b, data):
    return lambda: landscape.line(a, b, data, points=POINTS, progress=False)


def _plain(a, b, data, batch: int):
    """What a careful person writes by hand: one module, overwritten in place for every point."""
    one, two = a.module(0), b.module(0)
    between = copy.deepcopy(one)
    norms = [layer for layer in between.modules() if isinstance(layer, nn.BatchNorm1d)]
    for layer in norms:
        layer.momentum = None
    shuffled = torch.randperm(TRAIN, device=data.x_train.device).split(batch)

    @torch.no_grad()
    def evaluate_some():
        for alpha in torch.linspace(0, 1, SAMPLE).tolist():
            for p, q, mixed in zip(one.parameters(), two.parameters(), between.parameters(),
                                   strict=True):
                torch.lerp(p, q, alpha, out=mixed)
            if norms:
                between.train()
                for layer in norms:
                    layer.reset_running_stats()
                for index in shuffled:
                    between(data.x_train[index])
            outputs = between.eval()(data.x_test)
            F.cross_entropy(outputs, data.y_test).item()
            (outputs.argmax(1) != data.y_test).float().mean().item()

    return evaluate_some
