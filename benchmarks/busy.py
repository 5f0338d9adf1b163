"""What a busy machine costs: trainings beside a program that never rests, against a quiet machine.

Each training runs on torch's own threads, as they would be without ``ticketlab``'s choice, on one thread,
and as ``train`` chooses. The other program is one Python loop; on a machine of two cores it takes one.
"""

import contextlib
import statistics
import subprocess
import sys
import time

import torch

from ticketlab import data, nets, scaling, stack
from ticketlab.basics import threads
from ticketlab.training import Recipe, train

# as long as the shorter trainings of the lessons: what is tried on the way is part of them
ADAM = Recipe("adam", lr=2e-3, batch=100, steps=240, evaluate_every="100%")
SGD = Recipe("sgd", lr=0.1, momentum=0.9, batch=50, steps=160, evaluate_every="100%")


def report(quiet: int = 9, beside: int = 3) -> str:
    """quiet, beside: rounds without the busy program and beside it; few percents take many rounds."""
    signals, text = data.load("mnist1d"), data.load("sentences")
    small, gpt = scaling.architecture("mlp", signals, 20), nets.gpt(text, width=32, heads=2, blocks=2)
    work = {"24 MLPs": (nets.mlp(signals), signals, ADAM.with_(steps=60), 24),
            "5 MLPs": (nets.mlp(signals), signals, ADAM, 5),
            "3 MLPs": (nets.mlp(signals), signals, ADAM, 3),
            "5 small MLPs": (small, signals, ADAM, 5), "4 CNNs": (nets.conv1d(signals), signals, SGD, 4),
            "8 CNNs": (nets.conv1d(signals), signals, SGD, 8),
            "25 CNNs": (nets.conv1d(signals), signals, SGD.with_(steps=60), 25),
            "3 transformers": (gpt, text, ADAM.with_(batch=16, steps=60), 3)}
    chosen = {"torch's threads": torch.get_num_threads(), "one thread": 1, "as chosen": None}
    lines = [f"milliseconds a step, medians of {quiet} rounds in which all take their turn, quiet / of "
             f"{beside} beside a busy program"]
    for name, (net, own, recipe, replicates) in work.items():
        start = stack.draw(net, range(replicates))
        found = [_medians(start, own, recipe, chosen.values(), rounds, other)
                 for rounds, other in ((quiet, contextlib.nullcontext()), (beside, _busy()))]
        lines.append(f"  {name:<15}" + "   ".join(
            f"{label} {alone:6.2f} / {busy:6.2f}"
            for label, alone, busy in zip(chosen, *found, strict=True)))
    return "\n".join(lines)


def _medians(start, own, recipe, numbers, rounds: int, other) -> list[float]:
    """Milliseconds a step with each number of threads: those of a training of some steps more than one,
    so that evaluations do not count, in turn, since a machine's speed changes from second to second."""
    times = [[] for _ in numbers]
    with other:
        for _ in range(rounds):
            for number, into in zip(numbers, times, strict=True):
                with contextlib.nullcontext() if number is None else threads.using(number):
                    one, all_of_them = (_seconds(start, own, recipe.with_(steps=steps))
                                        for steps in (1, recipe.steps + 1))
                into.append(1e3 * (all_of_them - one) / recipe.steps)
    return [statistics.median(each) for each in times]


def _seconds(start, own, recipe) -> float:
    began = time.perf_counter()
    train(start, own, recipe, progress=False)
    return time.perf_counter() - began


@contextlib.contextmanager
def _busy():
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
