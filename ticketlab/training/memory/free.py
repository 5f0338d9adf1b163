"""How much memory is free now, on a device or on this machine. ``ticketlab.memory`` builds on it."""

from pathlib import Path

import torch

_CGROUP = Path("/sys/fs/cgroup")


def free_memory(device) -> int | None:
    """Bytes that can still be allocated on the device; None where the system does not say.

    On CUDA, what torch holds in reserve for this process counts as free. On the CPU it is the
    system's own estimate, or less if the program is in a container with a limit.
    """
    device = torch.device(device)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type != "cpu":
        return None
    left = _container()
    return _machine() if left is None else min(_machine(), left)


def _machine() -> int:
    import psutil  # not with the package: few trainings ask

    return psutil.virtual_memory().available


def _container(folder=_CGROUP) -> int | None:
    """What the limit of a container leaves (cgroup v2), files in the cache counted as free."""
    try:
        limit, used = ((folder / f"memory.{name}").read_text().strip() for name in ("max", "current"))
        cached = next((int(line.split()[1]) for line in (folder / "memory.stat").read_text().splitlines()
                       if line.startswith("inactive_file ")), 0)
        return None if limit == "max" else max(0, int(limit) - int(used) + cached)
    except (OSError, ValueError):
        return None  # no such container
