"""What a sweep over widths costs as the nets grow: time and memory, with the exponents fitted.

Each width is measured as a unit of a sweep is: the search and its random masks, in a process of its
own, so that no width finds what another left in memory. Short trainings stand for long ones: a
step costs the same all along.
"""

import json
import math
import subprocess
import sys

import torch

WIDTHS = 10, 20, 40, 80, 160, 320, 640
LEVELS, STEPS, ROUNDS, DEPTH = 2, 100, 3, 2
_CODE = """
import json, sys, time
import torch
from ticketlab import scaling
from ticketlab.data import load

width, levels, steps, rounds, depth, threads, device = json.loads(sys.argv[1])
torch.set_num_threads(threads)
data, protocol = load("mnist1d", device=device), scaling.PROTOCOLS["mlp"]
net = scaling.architecture("mlp", data, width, depth)
recipe = protocol.recipe.with_(steps=steps)

def sweep(levels):
    table = scaling.run({width: net}, data, recipe, levels=levels, rate=protocol.rate,
                        progress=False)
    return int(table["weights"].max())

def memory(kind):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(kind)) * 1024

warm = {10: scaling.architecture("mlp", data, 10)}
scaling.run(warm, data, recipe, levels=1, rate=protocol.rate, progress=False)
cuda, linux = device == "cuda", sys.platform.startswith("linux")
before = None
if cuda:
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
elif linux:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak counts from here on
    before = memory("VmRSS")
seconds = []
for _ in range(rounds):
    began = time.perf_counter()
    weights = sweep(levels)
    if cuda:
        torch.cuda.synchronize()
    seconds.append(time.perf_counter() - began)
peak = torch.cuda.max_memory_allocated() if cuda else memory("VmHWM") if linux else None
print(json.dumps({"width": width, "weights": weights, "seconds": min(seconds),
                  "bytes": None if before is None else max(1, peak - before)}))
"""


def report(widths=WIDTHS, steps: int = STEPS, rounds: int = ROUNDS) -> str:
    """A row a width, and the exponents of the wide half, where fixed costs no longer hide them."""
    measured = [_measure(width, steps, rounds) for width in widths]
    nets = 3 * (2 * LEVELS + 1)
    lines = [(f"the width sweep of lesson 06, MLP 40-w-w/3-10: {LEVELS} levels, tickets and "
              f"random masks, 3 replicates, {steps} steps; best of {rounds}"),
             "  width   weights      net-steps/s   ms a net-step   memory"]
    for each in measured:
        pace = each["seconds"] / (nets * steps)
        held = "-" if each["bytes"] is None else f"{each['bytes'] / 2**20:,.1f} MiB"
        lines.append(f"  {each['width']:>5} {each['weights']:>9,} {1 / pace:>16,.0f} "
                     f"{1000 * pace:>15.3f}   {held}")
    for what, column in (("time", "seconds"), ("memory", "bytes")):
        if any(each[column] is None for each in measured):
            lines.append(f"  {what}: measured on Linux and on GPUs only")
            continue
        wide = measured[len(measured) // 2:]
        whole, steep = (exponent([each["width"] for each in part], [each[column] for each in part])
                        for part in (measured, wide))
        size = exponent([each["width"] for each in wide], [each["weights"] for each in wide])
        lines.append(f"  {what} grows as width to the power {whole:.2f}; from {wide[0]['width']} "
                     f"on {steep:.2f}, as weights to the power {steep / size:.2f}")
    return "\n".join(lines)


def exponent(sizes, costs) -> float:
    """The slope of log cost over log size, by least squares."""
    x, y = ([math.log(each) for each in values] for values in (sizes, costs))
    middle = sum(x) / len(x)
    return (sum((a - middle) * b for a, b in zip(x, y, strict=True))
            / sum((a - middle) ** 2 for a in x))


def _measure(width: int, steps: int, rounds: int) -> dict:
    settings = [width, LEVELS, steps, rounds, DEPTH, torch.get_num_threads(),
                "cuda" if torch.cuda.is_available() else "cpu"]
    done = subprocess.run([sys.executable, "-c", _CODE, json.dumps(settings)], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
