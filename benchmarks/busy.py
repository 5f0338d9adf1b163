"""What a busy machine costs: trainings beside a program that never rests, against a quiet machine.

Each training runs on torch's own threads, as they would be without ``ticketlab``'s choice, on one thread,
and as ``train`` chooses. The other program is one Python loop; on a machine of two cores it takes one.
"""

import contextlib
import subprocess
import sys
import time

import torch

from ticketlab import data, nets, scaling, stack
from ticketlab.basics import threads
from ticketlab.training import Recipe, train

ADAM = Recipe("adam", lr=2e-3, batch=100, steps=60, evaluate_every="100%")
SGD = Recipe("sgd", lr=0.1, momentum=0.9, batch=50, steps=40, evaluate_every="100%")


def report(rounds: int = 3) -> str:
    signals, text = data.load("mnist1d"), data.load("sentences")
    small, gpt = scaling.architecture("mlp", signals, 20), nets.gpt(text, width=32, heads=2, blocks=2)
    work = {"24 MLPs": (nets.mlp(signals), signals, ADAM.with_(steps=20), 24),
            "5 MLPs": (nets.mlp(signals), signals, ADAM, 5),
            "3 MLPs": (nets.mlp(signals), signals, ADAM, 3),
            "5 small MLPs": (small, signals, ADAM, 5), "4 CNNs": (nets.conv1d(signals), signals, SGD, 4),
            "25 CNNs": (nets.conv1d(signals), signals, SGD.with_(steps=10), 25),
            "3 transformers": (gpt, text, ADAM.with_(batch=16, steps=8), 3)}
    chosen = {"torch's threads": torch.get_num_threads(), "one thread": 1, "as chosen": None}
    lines = [f"milliseconds a step, best of {rounds}: quiet / beside a busy program"]
    for name, (net, own, recipe, replicates) in work.items():
        start, cells = stack.draw(net, range(replicates)), []
        for label, number in chosen.items():
            quiet, busy = (1e3 * _best(start, own, recipe, number, rounds, other) / recipe.steps
                           for other in (contextlib.nullcontext(), _busy()))
            cells.append(f"{label} {quiet:6.2f} / {busy:6.2f}")
        lines.append(f"  {name:<15}" + "   ".join(cells))
    return "\n".join(lines)


def _best(start, own, recipe, number, rounds, other) -> float:
    """Seconds of the training alone, without its evaluations before and after."""
    with other, contextlib.nullcontext() if number is None else threads.using(number):
        times = []
        for steps in (1, recipe.steps + 1):
            one = recipe.with_(steps=steps)
            train(start, own, one, progress=False)
            found = []
            for _ in range(rounds):
                began = time.perf_counter()
                train(start, own, one, progress=False)
                found.append(time.perf_counter() - began)
            times.append(min(found))
    return max(times[1] - times[0], 0.0)


@contextlib.contextmanager
def _busy():
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
