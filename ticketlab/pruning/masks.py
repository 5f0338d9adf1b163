"""Masks: which weights are kept, and the arithmetic of how many.

A mask is a dictionary ``name -> bool tensor[R, ...]`` over weights only (matrices and kernels,
never biases or normalisation); True is kept. *Density* is the share of weights that remain,
*sparsity* is 1 - density, *rate* is the share of the survivors that one round removes: three
numbers that are easily confused, so they are always shown together. Lesson 03 builds on this file.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ticketlab.nets import reach, weights
from ticketlab.stack import Stack, check_stack

Masks = dict[str, Tensor]


def prunable(net: nn.Module) -> dict[str, str]:
    """The weights that pruning may remove: parameter name -> kind of its layer.

    Kinds: ``"conv"``, ``"hidden"`` (linear) and ``"output"`` (the last layer, whatever its type);
    of ``nets.gpt`` they are ``"attention"`` and ``"mlp"`` (see ``nets.kinds``).
    A weight that several layers share stands here once, under its first name. A frozen one
    (``requires_grad=False``) is prunable only if its layer says so: ``layer.prunable_as = "hidden"``.
    In the order in which the net holds them, which for the course's nets is input to output.
    Raises ValueError for a net without linear or convolutional layers.
    """
    found = weights(net)
    if not found:
        raise ValueError(f"{type(net).__name__} has no linear or convolutional layer to prune, or all "
                         "of them are frozen (requires_grad=False)")
    return found


def layer_name(parameter: str) -> str:
    """The layer a weight belongs to, as people read it: ``hidden1`` for ``hidden1.weight``."""
    return parameter.removesuffix(".weight")


def dense(stack: Stack) -> Masks:
    """Masks that keep everything: level 0."""
    check_stack(stack)
    return {name: torch.ones_like(stack.parameters[name], dtype=torch.bool)
            for name in prunable(stack.net)}


def concatenate(masks: Sequence[Masks]) -> Masks:
    """The masks of all the networks in ``masks``, in order, for ``stack.concatenate`` of the same
    stacks. Raises ValueError if they are of different nets."""
    names = [list(one) for one in masks]
    if any(other != names[0] for other in names):
        raise ValueError(f"the masks are of different nets: {names[0]} against "
                         f"{next(other for other in names if other != names[0])}")
    return {name: torch.cat([one[name] for one in masks]) for name in names[0]}


def apply_masks(stack: Stack, masks: Masks) -> Stack:
    """A stack with the pruned weights set to zero; the given stack is left unchanged.

    Raises ValueError if the masks are another net's.
    """
    check_masks(stack, masks)
    pruned = stack.clone()
    for name, mask in masks.items():
        pruned.parameters[name].mul_(mask.to(stack.device))
    return pruned


def check_masks(stack: Stack, masks: Masks) -> None:
    """Raises ValueError, naming the weight, unless the masks fit this stack exactly."""
    check_stack(stack)
    expected = prunable(stack.net)
    for name in [*expected, *masks]:
        if name not in masks:
            problem = f"they have none for {name!r}"
        elif name not in expected:
            problem = f"they have one for {name!r}, which is not a prunable weight of this net"
        elif masks[name].shape != stack.parameters[name].shape:
            problem = (f"for {name!r} they are {tuple(masks[name].shape)}, and the stack has "
                       f"{tuple(stack.parameters[name].shape)} (replicates first)")
        elif masks[name].dtype != torch.bool:
            problem = f"for {name!r} they are {masks[name].dtype}, not torch.bool"
        else:
            continue
        raise ValueError(f"the masks are not for this stack: {problem}; make them with "
                         "pruning.prune(stack, ...) or masks.dense(stack)")


def survivors(masks: Masks) -> dict[str, Tensor]:
    """Number of weights kept, by weight: name -> [R]."""
    return {name: mask.flatten(1).sum(1) for name, mask in masks.items()}


def density(masks: Masks) -> Tensor:
    """Share of weights kept over all layers, biases not counted: [R], float64 on the CPU."""
    kept = torch.stack(list(survivors(masks).values())).sum(0)
    return kept.cpu().double() / sum(mask[0].numel() for mask in masks.values())


def layer_densities(masks: Masks) -> dict[str, Tensor]:
    """Share of weights kept in each layer: layer -> [R]."""
    return {layer_name(name): kept.cpu().double() / masks[name][0].numel()
            for name, kept in survivors(masks).items()}


def nested(inner: Masks, outer: Masks) -> bool:
    """Whether every weight that ``inner`` keeps is kept by ``outer`` too."""
    return all(bool((~inner[name] | outer[name]).all()) for name in outer)


def describe(density: float, rate: float | None = None, net: nn.Module | None = None) -> str:
    """Density, sparsity and rate side by side: ``density 21.1 %, sparsity 78.9 %, rate 20 %``.

    density: a share, 0 to 1. rate: of one round; leave it out for one cut from dense, where the
    rate is the sparsity. net: if some of its matrices are not prunable (recurrent layers, embeddings),
    it is said which, for the density does not count them. Raises ValueError for shares outside 0 to 1.
    """
    rate = 1 - density if rate is None else rate
    for name, share in (("density", density), ("rate", rate)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}; a share lies between 0 and 1")
    beyond = "" if net is None else reach(net)
    return (f"density {100 * density:.3g} %, sparsity {100 * (1 - density):.3g} %, "
            f"rate {100 * rate:.3g} %{'; ' * bool(beyond)}{beyond}")
