"""One step of a stack's training: gradient, update, masks, pressure.

``training.loop`` takes the steps one after the other, and ``training.pace`` says on how many of torch's
threads. Lesson 01 builds on this file.
"""

import contextlib

import torch
from torch import Tensor

from ticketlab.stack import Stack, apart, forward
from ticketlab.training.evaluation import cross_entropies
from ticketlab.training.history import Snapshot
from ticketlab.training.optimizers import Optimizer
from ticketlab.training.picking import Picking, check_state
from ticketlab.training.pressure import Pressure
from ticketlab.training.recipe import MASKS, Recipe
from ticketlab.training.selection import held


class Trainer:
    """Takes one step: gradient, update, masks, pressure."""

    def __init__(self, stack: Stack, recipe: Recipe, masks, optimizer_state, seeds):
        self.stack, self.recipe, self._given = stack, recipe, (masks, seeds)
        # Networks that are computed one after the other are also taken backward so: what the layers of
        # all of them give is never in memory at once, which costs as much time as it does memory.
        self.apart = None
        self.parameters = stack.parameters
        fixed = held(stack.net, recipe)
        trained = {name: t.requires_grad_() for name, t in self.parameters.items() if name not in fixed}
        check_state(recipe, optimizer_state)
        if recipe.trained == MASKS:
            self.pressure = Picking(trained, stack.net, masks, optimizer_state, seeds)
            masks = None  # which weights act is what it learns
        else:
            self.pressure = Pressure(trained, stack.net, recipe, optimizer_state)
        self.optimizer = Optimizer(self.pressure.trained, recipe, optimizer_state)
        self.cast, self.scale = _precision(recipe.precision, stack.device)
        self.masked = [(self.parameters | self.pressure.trained)[name] for name in masks or ()]
        self.masks = [mask.to(stack.device, torch.float32) for mask in (masks or {}).values()]

    def step(self, x: Tensor, y: Tensor, lr: float, noise=None, seen: list | None = None,
             ) -> tuple[Tensor, Tensor]:
        """One update of all networks on their batches [R, N, ...]; gives their losses and
        accuracies before it, [R] each. seen: gets the gradients."""
        if self.apart is None:  # of the first batch: all have one shape
            self.apart = len(x) > 1 and self.stack.runs_as_one and apart(self.stack.net, x, 2)
        # the stack itself where it can be: a part's gradients would be copied into the whole's
        parts = [slice(one, one + 1) for one in range(len(x))] if self.apart else []
        measured = [self._gradient(self.stack[part], x[part], y[part], noise) for part in parts] or [
            self._gradient(self.stack, x, y, noise)]
        if self.scale != 1:
            torch._foreach_mul_([p.grad for p in self.parameters.values() if p.grad is not None],
                                1 / self.scale)
        if seen is not None:
            seen += [p.grad.clone() for p in self.parameters.values() if p.grad is not None]
        self.pressure.before()
        self.optimizer.step(lr)
        if self.masked:
            with torch.no_grad():
                # after the update: masking gradients alone would let momentum, Adam's state and
                # weight decay revive what was pruned
                torch._foreach_mul_(self.masked, self.masks)
        self.pressure.after(lr)
        return measured[0] if len(measured) == 1 else tuple(map(torch.cat, zip(*measured, strict=True)))

    def _gradient(self, stack: Stack, x: Tensor, y: Tensor, noise) -> tuple[Tensor, Tensor]:
        with self.cast:
            outputs = forward(stack, x, training=True, noise=noise)
            losses = cross_entropies(outputs, y)
        # each network's own mean, so that its gradient is the one it would have alone
        # (a gradient given to backward would make torch import a computer algebra system, for seconds)
        (losses.sum() * (self.scale / losses.shape[1])).backward()
        return losses.detach().mean(1), (outputs.argmax(-1) == y).float().flatten(1).mean(1)

    def snapshot(self, step: int) -> Snapshot:
        state, roots = self.optimizer.state(), self.pressure.state()
        return Snapshot(self.stack.clone(), step,  # nothing of what is held, as when it is loaded
                        {name: state.get(name, {}) | roots.get(name, {}) for name in self.parameters})

    def copy(self) -> "Trainer":
        """Another one at the same moment, which shares no memory with this one."""
        moment, (masks, seeds) = self.snapshot(0), self._given
        return Trainer(moment.stack, self.recipe, masks, moment.optimizer, seeds)

    def equals(self, other: "Trainer") -> bool:
        """Whether both are at the same moment, to the last bit."""
        one, another = self.snapshot(0), other.snapshot(0)
        return all(torch.equal(value, theirs[name])
                   for ours, theirs in zip(_values(one), _values(another), strict=True)
                   for name, value in ours.items())


def _values(moment: Snapshot) -> list[dict[str, Tensor]]:
    return [moment.stack.parameters, moment.stack.buffers, *moment.optimizer.values()]


def _precision(precision: str, device: torch.device):
    """The context of a forward pass, and what its loss is multiplied by.

    Under "mixed", matrix products and convolutions take and give 16 bits. In float32 stay the
    weights and their updates, gradients once they reach them, masks, softmax and loss, the
    statistics of batch normalisation, and all evaluation.

    float16 ends at 65,504 and its small gradients would vanish: the loss is scaled up by a constant
    and the gradients down again (Micikevicius et al. 2018), constant because a scale that adapts
    would be one more state to carry over a break, and one more look at the device in every step.
    """
    if precision == "float32":
        return contextlib.nullcontext(), 1
    kind = _sixteen_bits(device)
    return torch.autocast(device.type, kind), 2 ** 10 if kind == torch.float16 else 1


def _sixteen_bits(device: torch.device) -> torch.dtype:
    """bfloat16, which has the range of float32, where the device has it; a T4 has only float16."""
    native = device.type != "cuda" or torch.cuda.get_device_capability(device)[0] >= 8
    return torch.bfloat16 if native else torch.float16
