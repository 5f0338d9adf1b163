"""A stack that does not fit into memory is split, and the work goes on with fewer networks at once.

How many networks fit is known for certain only when it has been tried: ``ticketlab.memory`` can
predict it, but other programs share the device. So the work begins with all networks, and whenever
memory runs out, it goes on with half as many at a time. ``training`` and ``landscape`` build on
this file, and searches, controls and kept runs of lessons 04 and 05 through them.
"""

import gc
from collections.abc import Callable

import torch

from ticketlab.basics import warn


def in_parts(work: Callable[[slice], object], networks: int, device, *, together: int | None = None,
             did: str = "trained") -> tuple[list, int]:
    """The results of ``work`` for all networks: of one call if memory allows, else of several.

    work: called with a slice of the networks; when memory runs out, it is called again with the
    first half of that slice, and no slice of the size that failed is tried again. together: how
    many at a time to begin with, by default all. did: what the warning says was done.

    Gives the results, in the order of the networks, and how many networks went at a time. A size
    that had to be made smaller is named in one warning, with the size that fitted. Raises
    torch.cuda.OutOfMemoryError, with the cure, if one network alone does not fit; every other error
    of ``work`` goes through.
    """
    most = first = min(networks, together or networks)
    results, at = [], 0
    while at < networks:
        part = slice(at, min(at + most, networks))
        reason = None
        try:
            results.append(work(part))
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            reason = str(error)
        if reason is None:
            at = part.stop
            continue
        # Only here, outside of the handler: the error held on to all that the attempt had allocated.
        gc.collect()
        if torch.device(device).type == "cuda":
            torch.cuda.empty_cache()
        tried = part.stop - part.start
        if tried == 1:
            raise torch.cuda.OutOfMemoryError(
                f"not even one network fits on {device}: take a smaller batch, keep fewer "
                "snapshots, try precision='mixed' in the recipe, or free memory (other notebooks "
                f"hold some, too). It said: {reason}")
        most = (tried + 1) // 2
    if most < first:
        warn(f"{first} networks did not fit on {device}; {did} {most} at a time")
    return results, most


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on the device or on the host."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    # what torch raises as a plain RuntimeError: its allocator on the CPU, cuBLAS and cuDNN
    return isinstance(error, RuntimeError) and any(
        sign in str(error) for sign in ("DefaultCPUAllocator", "_STATUS_ALLOC_FAILED"))
