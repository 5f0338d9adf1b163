"""Stratified drawing: some of the examples, in the proportions of their classes.

``load`` and ``from_arrays`` hold out their splits with it, ``Data.first`` cuts the training split.
Lesson 01 builds on this file, through them.
"""

import torch


def rank_in_class(labels: torch.Tensor) -> torch.Tensor:
    """For each example, how many of its class come before it: int64 [N], of labels [N]."""
    count = torch.bincount(labels)
    order = torch.argsort(labels, stable=True)
    rank = torch.arange(len(labels), device="cpu") - (count.cumsum(0) - count)[labels[order]]
    return torch.empty_like(labels).index_copy_(0, order, rank)


def draw(labels: torch.Tensor, size: int, seed: int) -> torch.Tensor:
    """A boolean mask [N] of `size` examples, drawn by `seed` in proportion to class frequency."""
    generator = torch.Generator("cpu").manual_seed(seed)
    shuffled = torch.randperm(len(labels), generator=generator, device="cpu")
    classes = labels[shuffled]
    # How far through its class each example stands: those least far are in proportion at any size.
    position = (rank_in_class(classes) + 0.5).double() / torch.bincount(labels)[classes]
    chosen = shuffled[torch.argsort(position, stable=True)[:size]]
    return torch.zeros_like(labels, dtype=torch.bool).index_fill_(0, chosen, True)
