"""A moment of training as named tensors and back, and tensors as what JSON can hold, without loss.

``runs`` builds on this file, and lesson 04 through it.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor

from ticketlab.stack import Stack
from ticketlab.training import Snapshot


def flat(moment: Snapshot) -> dict[str, Tensor]:
    """Weights, buffers and what the optimiser remembers, as one dictionary of tensors."""
    tensors = {f"parameters/{name}": t for name, t in moment.stack.parameters.items()}
    tensors |= {f"buffers/{name}": t for name, t in moment.stack.buffers.items()}
    return tensors | {f"optimizer/{name}/{kind}": t
                      for name, state in (moment.optimizer or {}).items()
                      for kind, t in state.items()}


def unflat(tensors: dict[str, Tensor], step: int, optimizer: bool, like: Stack) -> Snapshot:
    """The Snapshot that ``flat`` took apart, on the device of the stack ``like``."""
    tensors = {name: t.to(like.device) for name, t in tensors.items()
               if not name.startswith(("curves/", "random/"))}  # once, torch's random state was kept
    parameters, buffers = part(tensors, "parameters"), part(tensors, "buffers")
    stack = replace(like, parameters={name: parameters[name] for name in like.parameters},
                    buffers={name: buffers[name] for name in like.buffers})
    states = {name: {} for name in like.parameters} if optimizer else None
    for name, tensor in part(tensors, "optimizer").items():
        parameter, kind = name.rsplit("/", 1)
        states[parameter][kind] = tensor
    return Snapshot(stack, step, states)


def part(tensors: dict[str, Tensor], kind: str) -> dict[str, Tensor]:
    """Those whose names begin with ``kind/``, under the rest of their names."""
    return {name.removeprefix(f"{kind}/"): t for name, t in tensors.items()
            if name.startswith(f"{kind}/")}


def listed(values: Tensor) -> dict:
    """A tensor as JSON, exactly: a float32 is a Python float without loss; nan is null."""
    def plain(value):
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, int) or math.isfinite(value):
            return value
        return None if math.isnan(value) else str(value)

    return {"dtype": str(values.dtype).removeprefix("torch."), "values": plain(values.tolist())}


def unlisted(listed: dict) -> Tensor:
    """The tensor that ``listed`` wrote."""
    def exact(value):
        if isinstance(value, list):
            return [exact(each) for each in value]
        return float("nan" if value is None else value) if not isinstance(value, int) else value

    return torch.tensor(exact(listed["values"]), dtype=getattr(torch, listed["dtype"]))
