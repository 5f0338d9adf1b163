"""What is drawn anew for every epoch, by seed and epoch alone: first of all the order of the data.

The numbers come from numpy, so they are the same for every device, and any step can be entered
directly. They travel to the device once an epoch, and nothing waits for them. ``training`` and
``augmentation`` build on this file; lesson 01 shows why the order has a seed of its own.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor


def order(examples: int, batch: int, seeds: Sequence[int], start: int, stop: int,
          device="cpu") -> Iterator[Tensor]:
    """The examples of each step from ``start`` to ``stop``: indices [R, batch].

    Every epoch is a fresh permutation, decided by the seed and the epoch's number alone, so any
    step can be entered directly. The last examples // batch remainder of an epoch is left out.
    """
    def permutation(seed: int, epoch: int) -> np.ndarray:
        return np.random.default_rng([seed, epoch]).permutation(examples)

    return by_epoch(permutation, examples, batch, seeds, start, stop, device)


def by_epoch(draw: Callable[[int, int], np.ndarray], examples: int, batch: int,
             seeds: Sequence[int], start: int, stop: int, device="cpu") -> Iterator[Tensor]:
    """What ``draw(seed, epoch)``, an array [examples, ...], holds for each step from ``start`` to
    ``stop``: [R, batch, ...]. It is asked once an epoch and seed."""
    per_epoch = examples // batch
    epoch = None
    for step in range(start, stop):
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            drawn = np.stack([draw(seed, epoch)[:per_epoch * batch] for seed in seeds])
            drawn = upload(drawn, device)
        at = step % per_epoch * batch
        yield drawn[:, at:at + batch]


def upload(values: np.ndarray, device) -> Tensor:
    """An array as a tensor on the device. On CUDA the program does not wait until it is there.

    A copy from ordinary memory would wait for everything that is queued on the device. From pinned
    memory it takes its place in the queue; torch uses that memory again only when it is done.
    """
    tensor = torch.from_numpy(values)
    if torch.device(device).type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
