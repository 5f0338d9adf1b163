"""The Gabor function, in two dimensions and in one: a wave under a bell.

A model of the receptive fields of simple cells (Daugman 1985; Jones & Palmer 1987), and what "an
edge detector" means in lesson 09. Coordinates are in pixels around the middle of the kernel, x to
the right and y down. Everything here is plain NumPy.
"""

import numpy as np

PARAMETERS = ("amplitude", "phase", "x", "y", "width", "length", "angle", "frequency")
_ON_A_LINE = ("amplitude", "phase", "x", "width", "frequency")


def parameters_of(size) -> tuple[str, ...]:
    """Names of the parameters of a Gabor function on a grid of ``size``: eight, or five on a line."""
    return PARAMETERS if len(size) == 2 else _ON_A_LINE


def gabor(size, *, amplitude=1.0, phase=0.0, x=0.0, y=0.0, width=1.0, length=1.0, angle=0.0,
          frequency=0.0) -> np.ndarray:
    """A Gabor function on a grid: ``amplitude * bell * cos(2 pi frequency u + phase)``.

    size: (height, width) of the grid, or (length,) of a line, which has no y, length and angle.
    phase, angle: degrees. angle: of the stripes, counterclockwise from horizontal, so that 90 is
    upright. frequency: cycles a pixel, across the stripes; 0 is a blob. width, length: standard
    deviations of the bell across and along the stripes, in pixels; x, y: its middle.
    Raises ValueError for a grid of other dimensions and for a width or length of 0 or below.
    Daugman 1985; Jones & Palmer 1987, equation 1. Lesson 09 builds on it.
    """
    if len(size) not in (1, 2) or min(size) < 1:
        raise ValueError(f"size is {tuple(size)}; give (height, width), or (length,) for a line")
    for name, value in (("width", width), ("length", length)):
        if not value > 0:
            raise ValueError(f"{name} is {value}; it is a standard deviation in pixels, so it must "
                             "be above 0")
    across, along = turned(size, x, y, angle)
    bell = np.exp(-across**2 / (2 * width**2) - along**2 / (2 * length**2))
    return amplitude * bell * np.cos(2 * np.pi * frequency * across + np.radians(phase))


def grid(size) -> tuple[np.ndarray, np.ndarray]:
    """x and y of each pixel, in pixels from the middle; of a line, y is 0."""
    if len(size) == 1:
        x = np.arange(size[0]) - (size[0] - 1) / 2
        return x, np.zeros_like(x)
    y, x = np.indices(size, dtype=float)
    return x - (size[1] - 1) / 2, y - (size[0] - 1) / 2


def turned(size, x: float, y: float, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's place across and along stripes of that angle (degrees) through (x, y)."""
    px, py = grid(size)
    px, py = px - x, py - y
    if len(size) == 1:
        return px, py
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    return px * sine + py * cosine, px * cosine - py * sine
