"""Symmetries: other weights, the same function. And rotations, which mostly are none.

Renaming the hidden units of a layer, and scaling them up where the next layer scales them down, gives
the same function with as many zeros (Hecht-Nielsen 1990; Entezari et al. 2022, section 2). Rotating
units mixes them, and leaves no zero. It keeps the function only where nothing acts on single units:
between two linear layers, between queries and keys, between values and their projection. Everything
takes a stack and gives a stack. Lesson 07 builds on this file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import one_each, warn
from ticketlab.landscape.hidden_units import BENT, Hidden, hidden
from ticketlab.landscape.rotations import (
    check_angle,
    check_masks_carried,
    place_of,
    rotation,
    turned,
)
from ticketlab.pruning import Masks, prunable
from ticketlab.stack import Stack, check_stack

Orders = Mapping[str, Tensor]


def permute(stack: Stack, orders: Orders) -> Stack:
    """The same networks with the hidden units of some layers in another order.

    orders: layer -> [R, units], whole numbers: the new unit i is the old one ``orders[i]``. All that
    belongs to a unit moves along: its row, bias, batch normalisation, and the column that reads it.
    The function and the number of zeros stay. Raises ValueError for a layer without hidden units,
    orders that are none, and nets that ``hidden`` does not support. Entezari et al. 2022. Lesson 07.
    """
    check_stack(stack)
    units = _units(stack, orders)
    tensors = stack.parameters | stack.buffers
    for layer, order in orders.items():
        order = _checked(order, units[layer], stack)
        for name in units[layer].rows:
            tensors[name] = _taken(tensors[name], order, 1)
        reader = units[layer].reader
        tensors[reader] = _taken(tensors[reader], _columns(order, units[layer].each), 2)
    return replace(stack, **{field: {name: tensors[name] for name in getattr(stack, field)}
                             for field in ("parameters", "buffers")})


def permute_masks(masks: Masks, stack: Stack, orders: Orders) -> Masks:
    """The masks of ``stack``'s networks after ``permute(stack, orders)``: each weight keeps its own.

    Raises ValueError as ``permute`` does. Lesson 07 trains masks that were carried to another net.
    """
    check_stack(stack)
    units, moved = _units(stack, orders), dict(masks)
    for layer, order in orders.items():
        order = _checked(order, units[layer], stack)
        for name, own, axis in ((units[layer].rows[0], order, 1),
                                (units[layer].reader, _columns(order, units[layer].each), 2)):
            if name in moved:
                moved[name] = _taken(moved[name], own, axis)
    return moved


def rescale(stack: Stack, factors: Mapping[str, Tensor]) -> Stack:
    """The same networks with hidden units scaled: what writes a unit grows by its factor, what reads it
    shrinks by it. Masks hold as they are, since no zero comes or goes.

    factors: layer -> [R, units], above 0. Behind batch normalisation its scale and shift are what grow.
    Raises ValueError for factors that are not above 0, and where an activation other than ReLU or
    LeakyReLU stands between, which would change the function. Neyshabur et al. 2015. Lesson 07.
    """
    check_stack(stack)
    units, parameters = _units(stack, factors), dict(stack.parameters)
    for layer, factor in factors.items():
        own = units[layer]
        _check_shape("factors", factor, own, stack)
        if not ((factor > 0) & factor.isfinite()).all():
            raise ValueError(f"factors of {layer!r} must lie above 0: a ReLU passes on a positive "
                             f"factor only, and the least is {factor.min().item():g}")
        bent = [type(each).__name__ for each in own.between if isinstance(each, BENT)]
        if bent:
            raise ValueError(f"{bent[0]} stands behind {layer!r}: scaled units give another function; "
                             "only ReLU and LeakyReLU let a positive factor through")
        factor = factor.to(stack.device)
        for name in [f"{own.norm}.{part}" for part in ("weight", "bias")] if own.norm else own.rows:
            parameters[name] = parameters[name] * _beside(parameters[name], factor, 1)
        shrink = 1 / factor.repeat_interleave(own.each, 1)
        parameters[own.reader] = parameters[own.reader] * _beside(parameters[own.reader], shrink, 2)
    return replace(stack, parameters=parameters)


def rotate(stack: Stack, place: str, angle: float, *, seed: int = 0, masks: Masks | None = None,
           knowing: bool = False) -> Stack:
    """The networks with the units of one place rotated: one side by Q, the other by Q transposed.

    place: one of ``rotatable(net)``: a layer, whose units and the next layer's inputs turn, or the
    query-key or value-projection pair of an attention, where each head turns alike. angle: degrees,
    -360 to 360, along one path of rotations that ``seed`` chooses: 0 and 360 are the network itself,
    and at 180 every unit changes its sign. masks: those of the networks; a rotation mixes what they
    keep with what they prune, so they may prune nothing of what turns.

    Where an activation stands between, the function changes, and a warning says so unless you say
    that you are ``knowing``. Raises ValueError for an angle out of range, a place that is none, and
    masks that cannot be carried. Lesson 07 builds on it.
    """
    check_stack(stack)
    check_angle(angle)
    where = place_of(stack.net, place)
    if masks is not None:
        check_masks_carried(masks, where)
    if where.activation and not knowing:
        warn(f"{where.activation} stands behind {place!r} and acts on each unit by itself, so a "
             "rotated network computes another function (knowing=True: no warning)")
    parameters = dict(stack.parameters)
    matrix = rotation(where.size, angle, seed).to(stack.device)
    for name in where.written:
        parameters[name] = turned(parameters[name], matrix, 1, where.size)
    for name in where.read:
        parameters[name] = turned(parameters[name], matrix, 2, where.size * where.each)
    return replace(stack, parameters=parameters)


def random_orders(stack: Stack, seeds: Sequence[int]) -> dict[str, Tensor]:
    """layer -> [R, units]: a random order of every hidden layer's units, one seed a network."""
    return {layer: torch.stack([torch.from_numpy(_generator(seed, layer).permutation(own.size))
                                for seed in one_each("seeds", seeds, stack.replicates)])
            for layer, own in hidden(stack.net).items()}


