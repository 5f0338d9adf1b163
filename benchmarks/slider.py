"""Milliseconds in the kernel for one move of the prune panel's slider, on LeNet-300-100."""

import asyncio
import statistics
import time
from types import SimpleNamespace

import torch

from ticketlab import nets, stack
from ticketlab.panels import prune_panel


def report() -> str:
    generator = torch.Generator().manual_seed(0)
    data = SimpleNamespace(
        shape=(1, 28, 28), classes=10, x_test=torch.randn(1000, 1, 28, 28, generator=generator),
        y_test=torch.randint(10, (1000,), generator=generator))
    panel = prune_panel(stack.draw(nets.mlp(data), range(3)), data)
    lines = ["one slider move, kernel side, LeNet-300-100 (266,200 weights), 400 moves each:"]
    for panel.scope in ("layer", "global"):
        for panel.layer in ("all layers", "hidden1"):
            times = asyncio.run(_drag(panel))
            lines.append(f"  scope {panel.scope:<7} histogram of {panel.layer:<11}"
                         f"median {statistics.median(times):.2f} ms, longest {max(times):.2f} ms")
    return "\n".join(lines)


async def _drag(panel) -> list[float]:
    """In an event loop, as in a Jupyter kernel, where the exact accuracy waits for a rest."""
    times = []
    for half_percent in [*range(200), *range(199, -1, -1)]:
        start = time.perf_counter()
        panel.slider.value = half_percent / 2
        times.append(1e3 * (time.perf_counter() - start))
    return times
