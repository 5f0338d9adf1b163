"""Alignment: which unit of one network is which unit of another, by their weights.

Hidden units have no names: two networks trained from two initialisations may do the same with their
units in another order, and the line between them then mixes units that have nothing to do with one
another. Weight matching gives one network's units the order in which its weights agree best with the
other's. Lesson 07 builds on this file.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import whole_from
from ticketlab.landscape.distances import displacement
from ticketlab.landscape.hidden_units import Hidden, hidden
from ticketlab.stack import Stack


def match(a: Stack, b: Stack, *, rounds: int = 100, seed: int = 0) -> dict[str, Tensor]:
    """layer -> [R, units]: the order of b's hidden units that lies closest to a, replicate by replicate.

    ``permute(b, match(a, b))`` computes what b computes. Layer after layer, in random order, the
    assignment problem of that layer is solved with all other layers held (weights and biases in, and
    weights out, of each unit, by their inner products), until a round changes nothing. That is a
    local optimum, and never further from a than b was. rounds: at most. seed: of the order of layers.
    Raises ValueError for stacks of different architectures or numbers of replicates (naming the first
    difference), and for nets that ``hidden`` does not support.
    Ainsworth et al. 2023 (Git Re-Basin, arXiv 2209.04836), section 3.2, algorithm 1. Lesson 07.
    """
    displacement(a[:1], b[:1]) if a.replicates == b.replicates else displacement(a, b)  # checks them
    rounds, units = whole_from("rounds", rounds, least=1), hidden(a.net)
    found = [_match_one({name: t[r].detach().cpu().double().numpy() for name, t in a.parameters.items()},
                        {name: t[r].detach().cpu().double().numpy() for name, t in b.parameters.items()},
                        units, rounds, np.random.default_rng([seed, r]))
             for r in range(a.replicates)]
    return {layer: torch.from_numpy(np.stack([own[layer] for own in found])) for layer in units}


def _match_one(a: Mapping, b: Mapping, units: dict[str, Hidden], rounds: int, draw) -> dict:
    from scipy.optimize import linear_sum_assignment  # only here: importing it takes a while

    orders = {layer: np.arange(own.size) for layer, own in units.items()}
    reading = {own.reader: own for own in units.values()}  # weights -> the units that they read
    for _ in range(rounds):
        changed = False
        for place in draw.permutation(len(units)):
            own = list(units.values())[place]
            gain = _agreement(a, b, own, orders, reading, units)
            order = linear_sum_assignment(gain, maximize=True)[1]
            # the assignment is solved anew each time; equal ones must not count as a change
            better = gain[np.arange(own.size), order].sum()
            before = gain[np.arange(own.size), orders[own.layer]].sum()
            if better > before + 1e-12 * abs(before):
                orders[own.layer], changed = order, True
        if not changed:
            break
    return orders


def _agreement(a, b, own: Hidden, orders, reading, units) -> np.ndarray:
    """[units of a, units of b]: inner products of all that writes and reads each of them."""
    gain = np.zeros((own.size, own.size))
    for name in own.rows:
        if name in a:  # not the running statistics
            theirs = b[name]
            if name in reading:  # the columns of these rows are units of an earlier layer
                theirs = _columns(theirs, reading[name], orders)
            gain += a[name].reshape(own.size, -1) @ theirs.reshape(own.size, -1).T
    theirs = b[own.reader]
    writer = own.reader.removesuffix(".weight")
    if writer in units:  # its outputs are units themselves
        theirs = theirs[orders[writer]]
    return gain + _by_unit(a[own.reader], own) @ _by_unit(theirs, own).T


def _columns(weights: np.ndarray, own: Hidden, orders) -> np.ndarray:
    order = orders[own.layer][:, None] * own.each + np.arange(own.each)
    return weights[:, order.reshape(-1)]


def _by_unit(weights: np.ndarray, own: Hidden) -> np.ndarray:
    """[outputs, inputs, ...] -> [units, what reads each of them]."""
    outputs = weights.shape[0]
    apart = weights.reshape(outputs, own.size, -1)
    return np.moveaxis(apart, 1, 0).reshape(own.size, -1)
