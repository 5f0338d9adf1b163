"""What a training step and an evaluation hold while they run, noted on a tiny batch of one network.

Both are done with real numbers on the CPU, as ``training`` does them, while the bytes of every
tensor that is alive are noted after each operation. The sizes grow in proportion to the examples:
two tiny batches tell those of any batch. ``ticketlab.memory`` builds on this file.
"""

import weakref

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ticketlab.stack import Stack, forward
from ticketlab.training.augmentation import crop_flip
from ticketlab.training.recipe import Recipe
from ticketlab.training.selection import held

_FEW = (2, 3)  # examples; batch normalisation needs two


def of_a_step(one: Stack, data, recipe: Recipe) -> tuple[int, int]:
    """Bytes at the peak of a step of one network, and at the end of its forward pass.

    one: a stack of one network on the CPU, left unchanged. What is there before the step (network,
    data, optimiser) does not count; gradients do, and so does the batch.
    """
    return _carried_on(recipe.batch, [_step(one, data, recipe, examples) for examples in _FEW])


def of_an_evaluation(one: Stack, data, examples: int) -> int:
    """Bytes at the peak of evaluating one network on that many examples at a time."""
    return _carried_on(examples, [_evaluation(one, data, few) for few in _FEW])[0]


def _carried_on(examples: int, noted) -> tuple[int, int]:
    """Two notes of what was alive, at ``_FEW`` examples, carried on to ``examples``: the peak, and
    what was alive at the mark."""
    (few, mark), (more, later) = noted
    if len(few) != len(more):  # another algorithm for other sizes
        few, more = [max(few)], [max(more)]

    def carried(small, large):
        return small + (large - small) * (examples - _FEW[0]) // (_FEW[1] - _FEW[0])

    return max(map(carried, few, more)), carried(mark, later)


def _step(one: Stack, data, recipe: Recipe, examples: int) -> tuple[list[int], int]:
    """What is alive during a step, as ``training`` takes it: after each operation, and at the end
    of the forward pass."""
    stack = one.clone()
    fixed = held(one.net, recipe)
    for name, parameter in stack.parameters.items():
        parameter.requires_grad_(name not in fixed)
    x_train, y_train, index = _few(data, examples)
    drawn = torch.zeros(1, examples, 3, dtype=torch.int64)
    known = [*stack.parameters.values(), *stack.buffers.values(), x_train, y_train, index, drawn]
    with _Alive(known) as alive, torch.enable_grad():
        x, y = x_train[index], y_train[index]
        if recipe.augment != "none":
            x = crop_flip(x, drawn)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "mixed"):
            outputs = forward(stack, x, training=True)
            losses = F.cross_entropy(outputs.flatten(0, -2), y.flatten(), reduction="none")
        mark = alive.sizes[-1]
        losses.backward(torch.ones_like(losses))
        return alive.sizes, mark


def _evaluation(one: Stack, data, examples: int) -> tuple[list[int], int]:
    """The same of an evaluation, as ``training.evaluate`` does it."""
    x, y, _ = _few(data, examples)
    with torch.no_grad(), _Alive([*one.parameters.values(), *one.buffers.values(), x, y]) as alive:
        outputs = forward(one, x, shared=True)
        F.cross_entropy(outputs.flatten(0, -2), y.flatten(), reduction="none")
        return alive.sizes, alive.sizes[-1]


def _few(data, examples: int) -> tuple[Tensor, Tensor, Tensor]:
    """A training split of so many examples, repeated if there are fewer, and the indices [1, N]."""
    index = torch.arange(examples) % len(data.x_train)
    x, y = (split[:examples].to("cpu")[index] for split in (data.x_train, data.y_train))
    return x, y, torch.arange(examples)[None]


class _Alive(TorchDispatchMode):
    """Notes after each operation how many bytes of tensors made since are alive.

    Tensors that share memory count once, and those of ``known`` not at all.
    """

    @classmethod
    def _should_skip_dynamo(cls):
        return False  # else torch imports its compiler, which costs more than a second

    def __init__(self, known):
        super().__init__()
        self.known = {tensor.untyped_storage()._cdata for tensor in known}
        self.seen, self.now, self.sizes = set(), 0, [0]

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        results = operation(*args, **(kwargs or {}))
        for tensor in results if isinstance(results, tuple | list) else (results,):
            if isinstance(tensor, Tensor):
                self.note(tensor.untyped_storage())
        self.sizes.append(self.now)
        return results

    def note(self, storage):
        place = storage._cdata
        if place not in self.known and place not in self.seen:
            self.seen.add(place)
            self.now += storage.nbytes()
            weakref.finalize(storage, self.forget, place, storage.nbytes())

    def forget(self, place, size):
        self.seen.discard(place)
        self.now -= size
