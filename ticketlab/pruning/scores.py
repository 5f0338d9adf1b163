"""Scores: a number for every prunable weight of a stack; a cut takes the lowest.

A score is a function of a stack: ``magnitude`` is one, ``random``, ``movement`` and ``saliency`` make
one. ``cut`` asks it once a cut, and ``score_checks`` looks at what it gives. Lessons 03 and 04 build
on this file.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import one_each, wholes_from
from ticketlab.pruning.masks import prunable
from ticketlab.stack import Stack, check_stack, forward

Scores = Mapping[str, Tensor]
Score = Callable[[Stack], Scores]


class Layerwise(Mapping):
    """Scores that are computed when they are looked at, layer by layer: those of a large model would
    take as much memory as its weights. name -> [R, ...], of all prunable weights."""

    def __init__(self, stack: Stack, of: Callable[[str, Tensor], Tensor]):
        check_stack(stack)
        self._stack, self._of, self._names = stack, of, tuple(prunable(stack.net))

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._names:
            raise KeyError(name)
        return self._of(name, self._stack.parameters[name].detach())

    def __iter__(self):
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def layerwise(of: Callable[[str, Tensor], Tensor]) -> Score:
    """A score from a function of a layer's name and its weights [R, ...], which may be asked twice. Only
    one layer's scores are in memory, where other scores are a dictionary of all.

    ``layerwise(lambda name, w: w.abs() * norms[name].unsqueeze(1))`` is Wanda's score of linear layers.
    Lesson 10.
    """
    return lambda stack: Layerwise(stack, of)


def magnitude(stack: Stack) -> Scores:
    """The absolute value of each weight. Han et al. 2015; Frankle & Carbin 2019, section 2."""
    check_stack(stack)
    return {name: stack.parameters[name].detach().abs() for name in prunable(stack.net)}


def random(seeds: Sequence[int]) -> Score:
    """A uniform random score, drawn from one seed a replicate: the control that knows nothing.

    Gives a score; raises ValueError when it meets a stack of another number of replicates.
    """
    seeds = wholes_from("seeds", seeds)

    def score(stack: Stack) -> Scores:
        check_stack(stack)
        scores = {}
        draws = [np.random.default_rng([seed, 1]) for seed in one_each("seeds", seeds, stack.replicates)]
        for name in prunable(stack.net):
            shape = stack.parameters[name].shape[1:]
            drawn = np.stack([draw.random(shape, dtype=np.float32) for draw in draws])
            scores[name] = torch.from_numpy(drawn).to(stack.device)
        return scores

    return score


def movement(initial: Stack) -> Score:
    """Magnitude times the distance moved since ``initial``: abs(w) x abs(w - w0).

    A weight that is large because it was drawn large ranks below one that training made large.
    Zhou et al. 2019 (Deconstructing Lottery Tickets), section 3, compare criteria of this family.
    """
    check_stack(initial, "initial")

    def score(stack: Stack) -> Scores:
        return {name: w * (stack.parameters[name] - initial.parameters[name]).detach().abs()
                for name, w in magnitude(stack).items()}

    return score


def saliency(data, examples: int = 500) -> Score:
    """Gradient saliency abs(w x dL/dw): by how much, to first order, the loss changes without w.

    data: the loss is the mean over the first ``examples`` of its training split (class-balanced).
    A layer that ``forward`` leaves out has no gradient: ValueError names it.
    Mozer & Smolensky 1989; Lee, Ajanthan & Torr 2019 (SNIP) use it at initialisation.
    """
    batch = data.first(min(examples, len(data.x_train)))

    def score(stack: Stack) -> Scores:
        check_stack(stack)
        probe = stack.clone()
        weights = [probe.parameters[name].requires_grad_() for name in prunable(stack.net)]
        outputs = forward(probe, batch.x_train, shared=True).flatten(0, -2)
        labels = batch.y_train.flatten().repeat(stack.replicates)
        loss = torch.nn.functional.cross_entropy(outputs, labels, reduction="sum")
        gradients = torch.autograd.grad(loss / batch.y_train.numel(), weights, allow_unused=True)
        for name, gradient in zip(prunable(stack.net), gradients, strict=True):
            if gradient is None:
                raise ValueError(f"the loss does not depend on {name!r}: forward leaves that layer "
                                 "out, and saliency cannot rank it; give the layer prunable_as = None")
        return {name: (w * g).detach().abs()
                for name, w, g in zip(prunable(stack.net), weights, gradients, strict=True)}

    return score
