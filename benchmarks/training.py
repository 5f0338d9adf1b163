"""Net-steps a second: stacks of R against a plain hand-written loop, and against the machine."""

import statistics
from types import SimpleNamespace

import torch
import torch.nn.functional as F

from benchmarks.machine import device, interleaved, matrix_product, memory_copy, ratio
from ticketlab import nets, stack
from ticketlab.training import Recipe
from ticketlab.training.loop import _batches
from ticketlab.training.pace import Paced
from ticketlab.training.side_by_side import shares, side_by_side
from ticketlab.training.trainer import Trainer

EXAMPLES = 10_000
STEPS = 40  # a call: threads begin, and numbers of them are tried, a few times in a training


def report() -> str:
    sizes = (1, 4, 8, 16) if device().type == "cpu" else (1, 4, 16, 64, 256)
    small = (1, 4, 8, 12, 16) if device().type == "cpu" else sizes
    lenet = Recipe("adam", lr=1.2e-3, batch=60, steps=10**9)
    cnn = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4, batch=100, steps=10**9)
    return "\n\n".join([
        _table("LeNet-300-100, batch 60, Adam", nets.mlp(nets.Task((1, 28, 28), 10)), (1, 28, 28),
               lenet, sizes),
        _table("small 1-D CNN of MNIST-1D, batch 100, SGD with momentum",
               nets.conv1d(nets.Task((40,), 10)), (40,), cnn, small)])


def _table(title: str, net, shape, recipe: Recipe, sizes) -> str:
    x = torch.randn(EXAMPLES, *shape, device=device())
    y = torch.randint(10, (EXAMPLES,), device=device())
    data = SimpleNamespace(x_train=x, y_train=y)
    product, product_flops = matrix_product()
    copy, copy_bytes = memory_copy()
    contestants = {"plain loop": _plain(net, x, y, recipe), "product": product, "copy": copy}
    contestants |= {f"R = {R}": stacked(net, data, recipe, R, STEPS) for R in sizes}
    times = interleaved(contestants, rounds=9)
    rate = product_flops / statistics.median(times.pop("product"))
    limit = rate / (_flops(net, shape) * recipe.batch)
    bandwidth = copy_bytes / statistics.median(times.pop("copy"))
    traffic = bandwidth / _bytes(net, recipe)
    plain = [s / STEPS for s in times["plain loop"]]
    lines = [f"{title}: net-steps a second",
             f"  limit by the matrix product ({rate / 1e9:,.0f} GFLOP/s): {limit:,.0f}",
             f"  limit by memory ({bandwidth / 1e9:.1f} GB/s) without caches: {traffic:,.0f}",
             f"  limit by both in turn: {1 / (1 / limit + 1 / traffic):,.0f}"]
    for name, seconds in times.items():
        R = int(name.split("= ")[1]) if "=" in name else 1
        per_net = [s / R / STEPS for s in seconds]
        speed = 1 / statistics.median(per_net)
        lines.append(f"  {name:<11}{speed:8,.0f}   x plain loop {ratio(per_net, plain)}"
                     f"   {speed / limit:4.0%} of the limit")
    return "\n".join(lines)


def _plain(net, x, y, recipe: Recipe):
    """What a careful person writes by hand: tensors in memory, the fused optimiser, no masks."""
    module = stack.draw(net, [0], device=device()).module().train()
    optimizer = (torch.optim.Adam(module.parameters(), lr=recipe.lr, fused=True)
                 if recipe.optimizer == "adam" else
                 torch.optim.SGD(module.parameters(), lr=recipe.lr, momentum=recipe.momentum,
                                 weight_decay=recipe.weight_decay, fused=True))

    def batches():
        while True:
            yield from torch.randperm(len(x), device=x.device).split(recipe.batch)[:-1]

    source = batches()

    def steps():
        for _ in range(STEPS):
            index = next(source)
            loss = F.cross_entropy(module(x[index]), y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return steps


def stacked(net, data, recipe: Recipe, replicates: int, steps: int):
    """A call that takes ``steps`` steps of the inner loop of ``ticketlab.train``, data order and
    augmentation included, shared out over threads as there."""
    drawn = stack.draw(net, range(replicates), device=device())
    shared = shares(drawn, slice(0, replicates), data.x_train[0], recipe.batch)
    most, trainers = torch.get_num_threads() if shared.free else 1, {}

    def some(part, moved):
        if part.start not in trainers:
            trainer = Trainer(drawn[part], recipe, None, None, [])
            paced = Paced(trainer, most, 10**9, data.x_train.shape[1:])
            batches = _batches(data, recipe, range(part.start, part.stop), 0, 10**9)
            trainers[part.start] = paced, paced.over(batches)
        paced, batches = trainers[part.start]
        for _ in range(steps):
            paced.step(*next(batches), recipe.lr)
            moved()

    return lambda: side_by_side(some, shared)


def _flops(net, shape) -> int:
    """Operations in matrix products and convolutions of one example's training step: forward, the
    gradient of the weights, and the gradient of the inputs for all layers but the first."""
    counts = []

    def hook(module, inputs, output):
        positions = output[0].numel() // module.weight.shape[0]
        counts.append(2 * module.weight.numel() * positions)

    handles = [module.register_forward_hook(hook) for module in net.modules()
               if hasattr(module, "weight") and module.weight.dim() > 1]
    net.eval()(torch.zeros(1, *shape))
    for handle in handles:
        handle.remove()
    return 3 * sum(counts) - counts[0]


def _bytes(net, recipe: Recipe) -> int:
    """Bytes one training step must move for its parameters: each is read by the forward pass and
    written as a gradient; the optimiser reads both, and reads and writes the parameter's state."""
    states = 2 if recipe.optimizer == "adam" else 1
    return (1 + 1 + 1 + 2 + 2 * states) * 4 * sum(p.numel() for p in net.parameters())
