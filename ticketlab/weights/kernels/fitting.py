"""Gabor functions fitted to kernels by least squares, and how much of a kernel they explain.

``scipy.optimize.least_squares`` does the fitting, within bounds and with the exact derivatives. Its
starts come from the kernel itself: the best of many Gabor functions on a coarse grid of places,
angles, frequencies and widths (the kernel's local spectrum), at the few angles where they fit best.
A flexible function fits noise, too: judge no fit without ``random_kernels`` of the same size beside it.
Lesson 09 builds on this file.
"""

from functools import lru_cache
from itertools import product

import numpy as np

from ticketlab.basics import progress_bar, whole_from
from ticketlab.weights.kernels.gabors import gabor, parameters_of, turned
from ticketlab.weights.kernels.separability import check_kernels, separate

COLUMNS = ("kernel", "r2", "converged", "freedom", "amplitude", "phase", "x", "y", "width", "length",
           "angle", "frequency")
_NARROWEST = 0.4  # of the bell, in pixels: a narrower one is a single pixel


def fit(kernels, starts: int = 3, most: int = 200, progress=True):
    """The Gabor function nearest to each kernel's strongest spatial component: a pandas data frame
    with a row a kernel.

    kernels: [K, C, h, w] or, of one dimension, [K, C, length]; C are the channels (see
    ``separate``). starts: how many starts each fit gets; most: evaluations of the function after
    which a start is given up. progress: show a bar.

    Columns: ``kernel`` (its number); ``r2``, the share of the component's variance that is
    explained; ``converged`` (a fit that ran out of evaluations stays, with False); ``freedom``,
    values minus parameters: where it is 0 or less any kernel is fitted, and r2 says nothing; then
    what ``gabor`` takes. On a line y, length and angle are nan. A constant kernel has no variance,
    its r2 is nan, and so are its parameters; its ``converged`` is False.

    Raises ValueError for other shapes, kernels of one pixel, kernels that are not finite, and for
    no starts. Jones & Palmer 1987 fit receptive fields so. Lesson 09 builds on it.
    """
    import pandas

    check_kernels(kernels)
    starts, most = whole_from("starts", starts, least=1), whole_from("most", most, least=1)
    images = separate(kernels).spatial
    rows = []
    with progress_bar(progress, len(images), "fitting") as bar:
        for number, image in enumerate(images):
            rows.append({"kernel": number} | _fit_one(image, starts, most))
            bar.update(1)
    return pandas.DataFrame(rows, columns=list(COLUMNS))


def render(fits, size) -> np.ndarray:
    """The fitted functions as images [K, *size]; nan for a kernel without a fit. Lesson 09."""
    names = parameters_of(size)
    return np.stack([gabor(size, **{name: row[name] for name in names})
                     if np.isfinite(row["r2"]) else np.full(size, np.nan)
                     for _, row in fits.iterrows()])


def explained(image, model) -> float:
    """R²: the share of an image's variance (around its mean) that a model leaves nothing of.

    1 is all; 0 or below, no more than the mean does. nan for a constant image.
    """
    image, model = np.asarray(image, dtype=float), np.asarray(model, dtype=float)
    variance = np.square(image - image.mean()).sum()
    return float(1 - np.square(image - model).sum() / variance) if variance > 0 else float("nan")


def best_wave(image, **shape) -> np.ndarray:
    """The Gabor function of that shape (x, y, width, length, angle, frequency as in ``gabor``) with
    the amplitude and phase that come nearest to the image. The panel of lesson 09 builds on it."""
    image = np.asarray(image, dtype=float)
    pair = np.stack([gabor(image.shape, phase=phase, **shape).ravel() for phase in (0, -90)], 1)
    return (pair @ np.linalg.lstsq(pair, image.ravel(), rcond=None)[0]).reshape(image.shape)


def _fit_one(image: np.ndarray, starts: int, most: int) -> dict:
    from scipy.optimize import least_squares

    size, spread = image.shape, image.std()
    freedom = image.size - len(parameters_of(size))
    # what arithmetic leaves of a constant is no variance
    if spread <= 1e-6 * np.abs(image).max(initial=0):
        return {"r2": np.nan, "converged": False, "freedom": freedom}
    target = (image / spread).ravel()

    def follow(start, precision):
        return least_squares(_residuals, start, _jacobian, bounds=_bounds(size), x_scale="jac",
                             max_nfev=most, ftol=precision, xtol=precision, gtol=precision,
                             args=(target, size))

    # every start until a step gains less than a thousandth; then the best of them to its end
    rough = [follow(start, 1e-3) for start in _starts(target, size, starts)]
    best = follow(min(rough, key=lambda found: found.cost).x, 1e-4)
    own = _readable(best.x, size, spread)
    r2 = explained(image, gabor(size, **own))
    return {"r2": r2, "converged": bool(best.success), "freedom": freedom} | own


