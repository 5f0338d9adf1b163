"""What the figures were measured on, and the limit that the machine sets."""

import os
import platform
import statistics
import time

import torch


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def describe() -> str:
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or "CPU"
    return (f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
            f"Python {platform.python_version()}, torch {torch.__version__}")


def synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def interleaved(contestants: dict, rounds: int, seconds: float = 0.25) -> dict[str, list[float]]:
    """Seconds per call of each contestant, in ``rounds`` rounds in which each has its turn.

    In turn, so that a change of the machine's speed meets all of them alike. Every contestant runs
    for about ``seconds`` a turn.
    """
    calls = {}
    for name, call in contestants.items():
        for _ in range(3):
            call()
        calls[name] = max(1, round(seconds / _seconds(call, 3)))
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            times[name].append(_seconds(call, calls[name]))
    return times


def _seconds(call, times: int) -> float:
    synchronise()
    start = time.perf_counter()
    for _ in range(times):
        call()
    synchronise()
    return (time.perf_counter() - start) / times


def matrix_product(size: int = 2048):
    """A call that multiplies two square float32 matrices, and its floating-point operations."""
    a, b = torch.randn(2, size, size, device=device())
    return (lambda: a @ b), 2 * size**3


def memory_copy(megabytes: int = 256):
    """A call that copies more than any cache holds, and the bytes it reads and writes."""
    source = torch.randn(megabytes * 2**18, device=device())
    target = torch.empty_like(source)
    return (lambda: target.copy_(source)), 2 * source.nbytes


def ratio(ours: list[float], theirs: list[float]) -> str:
    """How often ours fits into theirs, round by round: median and range."""
    ratios = sorted(t / o for o, t in zip(ours, theirs, strict=True))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
