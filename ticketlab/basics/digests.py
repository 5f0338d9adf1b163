"""Digests: whether two sets of tensors are the same, in one short text.

What is kept on disk (``runs``) is found again, and checked, by digests of everything that decides
it; the data sets have one too. Lesson 04 builds on this file through ``runs``.
"""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def digest(tensors: Mapping[str, Tensor], note: str = "") -> str:
    """64 hexadecimal digits (SHA-256) that depend on the names, dtypes, shapes and bytes of the
    tensors and on ``note``, and not on their order, device or layout in memory."""
    seen = hashlib.sha256(note.encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        seen.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        seen.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return seen.hexdigest()
