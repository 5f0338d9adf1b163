"""The experiment of lesson 04, levels x arms x replicates, against the same work as a plain loop.

Both do the same: iterative pruning of three replicates, then controls under the masks found. The
plain loop is what a careful person writes by hand: one network after the other, tensors in memory,
the fused optimiser, masks applied after every step, the same evaluations.
"""

import copy
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

from benchmarks.machine import device, synchronise
from ticketlab import lottery, nets, scales, stack
from ticketlab.lottery import searching
from ticketlab.pruning import magnitude, masks, prune
from ticketlab.training import loop as training

ARMS = ["reinit", "random", "one_shot"]


def report(steps: int | None = None) -> str:
    scale = scales.named("quick")
    loaded = scale.load().to(device())
    recipe = scale.recipe.with_(steps=steps or scale.recipe.steps)
    net = nets.mlp(loaded)
    marks = [scale.levels // 3, 2 * scale.levels // 3, scale.levels]
    seconds, inside = {}, _Inside()
    with inside:
        seconds["search"] = _timed(lambda: lottery.search(
            net, loaded, recipe, levels=scale.levels, rate=scale.rate,
            replicates=scale.replicates, progress=False))
        tickets = seconds["search"][1]
        seconds["controls"] = _timed(lambda: lottery.controls(tickets, ARMS, levels=marks,
                                                              progress=False))
    plain = {"search": _timed(lambda: _plain_search(net, loaded, recipe, scale)),
             "controls": _timed(lambda: _plain_controls(tickets, marks))}
    R = scale.replicates
    count = {"search": (scale.levels + 1) * R * recipe.steps,
             "controls": len(ARMS) * len(marks) * R * recipe.steps}
    ours, theirs = (sum(each[0] for each in two.values()) for two in (seconds, plain))
    lines = [f"lesson 04 on MNIST-1D, MLP 40-300-100-10: {scale.levels + 1} levels, {len(ARMS)} arms "
             f"at {len(marks)} levels, {R} replicates, {recipe.steps} steps each"]
    for part in seconds:
        a, b = seconds[part][0], plain[part][0]
        lines.append(f"  {part:<9} {count[part]:7,} net-steps: {a:5.1f} s, {count[part] / a:6,.0f}/s; "
                     f"plain loop {b:5.1f} s, {count[part] / b:6,.0f}/s; {b / a:.2f}x")
    lines += [f"  together {ours:.1f} s against {theirs:.1f} s: {theirs / ours:.2f}x",
              f"  outside training (pruning, checks, arms): {1 - inside.seconds / ours:.1%}",
              _memory(20)]
    if torch.cuda.is_available():
        lines.append(_paper())
    return "\n".join(lines)


class _Inside:
    """Seconds spent in ``training.train``, wherever the lottery calls it."""

    seconds = 0.0

    def __enter__(self):
        self.original = searching.train

        def train(*arguments, **more):
            began = time.perf_counter()
            run = self.original(*arguments, **more)
            synchronise()
            self.seconds += time.perf_counter() - began
            return run

        searching.train = train

    def __exit__(self, *_):
        searching.train = self.original


def _timed(work):
    synchronise()
    began = time.perf_counter()
    result = work()
    synchronise()
    return time.perf_counter() - began, result


def _plain_search(net, data, recipe, scale) -> None:
    for seed in range(scale.replicates):
        one = stack.draw(net, [seed], device=data.x_train.device)
        initial, held = one.module(), masks.dense(one)
        trained = _plain_train(initial, held, data, recipe, seed)
        for _ in range(scale.levels):
            held = prune(stack.from_modules([trained]), held, rate=scale.rate, score=magnitude)
            trained = _plain_train(initial, held, data, recipe, seed)


def _plain_controls(tickets, levels) -> None:
    """The masks come from the arms: making them is a thousandth of the work."""
    for arm in ARMS:
        for level in levels:
            start = lottery.ARMS[arm](tickets, tickets.trials[level])
            networks = getattr(start.moment, "stack", start.moment)
            for replicate in range(networks.replicates):
                own = {name: mask[replicate:replicate + 1] for name, mask in start.masks.items()}
                _plain_train(networks.module(replicate), own, tickets.data, tickets.recipe, replicate)


def _plain_train(initial, held, data, recipe, seed):
    """One network, as one would write it without a library for stacks."""
    module = copy.deepcopy(initial).train()
    pairs = [(module.get_parameter(name), mask[0].float()) for name, mask in held.items()]
    optimizer = torch.optim.Adam(module.parameters(), lr=recipe.lr, fused=True)
    generator = torch.Generator().manual_seed(seed)
    step = 0
    while step < recipe.steps:
        shuffled = torch.randperm(len(data.x_train), generator=generator).to(data.x_train.device)
        for index in shuffled.split(recipe.batch)[:len(shuffled) // recipe.batch]:
            if step == recipe.steps:
                break
            loss = F.cross_entropy(module(data.x_train[index]), data.y_train[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for parameter, mask in pairs:
                    parameter.mul_(mask)
                step += 1
                if step % recipe.evaluate_every == 0:
                    for x, y in ((data.x_val, data.y_val), (data.x_test, data.y_test)):
                        outputs = module(x)
                        F.cross_entropy(outputs, y).item(), (outputs.argmax(1) == y).sum().item()
    return module


def _memory(replicates: int) -> str:
    """Of LeNet-300-100 on data of MNIST's size, in a process of its own: nothing else is counted."""
    if device().type == "cpu" and not sys.platform.startswith("linux"):
        return "  memory: measured on Linux and on GPUs only"
    code = f"""
import pathlib, re, torch, ticketlab as tl
from ticketlab.training.orders import order
from ticketlab.training.trainer import Trainer
net = tl.nets.mlp(tl.nets.Task((1, 28, 28), 10))
x, y = torch.randn(55_000, 1, 28, 28), torch.randint(10, (55_000,))
def kilobytes(kind):
    return int(re.search(kind + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
before = kilobytes("VmRSS")
nets = tl.draw(net, range({replicates}), device="{device().type}")
x, y = x.to(nets.device), y.to(nets.device)
trainer = Trainer(nets, tl.Recipe(batch=60), tl.masks.dense(nets), None, [])
for index in order(55_000, 60, range({replicates}), 0, 20, nets.device):
    trainer.step(x[index], y[index], 1e-3)
if nets.device.type == "cuda":
    print(torch.cuda.max_memory_allocated() / 2**20)
else:
    print((kilobytes("VmHWM") - before) / 2**10)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    values = replicates * sum(p.numel() for p in nets.mlp(nets.Task((1, 28, 28), 10)).parameters())
    return (f"  memory of {replicates} LeNet-300-100 in training: {float(done.stdout):,.0f} MiB; their "
            f"weights, gradients and Adam's two states alone are {4 * 4 * values / 2**20:,.0f} MiB")


def _paper(steps: int = 500) -> str:
    """On a GPU: the experiment of Frankle & Carbin 2019 at full size, from a measured part of it."""
    task, R, warm = nets.Task((1, 28, 28), 10), 5, steps // 10
    x, y = torch.randn(55_000, 1, 28, 28, device=device()), torch.randint(10, (55_000,), device=device())
    recipe = scales.named("paper").recipe

    def pace(replicates):
        networks = stack.draw(nets.mlp(task), range(replicates), device=device())
        trainer = training.Trainer(networks, recipe, masks.dense(networks), None, [])
        batches = list(training.order(55_000, 60, range(replicates), 0, steps + warm, device()))
        for index in batches[:warm]:
            trainer.step(x[index], y[index], 1e-3)
        seconds = _timed(lambda: [trainer.step(x[index], y[index], 1e-3) for index in batches[warm:]])[0]
        return seconds / steps

    # 21 levels one after the other; reinit of the 20 pruned ones side by side
    seconds = 50_000 * (21 * pace(R) + pace(20 * R))
    return (f"  paper scale, {R} replicates x 21 levels x 2 arms x 50,000 steps, without evaluations: "
            f"{seconds / 60:.1f} minutes, extrapolated from {steps} steps of each stack")
