"""Kernels taken apart: one spatial pattern, one colour, and how much of the kernel the two are.

A kernel [C, h, w] is a matrix of C channels by pixels. Its first singular value is that of the best
product of one colour and one pattern. The kernels of a layer of a stack come from ``of_layer``.
Lesson 09 builds on this file.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import whole_from
from ticketlab.pruning import layer_name, prunable
from ticketlab.stack import Stack, check_stack


class Components(NamedTuple):
    """The strongest component of each of K kernels.

    spatial: [K, *size], with the component's size, so that ``spatial * colour`` is its share of the
    kernel. colour: [K, C], of length 1, and summing up to 0 or more. share: [K], the energy (sum of
    squares) in the component; nan for a kernel of zeros. grey: [K], the share of the kernel's energy
    that is equal in all channels: 1 for a grey kernel, 1 / C by chance.
    """

    spatial: np.ndarray
    colour: np.ndarray
    share: np.ndarray
    grey: np.ndarray


def separate(kernels) -> Components:
    """Each kernel's strongest spatial component, by singular values.

    kernels: [K, C, h, w], or [K, C, length] of one dimension. With one channel the component is the
    kernel itself, and share and grey are 1. Raises ValueError as ``fit`` does. Lesson 09.
    """
    kernels = check_kernels(kernels)
    count, channels, *size = kernels.shape
    left, values, right = np.linalg.svd(kernels.reshape(count, channels, -1), full_matrices=False)
    sign = np.where(left[:, :, 0].sum(1) < 0, -1.0, 1.0)
    energy = np.square(values).sum(1)
    with np.errstate(invalid="ignore"):
        share = np.square(values[:, 0]) / energy
        grey = channels * np.square(kernels.mean(1).reshape(count, -1)).sum(1) / energy
    spatial = (sign * values[:, 0])[:, None] * right[:, 0]
    return Components(spatial.reshape(count, *size), left[:, :, 0] * sign[:, None], share, grey)


def of_layer(stack: Stack, layer: str) -> Tensor:
    """The kernels of a convolution of all replicates: [R, out, in, h, w] (or [R, out, in, length]).

    Raises ValueError for a layer that the stack has not or that is no convolution. Lesson 09.
    """
    check_stack(stack)
    names = {layer_name(name): name for name in prunable(stack.net)}
    convolutions = [each for each, name in names.items() if stack.parameters[name].dim() in (4, 5)]
    if layer not in convolutions:
        what = "is no convolution" if layer in names else "is no layer of this stack"
        there = f"choose one of {convolutions}" if convolutions else "this stack has none"
        raise ValueError(f"layer {layer!r} {what}, so it has no kernels; {there}")
    return stack.parameters[names[layer]].detach().cpu()


def random_kernels(number: int, size, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Kernels of independent Gaussian values, [number, channels, *size]: the control of every fit.

    Raises ValueError for a number or channels below 1 and for a negative seed. Lesson 09.
    """
    shape = [whole_from("number", number, least=1), whole_from("channels", channels, least=1), *size]
    return np.random.default_rng([whole_from("seed", seed), *b"random kernels"]).normal(size=shape)


def check_kernels(kernels) -> np.ndarray:
    """The kernels in float64, if they can be looked at; ValueError says what does not fit."""
    array = kernels.detach().cpu().numpy() if torch.is_tensor(kernels) else np.asarray(kernels)
    if array.ndim not in (3, 4) or not len(array):
        raise ValueError(f"kernels have the shape {array.shape}; give [K, channels, height, width], or "
                         "[K, channels, length] of one dimension: of a stack, one replicate's of_layer")
    array = array.astype(np.float64)
    broken = np.flatnonzero(~np.isfinite(array).all(tuple(range(1, array.ndim))))
    if len(broken):
        raise ValueError(f"kernels {broken[:5].tolist()} hold nan or infinity; fit those that are finite")
    # a kernel of one row or one column is a line
    size = [side for side in array.shape[2:] if side > 1]
    if not size:
        raise ValueError("kernels have one pixel each (1x1), which has no shape; choose a layer with "
                         "larger ones")
    return array.reshape(*array.shape[:2], *size)
