"""Loss and accuracy of a stack, on examples that are the same for all its networks.

The same numbers make up a run's curves (``Record``), one row a look. Lesson 01 builds on this file.
"""

import contextlib

import torch
import torch.nn.functional as F
from torch import Tensor

from ticketlab.basics import forked
from ticketlab.stack import Stack, check_stack, forward, work
from ticketlab.training.history import METRICS
from ticketlab.training.memory import CHUNK
from ticketlab.training.side_by_side import shares, side_by_side

_CACHED = 2**20  # numbers: 4 MiB
_LEAST = 50  # examples at a time


def evaluate(stack: Stack, x: Tensor, y: Tensor, *, chunk: int = CHUNK) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy loss [R] (nats) and accuracy [R] (a fraction) of R networks.

    x: examples [N, *shape], the same for all networks. y: labels [N], or [N, T] for text, where
    loss and accuracy are means over characters. chunk: labels at a time, which bounds the memory
    and changes nothing else, unless the net draws random numbers in evaluation: what it draws is the
    same for all networks and in every call. Raises ValueError for no examples.
    """
    check_stack(stack)
    if len(x) == 0:
        raise ValueError("there are no examples to evaluate on")
    chunk = max(1, chunk // y[0].numel())  # a text has as many labels as characters
    whole = slice(0, stack.replicates)
    chunk, group = _fitting(stack, x, chunk)
    passes = -(-len(x) // chunk) * -(-stack.replicates // group)
    shared_out = shares(stack, whole, x[0], len(x), training=False, passes=passes)
    parts = side_by_side(lambda part, step: [
        _evaluate(stack[first:min(first + group, part.stop)], x, y, chunk)
        for first in range(part.start, part.stop, group)], shared_out)
    every = [each for part in parts for each in part]
    return tuple(torch.cat(values) for values in zip(*every, strict=True))


def _fitting(stack: Stack, x: Tensor, chunk: int) -> tuple[int, int]:
    """How many examples at a time, and how many networks. On a CPU so few that their weights and what
    their widest layer gives stay in its cache: larger blocks of memory are fetched from the system anew
    each time, and many networks' weights are read again for every few examples."""
    found = work(stack.net, x[0]) if stack.device.type == "cpu" and stack.runs_as_one else None
    if found is None:
        return chunk, stack.replicates
    chunk = min(chunk, max(_LEAST, _CACHED // 4 // found.widest))
    return chunk, max(1, _CACHED // (found.values + chunk * found.widest))


def _evaluate(stack: Stack, x: Tensor, y: Tensor, chunk: int) -> tuple[Tensor, Tensor]:
    losses = []
    correct = torch.zeros(stack.replicates, dtype=torch.int64, device=stack.device)
    # a net may draw in evaluation, too: other numbers for each part, the same for each network
    drawn = contextlib.nullcontext() if stack.runs_as_one else forked(stack.device)
    with torch.no_grad(), drawn:
        for place, (part, labels) in enumerate(zip(x.split(chunk), y.split(chunk), strict=True)):
            outputs = forward(stack, part, shared=True, noise=[place] * stack.replicates)
            labels = labels.expand(stack.replicates, *labels.shape)
            losses.append(cross_entropies(outputs, labels).sum(1))
            correct += (outputs.argmax(-1) == labels).flatten(1).sum(1)
    # summed in float64, on the CPU: MPS has none
    loss = sum(torch.stack(losses).cpu().double().unbind()) / len(x)
    return loss.float().to(stack.device), correct / y.numel()


def cross_entropies(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each example: [R, N]. That of a text is the mean over its characters."""
    flat = F.cross_entropy(outputs.flatten(0, -2), labels.flatten(), reduction="none")
    losses = flat.view(labels.shape)
    return losses if losses.dim() == 2 else losses.flatten(2).mean(2)


class Record:
    """The curves, row by row."""

    def __init__(self):
        self.steps, self.rows = [], []

    def add(self, step, training, stack, data):
        # no validation split: nan, which no comparison takes for a result
        val_loss, val_accuracy = (
            evaluate(stack, data.x_val, data.y_val) if len(data.x_val) else
            torch.full((2, stack.replicates), torch.nan))
        test_loss, test_accuracy = evaluate(stack, data.x_test, data.y_test)
        row = (*training, val_loss, val_accuracy, test_loss, test_accuracy)
        self.steps.append(step)
        self.rows.append({name: t.cpu() for name, t in zip(METRICS, row, strict=True)})

    def tensors(self) -> dict[str, Tensor]:
        curves = {name: torch.stack([row[name] for row in self.rows]) for name in METRICS}
        return curves | {"step": torch.tensor(self.steps)}
