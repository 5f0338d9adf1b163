"""Seconds to import ticketlab where torch is already imported, and those of torch itself."""

import os
import statistics
import subprocess
import sys

MEASURE = ("import time; start = time.perf_counter(); import torch; between = time.perf_counter(); "
           "import ticketlab; print(between - start, time.perf_counter() - between)")


def report() -> str:
    # compiled once, as after any installation; an environment that forbids it compiles at every import
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(8):
        done = subprocess.run([sys.executable, "-c", MEASURE], env=kept, check=True,
                              capture_output=True, text=True)
        times.append([float(part) for part in done.stdout.split()])
    torch, ours = (statistics.median(column) for column in zip(*times[1:], strict=True))
    return f"import, median of 7: torch {torch:.2f} s, and ticketlab {ours:.3f} s after it"
