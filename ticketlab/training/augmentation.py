"""Augmentation of images, in batches and on the device: a random crop and a random mirror image.

Every number drawn is decided by the replicate's order seed and the epoch alone, like the order of
the data, so a run can be entered at any step and goes on with the same pictures. Recipes ask for it
by name; lesson 05 (ResNet-20) builds on it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ticketlab.training.orders import by_epoch

PADDING = 4  # pixels a side: He et al. 2016, section 4.2


def draws(examples: int, batch: int, seeds: Sequence[int], start: int, stop: int, device="cpu"
          ) -> Iterator[Tensor]:
    """For each step from ``start`` to ``stop``: integers [R, batch, 3], the crop's row and column
    (0 to 8, 4 is the middle) and whether the image is mirrored (0 or 1)."""
    def integers(seed: int, epoch: int) -> np.ndarray:
        return np.random.default_rng([seed, epoch, *b"crop-flip"]).integers(
            (2 * PADDING + 1, 2 * PADDING + 1, 2), size=(examples // batch * batch, 3),
            dtype=np.int64)

    return by_epoch(integers, examples, batch, seeds, start, stop, device)


def crop_flip(x: Tensor, drawn: Tensor) -> Tensor:
    """Images [R, N, C, H, W], cropped out of a border of zeros and mirrored as ``drawn`` says.

    drawn: [R, N, 3], from ``draws``. Raises ValueError for anything but images.
    """
    if x.dim() != 5:
        raise ValueError(f"augmentation 'crop-flip' is for images [R, N, channels, height, width], and "
                         f"these examples are {tuple(x.shape)}; leave it out of the recipe")
    (height, width), lead = x.shape[-2:], x.shape[:2]
    padded = F.pad(x.flatten(0, 1), [PADDING] * 4)
    top, left, mirrored = drawn.flatten(0, 1).unbind(1)
    rows = top[:, None] + torch.arange(height, device=x.device)
    columns = torch.arange(width, device=x.device).expand(len(left), -1)
    columns = left[:, None] + torch.where(mirrored[:, None] == 1, columns.flip(1), columns)
    which = torch.arange(len(padded), device=x.device)[:, None, None]
    # the three index tensors lead, so the channels come last
    cropped = padded[which, :, rows[:, :, None], columns[:, None, :]]
    return cropped.permute(0, 3, 1, 2).unflatten(0, lead)