# Inside, a wave is a * cosine + b * sine: both are linear, where amplitude and phase are not.
# Order: a, b, x, width, frequency, and in two dimensions y, length, angle (radians).

def _bounds(size):
    reach = [(side - 1) / 2 for side in size]
    low = [-np.inf, -np.inf, -reach[-1], _NARROWEST, 0]
    high = [np.inf, np.inf, reach[-1], max(size), 0.5]
    if len(size) == 2:
        low, high = [*low, -reach[0], _NARROWEST, -np.inf], [*high, reach[0], max(size), np.inf]
    return low, high


def _parts(theta, size):
    a, b, x, width, frequency = theta[:5]
    y, length, angle = theta[5:] if len(size) == 2 else (0.0, 1.0, 0.0)
    u, v = (each.ravel() for each in turned(size, x, y, np.degrees(angle)))
    bell = np.exp(-u**2 / (2 * width**2) - v**2 / (2 * length**2))
    turn = 2 * np.pi * frequency * u
    return u, v, bell, np.cos(turn), np.sin(turn)


def _residuals(theta, target, size):
    *_, bell, cosine, sine = _parts(theta, size)
    return bell * (theta[0] * cosine + theta[1] * sine) - target


def _jacobian(theta, target, size):
    a, b, _, width, frequency = theta[:5]
    u, v, bell, cosine, sine = _parts(theta, size)
    wave, slope = bell * (a * cosine + b * sine), bell * (b * cosine - a * sine)
    by_u = -u / width**2 * wave + 2 * np.pi * frequency * slope
    columns = [bell * cosine, bell * sine, -by_u, wave * u**2 / width**3, 2 * np.pi * u * slope]
    if len(size) == 2:
        length, angle = theta[6:]
        by_v = -v / length**2 * wave
        columns[2] = -by_u * np.sin(angle) - by_v * np.cos(angle)
        columns += [-by_u * np.cos(angle) + by_v * np.sin(angle), wave * v**2 / length**3,
                    by_u * v - by_v * u]
    return np.stack(columns, 1)


def _starts(target, size, starts):
    """The best functions of the coarse grid, one an angle; on a line, one a frequency."""
    shapes, kinds, pairs = _dictionary(size)
    # each pair is orthonormal, so this is how much of the kernel it explains
    energy = np.square(np.einsum("npk,k->np", pairs, target)).sum(1)
    best = [np.flatnonzero(kinds == kind)[energy[kinds == kind].argmax()] for kind in set(kinds)]
    for place in sorted(best, key=lambda place: -energy[place])[:starts]:
        theta = np.concatenate([[0, 0], shapes[place]])
        *_, bell, cosine, sine = _parts(theta, size)
        pair = np.stack([bell * cosine, bell * sine], 1)
        yield np.concatenate([np.linalg.lstsq(pair, target, rcond=None)[0], shapes[place]])


@lru_cache(maxsize=8)
def _dictionary(size):
    """A coarse grid of Gabor functions: their shapes, the kind of each, an orthonormal pair each."""
    side = max(size)
    middles = [sorted({0.0, -each / 5, each / 5}) for each in size]
    widths = [max(_NARROWEST, side / 8), side / 4]
    frequencies = (0.02, 0.08, 0.14, 0.2, 0.28, 0.38)
    if len(size) == 1:
        shapes = [(x, width, frequency) for x, width, frequency in
                  product(middles[0], widths, frequencies)]
        kinds = np.array([shape[2] for shape in shapes])
    else:
        shapes = [(x, width, frequency, y, ratio * width, angle)
                  for x, y, width, ratio, frequency, angle in product(
                      middles[1], middles[0], widths, (1, 2), frequencies,
                      np.pi * np.arange(8) / 8)]
        kinds = np.array([shape[5] for shape in shapes])
    pairs = []
    for shape in shapes:
        *_, bell, cosine, sine = _parts(np.concatenate([[0, 0], shape]), size)
        pairs.append(np.linalg.svd(np.stack([bell * cosine, bell * sine]), full_matrices=False)[2])
    return np.array(shapes), kinds, np.array(pairs)


def _readable(theta, size, spread) -> dict:
    """As ``gabor`` takes it; a positive amplitude, a phase of -180 to 180, an angle of 0 to 180."""
    a, b, x, width, frequency = theta[:5]
    found = {"x": x, "width": width, "frequency": frequency}
    if len(size) == 2:
        y, length, angle = theta[5:]
        turns, angle = divmod(np.degrees(angle), 180)
        if turns % 2:  # half a turn of the stripes turns their sine round
            b = -b
        found |= {"y": y, "length": length, "angle": angle}
    found |= {"amplitude": spread * np.hypot(a, b), "phase": np.degrees(np.arctan2(-b, a))}
    return {name: float(value) for name, value in found.items()}