def random_factors(stack: Stack, seeds: Sequence[int], most: float = 4.0) -> dict[str, Tensor]:
    """layer -> [R, units]: random factors from 1/most to most, even on a log scale; one seed a net."""
    if not most > 1:
        raise ValueError(f"most is {most}; the largest factor must lie above 1")
    return {layer: torch.stack([torch.from_numpy(most ** _generator(seed, layer).uniform(-1, 1, own.size))
                                for seed in one_each("seeds", seeds, stack.replicates)]).float()
            for layer, own in hidden(stack.net).items()}


def zeros(stack: Stack, names: Sequence[str] | None = None) -> Tensor:
    """How many weights are exactly zero: [R]. names: of parameters, by default all prunable ones."""
    return sum((stack.parameters[name] == 0).flatten(1).sum(1)
               for name in (prunable(stack.net) if names is None else names))


def _units(stack: Stack, given: Mapping) -> dict[str, Hidden]:
    units = hidden(stack.net)
    unknown = [layer for layer in given if layer not in units]
    if unknown:
        raise ValueError(f"{unknown[0]!r} has no hidden units in this net; layers with some: "
                         f"{list(units)}")
    return units


def _check_shape(what: str, given: Tensor, units: Hidden, stack: Stack) -> None:
    if tuple(given.shape) != (stack.replicates, units.size):
        raise ValueError(f"{what} of {units.layer!r} have the shape {tuple(given.shape)}; they must be "
                         f"{(stack.replicates, units.size)}: networks, units")


def _checked(order: Tensor, units: Hidden, stack: Stack) -> Tensor:
    _check_shape("orders", order, units, stack)
    order = order.to(stack.device)
    if not (order.sort(1).values == torch.arange(units.size, device=order.device)).all():
        raise ValueError(f"orders of {units.layer!r} must name each of the units 0 to {units.size - 1} "
                         "once")
    return order


def _columns(order: Tensor, each: int) -> Tensor:
    """The order of a reader's inputs, where each unit has several, side by side."""
    return (order[:, :, None] * each + torch.arange(each, device=order.device)).flatten(1)


def _taken(tensor: Tensor, order: Tensor, axis: int) -> Tensor:
    return tensor.take_along_dim(_beside(tensor, order, axis), axis)


def _beside(tensor: Tensor, given: Tensor, axis: int) -> Tensor:
    """[R, units], to stand beside a tensor whose units lie along that axis."""
    shape = [1] * tensor.dim()
    shape[0], shape[axis] = given.shape
    return given.view(shape)


def _generator(seed: int, layer: str) -> "np.random.Generator":
    return np.random.default_rng([seed, *f"symmetry {layer}".encode()])
