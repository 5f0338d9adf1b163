"""Adam and SGD for a stack: torch's own fused kernels, on a state that is plain tensors.

torch.optim's classes compute the same, bit for bit. But the first of them that a process makes
imports torch's compiler, which costs seconds in every notebook, and their state is keyed by
parameter objects, where a Snapshot wants names. What torch.optim does around its kernels in every
step, such as sorting tensors by type, is done once here: of a step of a small network it was one part
in twenty. ``ticketlab.training`` builds on this file.
"""

import torch
from torch import Tensor

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
        self._live, self._groups = [], []

    def step(self, lr: float) -> None:
        """One update; the gradients are given up."""
        # what has no gradient is left alone, by weight decay and momentum too, as in torch
        live = [place for place, value in enumerate(self.values) if value.grad is not None]
        if live != self._live:
            self._live, self._groups = live, self._of_one_type(live)
        update = self._adam if self.recipe.optimizer == "adam" else self._sgd
        with torch.no_grad():
            for values, tensors in self._groups:
                update(values, [value.grad for value in values], tensors, lr)
        for value in self.values:
            value.grad = None

    def _adam(self, values, gradients, tensors, lr: float) -> None:
        torch._foreach_add_(tensors["step"], 1)
        torch._fused_adam_(values, gradients, tensors["exp_avg"], tensors["exp_avg_sq"], [],
                           tensors["step"], lr=lr, beta1=0.9, beta2=0.999, eps=1e-8,
                           weight_decay=self.recipe.weight_decay, amsgrad=False, maximize=False)

    def _sgd(self, values, gradients, tensors, lr: float) -> None:
        # is_first_step is of buffers that hold nothing yet; ours hold zeros
        torch._fused_sgd_(values, gradients, tensors.get("momentum_buffer", []), lr=lr,
                          momentum=self.recipe.momentum, weight_decay=self.recipe.weight_decay,
                          dampening=0, nesterov=False, maximize=False, is_first_step=False)

    def _of_one_type(self, live: list[int]) -> list[tuple[list[Tensor], dict[str, list[Tensor]]]]:
        """The live values and their state: a fused kernel takes tensors of one type at a time."""
        places: dict[torch.dtype, list[int]] = {}
        for place in live:
            places.setdefault(self.values[place].dtype, []).append(place)
        return [([self.values[place] for place in group],
                 {kind: [every[place] for place in group] for kind, every in self.tensors.items()})
                for group in places.values()]

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
