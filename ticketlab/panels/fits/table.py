"""What the fit panel looks up: kernels, the optimiser's fits, and how good a Gabor function is.

Angle, wavelength and width come from the learner, and so the amplitude and the phase that come
nearest are a least-squares problem of two unknowns. The place of the bell and how long it is for
its width are the optimiser's. Lesson 09's panel builds on this file.
"""

from typing import NamedTuple

import numpy as np

from ticketlab.weights import kernels as measures


class FitReading(NamedTuple):
    """What the panel shows, as numbers.

    kernel: its number. angle: of the stripes, degrees. wavelength, width: in pixels. r2: of the
    learner's Gabor function; best: of the optimiser's.
    """

    kernel: int
    angle: float
    wavelength: float
    width: float
    r2: float
    best: float


class FitTable:
    """Kernels [K, C, h, w] and their fits, a table of ``kernels.fit``.

    shown: the numbers of the kernels that have a fit. Raises ValueError for a table of another number
    of kernels, and where no kernel has a fit.
    """

    def __init__(self, kernels, fits):
        self.images, self.fits = measures.separate(kernels).spatial, fits
        if self.images.ndim != 3:
            raise ValueError(f"kernels are of shape {self.images.shape[1:]}; give two-dimensional ones")
        if len(fits) != len(self.images):
            raise ValueError(f"fits has {len(fits)} rows for {len(self.images)} kernels; give the "
                             f"table of "
                             "kernels.fit of these")
        self.shown = [place for place, value in enumerate(fits["r2"]) if np.isfinite(value)]
        if not self.shown:
            raise ValueError("no kernel has a fit: all are constant; give others")
        self.best = measures.render(fits, self.images.shape[1:])

    def wave(self, kernel: int, angle: float, wavelength: float, width: float) -> np.ndarray:
        """The learner's Gabor function of a kernel."""
        own = self.fits.iloc[kernel]
        return measures.best_wave(self.images[kernel], x=own["x"], y=own["y"], width=width,
                                  length=width * own["length"] / own["width"], angle=angle,
                                  frequency=1 / wavelength)

    def read(self, kernel: int, angle: float, wavelength: float, width: float) -> FitReading:
        """The numbers of a choice."""
        wave = self.wave(kernel, angle, wavelength, width)
        return FitReading(kernel, angle, wavelength, width,
                          measures.explained(self.images[kernel], wave),
                          float(self.fits["r2"].iloc[kernel]))
