"""Seconds to import ticketlab, over those to import torch."""

import statistics
import subprocess
import sys
import time


def report() -> str:
    times = {"torch": [], "ticketlab": []}
    for _ in range(7):
        for name, seconds in times.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {name}"], check=True)
            seconds.append(time.perf_counter() - start)
    torch, ours = (statistics.median(times[name]) for name in ("torch", "ticketlab"))
    return (f"import, whole process, median of 7: torch {torch:.2f} s, ticketlab {ours:.2f} s, "
            f"{ours - torch:+.2f} s over torch")
