"""torch's random state, of the CPU and of one device: put back after use, and set by a seed.

torch's own ``manual_seed`` would reseed every accelerator, and ``fork_rng`` by default copies the
states of all of them. Layers that draw in training (dropout), in nets of your own, are decided here.
"""

import torch


def forked(device: torch.device):
    """A context after which the random state of the CPU and of ``device`` is what it was."""
    return torch.random.fork_rng([device] if device.type == "cuda" else [])


def seed(number: int, device: torch.device) -> None:
    """Set the random state of the CPU and of ``device``."""
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(number)
