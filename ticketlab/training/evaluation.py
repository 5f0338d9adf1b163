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
from ticketlab.training.side_by_side import side_by_side, spread

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
    chunk, group = _fitting(stack, x, chunk)
    groups = [stack[first:first + group] for first in range(0, stack.replicates, group)]
    examples = list(enumerate(zip(x.split(chunk), y.split(chunk), strict=True)))
    passes = [(nets, *each) for nets in groups for each in examples]
    # a net may draw in evaluation, too: other numbers for each part, the same for each network
    with contextlib.nullcontext() if stack.runs_as_one else forked(stack.device):
        parts = side_by_side(lambda part, step: [_pass(*each) for each in passes[part]],
                             spread(stack, len(passes), x[0], len(x)))
    sums = [each for part in parts for each in part]
    measured = [_means(sums[first:first + len(examples)], len(x), y.numel())
                for first in range(0, len(sums), len(examples))]
    return tuple(torch.cat(values) for values in zip(*measured, strict=True))


def _pass(nets: Stack, place: int, examples: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The sum of the losses and the number of correct labels, [R] each, on the examples of one place."""
    x, labels = examples
    with torch.no_grad():
        outputs = forward(nets, x, shared=True, noise=[place] * nets.replicates)
        labels = labels.expand(nets.replicates, *labels.shape)
        return cross_entropies(outputs, labels).sum(1), (outputs.argmax(-1) == labels).flatten(1).sum(1)


def _means(sums: list[tuple[Tensor, Tensor]], examples: int, labels: int) -> tuple[Tensor, Tensor]:
    losses, correct = zip(*sums, strict=True)
    # summed in float64, on the CPU: MPS has none
    loss = sum(torch.stack(losses).cpu().double().unbind()) / examples
    return loss.float().to(losses[0].device), sum(correct) / labels


def _fitting(stack: Stack, x: Tensor, chunk: int) -> tuple[int, int]:
    """How many examples at a time, and how many networks. On a CPU so few that their weights and what
    their widest layer gives stay in its cache: larger blocks of memory are fetched from the system anew
    each time, and many networks' weights are read again for every few examples. If more than one pass,
    then an even number of equal ones, to be shared out."""
    found = work(stack.net, x[0]) if stack.device.type == "cpu" and stack.runs_as_one else None
    if found is None:
        return chunk, stack.replicates
    chunk = min(chunk, max(_LEAST, _CACHED // 4 // found.widest))
    passes = -(-len(x) // chunk)
    chunk = -(-len(x) // (passes + passes % 2 if passes > 1 else 1))
    most = max(1, _CACHED // (found.values + chunk * found.widest))
    return chunk, -(-stack.replicates // -(-stack.replicates // most))


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
