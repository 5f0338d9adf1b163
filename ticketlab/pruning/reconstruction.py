"""SparseGPT: the weights that stay make up for those that go.

A layer's outputs over some calibration examples should change as little as they can. Weights are
decided column by column; when one goes, the error it leaves is spread over the columns to its right
by the inverse of the inputs' products, which says how the inputs stand in for one another. Frantar &
Alistarh 2023 (SparseGPT), algorithm 1. Lesson 10 builds on this file.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ticketlab.basics import whole_from
from ticketlab.pruning.activations import input_products
from ticketlab.pruning.masks import Masks, check_masks, layer_name, prunable
from ticketlab.pruning.selection import highest
from ticketlab.stack import Stack, check_stack

BLOCK = 128  # columns that are decided together, as in the paper
DAMPING = 0.01  # of the mean diagonal, added to it so that it can be inverted


def sparse_gpt(weight: Tensor, products: Tensor, density: float | None = None, *,
               pattern: tuple[int, int] | None = None, block: int = BLOCK) -> tuple[Tensor, Tensor]:
    """One layer cut and made good: its new weights and the mask, both [out, in].

    weight: [out, in]. products: X'X [in, in] of its inputs (`input_products`). density: the share to
    keep, exactly round(density x out x columns) of each block of columns; or pattern: (n, m), n of
    every m weights of a row. Pruned weights are 0; the others are not what they were. An input that
    was never anything but 0 gives weights that go first. float32; results depend on ``block`` a little.
    Raises ValueError for shapes that do not fit, for a density outside (0, 1) and unless one of
    density and pattern is given. Frantar & Alistarh 2023, algorithm 1, section 3. Lesson 10.
    """
    columns = weight.shape[-1]
    if weight.dim() != 2 or products.shape != (columns, columns):
        raise ValueError(f"weight is {tuple(weight.shape)} and products {tuple(products.shape)}; "
                         "they must be [out, in] and [in, in]")
    if (density is None) == (pattern is None):
        raise ValueError("give sparse_gpt either a density or a pattern (n, m), and not both")
    block = whole_from("block", block, 1)
    if pattern is not None:
        n, m = pattern
        if not 0 < n < m or columns % m:
            raise ValueError(f"the pattern is {n} of {m}; n must be below m, and m must divide the "
                             f"{columns} weights of a row")
        block = max(m, block // m * m)
    elif not 0 < density < 1:
        raise ValueError(f"density is {density}; it must lie between 0 and 1; write 20 % as 0.2")
    w, products = weight.detach().clone().float(), products.clone().float()
    silent = products.diagonal() == 0
    products[silent, silent] = 1
    w[:, silent] = 0
    products.diagonal().add_(DAMPING * products.diagonal().mean())
    # rows of the upper factor of the inverse: what is left once the columns before are decided
    inverse = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(products)), upper=True)
    kept = torch.ones_like(w, dtype=torch.bool)
    for start in range(0, columns, block):
        stop = min(start + block, columns)
        own, factor = w[:, start:stop].clone(), inverse[start:stop, start:stop]
        stay = kept[:, start:stop]
        if pattern is None:
            scores = own.square() / factor.diagonal().square()
            keep = torch.tensor([round(density * scores.numel())], device=w.device)
            stay[:] = highest(scores.reshape(1, -1), keep).view(scores.shape)
        errors = torch.zeros_like(own)
        for place in range(stop - start):
            if pattern is not None and place % m == 0:
                scores = own[:, place:place + m].square() / factor.diagonal()[place:place + m].square()
                stay[:, place:place + m] = highest(scores, torch.full((len(w),), n, device=w.device))
            left = own[:, place] * stay[:, place]
            errors[:, place] = (own[:, place] - left) / factor[place, place]
            own[:, place:] -= errors[:, place, None] * factor[place, place:]
            own[:, place] = left
        w[:, start:stop] = own
        w[:, stop:] -= errors @ inverse[start:stop, stop:]
    return (w * kept).to(weight.dtype), kept


def reconstruct(stack: Stack, inputs: Tensor, density: float | None = None, *,
                pattern: tuple[int, int] | None = None,
                layers: Sequence[str] | None = None) -> tuple[Stack, Masks]:
    """A stack cut by SparseGPT, layer after layer, and its masks; the given stack is left unchanged.

    inputs: calibration examples [N, ...] that all networks read. Each layer is made good for what
    comes out of those before it, already cut. density, pattern: as `sparse_gpt` takes them. layers:
    names of those to cut (``"hidden1"``), by default all. The inputs are read once a layer, so this is
    for small nets; a language model goes block by block (``language.reconstruct_blocks``).
    Raises ValueError for a layer that is not there, and as `sparse_gpt` and `wanda` do. Lesson 10.
    """
    check_stack(stack)
    own = {layer_name(name): name for name in prunable(stack.net)}
    for layer in own if layers is None else layers:
        if layer not in own:
            raise ValueError(f"layers names {layer!r}; this net has {list(own)}")
    cut = stack.clone()
    masks = {name: torch.ones_like(cut.parameters[name], dtype=torch.bool) for name in own.values()}
    for layer in own if layers is None else layers:
        name = own[layer]
        products = input_products(cut, inputs, [name])[name]
        for replicate in range(stack.replicates):
            weight = cut.parameters[name][replicate]
            new, mask = sparse_gpt(weight.flatten(1), products[replicate], density, pattern=pattern)
            weight.copy_(new.view(weight.shape))
            masks[name][replicate] = mask.view(weight.shape)
    check_masks(cut, masks)
    return cut, masks


def output_error(weight: Tensor, other: Tensor, products: Tensor) -> float:
    """How much a layer's outputs change over the calibration examples: the summed squared difference,
    as a share of the summed squared outputs. Lesson 10."""
    def size(of):
        return torch.einsum("oi,ij,oj->", of, products, of).item()
    return size((weight - other).flatten(1)) / size(weight.flatten(1))
