"""What the kernels panel looks up: at which rate each weight, and each kernel, goes.

All weights are ranked once by magnitude, and all kernels by their mean square; a rate is then a
place in that order. Lesson 09's panel builds on this file.
"""

from typing import NamedTuple

import numpy as np

WEIGHTS, KERNELS = "weights", "whole kernels"


class KernelsReading(NamedTuple):
    """What the panel shows, as numbers; shares are fractions.

    rate: asked for. density, sparsity: of whole weights. kept, weights: numbers of weights. whole,
    thinned, gone: numbers of kernels that have all, some or none of their weights. r2_kept,
    r2_gone: median R² of the kernels by where most of their weights went; None where there are
    none, or no fits. In both ways of cutting a kernel counts as kept if at least as large a share of
    its weights is kept as of all.
    """

    rate: float
    density: float
    sparsity: float
    kept: int
    weights: int
    whole: int
    thinned: int
    gone: int
    r2_kept: float | None
    r2_gone: float | None


class KernelsTable:
    """Every cut of some kernels [K, C, h, w]; r2: [K] of their fits, or None.

    Raises ValueError for kernels of another shape, that are not finite, and for another number of R².
    """

    def __init__(self, kernels, r2=None):
        self.kernels = np.asarray(kernels, dtype=float)
        if self.kernels.ndim != 4 or not self.kernels.size:
            raise ValueError(f"kernels have the shape {self.kernels.shape}; give [K, channels, height, "
                             "width], of a stack one replicate's kernels.of_layer")
        if not np.isfinite(self.kernels).all():
            raise ValueError("kernels hold nan or infinity, which have no order; give finite ones")
        self.r2 = None if r2 is None else np.asarray(r2, dtype=float)
        if self.r2 is not None and self.r2.shape != self.kernels.shape[:1]:
            raise ValueError(f"r2 has the shape {self.r2.shape} for {len(self.kernels)} kernels; give "
                             f"one a kernel")
        # the order of an order is the ranks
        self._weights, self._kernels = (
            values.ravel().argsort(kind="stable").argsort().reshape(values.shape)
            for values in (np.abs(self.kernels), np.square(self.kernels).mean((1, 2, 3))))

    def kept(self, rate: float, what: str) -> np.ndarray:
        """Which weights remain: bool [K, C, h, w]; ties go in the order of the weights."""
        if what == WEIGHTS:
            return self._weights >= round(rate * self.kernels.size)
        stays = self._kernels >= round(rate * len(self.kernels))
        return np.broadcast_to(stays[:, None, None, None], self.kernels.shape)

    def read(self, rate: float, what: str) -> KernelsReading:
        """The numbers of one cut."""
        kept = self.kept(rate, what)
        share, density = kept.mean((1, 2, 3)), float(kept.mean())
        stays = share >= density if density else np.zeros(len(share), bool)
        return KernelsReading(rate, density, 1 - density, int(kept.sum()), kept.size,
                              int((share == 1).sum()), int(((share > 0) & (share < 1)).sum()),
                              int((share == 0).sum()), self._median(stays), self._median(~stays))

    def _median(self, chosen) -> float | None:
        if self.r2 is None or not np.isfinite(self.r2[chosen]).any():
            return None
        return float(np.nanmedian(self.r2[chosen]))
