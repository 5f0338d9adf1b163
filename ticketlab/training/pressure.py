"""Pressure towards sparsity: what a recipe adds to plain training so that small weights stay small.

Two kinds, on prunable weights only, each a field of ``Recipe``. ``l1`` shrinks them a little after
every update, to exactly zero if they are small enough. ``powerprop`` trains other numbers in their
place, roots φ with w = φ|φ|^(α-1): an update of φ moves a large weight far and a small one hardly,
so the rich get richer. Networks, snapshots, masks and curves always hold the weights w that act.
``weight_decay``, the third pressure, is the optimiser's own. Lesson 07 builds on this file.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ticketlab.pruning import prunable
from ticketlab.training.recipe import Recipe

ROOT = "root"  # what a snapshot calls φ, beside the optimiser's state of the same weight


def power(root: Tensor, exponent: float, out: Tensor | None = None) -> Tensor:
    """The weights that roots stand for, in the place of ``out`` if there is one: w = φ|φ|^(α-1).
    Schwarz et al. 2021, section 2."""
    return torch.abs(root, out=out).pow_(exponent - 1).mul_(root)


def root_of(weights: Tensor, exponent: float) -> Tensor:
    """The roots of weights: φ = sign(w) |w|^(1/α), so that a net computes the same at step 0."""
    return weights.sign() * weights.abs().pow(1 / exponent)


class Pressure:
    """What happens to prunable weights around each update of the optimiser.

    parameters: name -> [R, ...], all that is trained. net: says which of them are prunable, and so
    under pressure, if it is trained. state: of the snapshot to go on from. ``trained``: name -> the
    tensors that the optimiser moves, roots where powerpropagation is on. Raises ValueError if a recipe
    presses and no weight is prunable.
    Parikh & Boyd 2014, section 6.5.2 (the proximal step of L1); Schwarz et al. 2021
    (powerpropagation, arXiv 2110.00296).
    """

    def __init__(self, parameters: dict[str, Tensor], net: nn.Module, recipe: Recipe, state=None):
        self.l1, self.exponent = recipe.l1, recipe.powerprop
        on = self.l1 != 0 or self.exponent != 1
        # what is held is not pressed either
        pressed = {name: parameters[name] for name in prunable(net) if name in parameters} if on else {}
        self.pressed, self.roots, self._live = pressed, {}, []
        if self.exponent != 1:
            self.roots = {name: self._root(value.detach(), (state or {}).get(name, {}).get(ROOT))
                          for name, value in pressed.items()}
        self.trained = parameters | self.roots

    def _root(self, weights: Tensor, kept: Tensor | None) -> Tensor:
        fresh = root_of(weights, self.exponent)
        if kept is not None:
            # to the bit where training left off; anew where a mask or a rewinding changed the weight
            fresh = torch.where(power(kept, self.exponent) == weights, kept, fresh)
        return fresh.requires_grad_()

    def before(self) -> None:
        """Before an update: gradients pass from weights to their roots, by the chain rule."""
        self._live = [name for name, weights in self.pressed.items() if weights.grad is not None]
        for name in self._live if self.roots else ():
            weights, root = self.pressed[name], self.roots[name]
            slope = root.detach().abs().pow_(self.exponent - 1).mul_(self.exponent)
            root.grad, weights.grad = weights.grad.mul_(slope), None

    @torch.no_grad()
    def after(self, lr: float) -> None:
        """After an update and its masks: shrink by lr x l1, or make the weights from their roots."""
        for name in self._live:
            weights = self.pressed[name]
            if self.roots:
                power(self.roots[name], self.exponent, out=weights)
            elif self.l1:
                weights.copy_(F.softshrink(weights, lr * self.l1))

    def state(self) -> dict[str, dict[str, Tensor]]:
        """The roots, in the form of an optimiser's state: parameter -> kind -> [R, ...]."""
        return {name: {ROOT: root.detach().clone()} for name, root in self.roots.items()}
