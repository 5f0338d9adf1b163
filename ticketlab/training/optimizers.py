"""Adam and SGD for a stack: torch's own fused kernels, on a state that is plain tensors.

torch.optim's classes compute the same, bit for bit. But the first of them that a process makes
imports torch's compiler, which costs seconds in every notebook, and their state is keyed by
parameter objects, where a Snapshot wants names. ``ticketlab.training`` builds on this file.
"""

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from ticketlab.training.recipe import Recipe

State = dict[str, dict[str, Tensor]]


class Optimizer:
    """Updates parameters in place by their gradients.

    parameters: name -> [R, ...]. state: what ``state()`` gave at the moment to go on from, or None
    for a fresh one: zeros. Kingma & Ba 2015 (Adam).
    """

    def __init__(self, parameters: dict[str, Tensor], recipe: Recipe, state: State | None = None):
        self.names, self.values = list(parameters), list(parameters.values())
        self.recipe = recipe
        kinds = _KINDS[recipe.optimizer] if recipe.optimizer == "adam" or recipe.momentum else ()
        self.tensors = {kind: [_tensor(state, name, kind, value)
                               for name, value in parameters.items()] for kind in kinds}

    def step(self, lr: float) -> None:
        """One update; the gradients are given up."""
        # what has no gradient is left alone, by weight decay and momentum too, as in torch
        live = [place for place, value in enumerate(self.values) if value.grad is not None]
        values = [self.values[place] for place in live]
        gradients = [value.grad for value in values]
        tensors = {kind: [every[place] for place in live] for kind, every in self.tensors.items()}
        shared = {"lr": lr, "weight_decay": self.recipe.weight_decay, "maximize": False,
                  "fused": True, "foreach": False}
        with torch.no_grad():
            if self.recipe.optimizer == "adam":
                adam(values, gradients, tensors["exp_avg"], tensors["exp_avg_sq"],
                     [], tensors["step"], amsgrad=False, beta1=0.9, beta2=0.999, eps=1e-8,
                     **shared)
            else:
                buffers = tensors.get("momentum_buffer", [None] * len(values))
                sgd(values, gradients, buffers, momentum=self.recipe.momentum, dampening=0,
                    nesterov=False, **shared)
        for value in values:
            value.grad = None

    def state(self) -> State:
        """A copy of the state: parameter -> kind -> [R, ...]; Adam's count of steps is one number."""
        return {name: {kind: tensors[place].clone() for kind, tensors in self.tensors.items()}
                for place, name in enumerate(self.names)}


_KINDS = {"adam": ("step", "exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",)}


def _tensor(state: State | None, name: str, kind: str, value: Tensor) -> Tensor:
    if state and kind in state.get(name, {}):
        return state[name][kind].clone()
    if kind == "step":
        return torch.zeros((), dtype=torch.float32, device=value.device)
    return torch.zeros_like(value)
