"""Patches of the two photographs that come with scikit-learn, and a task without labels on them.

The photographs are ``china.jpg``, by danielbuechele on Flickr, and ``flower.jpg``, by vultilion on
Flickr (so says the address that scikit-learn gives for it), both licensed CC BY 2.0. scikit-learn
ships them, this package does not.
Lesson 09 builds on this file.
"""

import warnings
from dataclasses import replace

import numpy as np

from ticketlab.basics import whole_from
from ticketlab.data.datasets import Data
from ticketlab.data.own import from_arrays

CREDIT = ("china.jpg by danielbuechele and flower.jpg by vultilion (both on Flickr, CC BY 2.0), "
          "which come with scikit-learn")
_TEST = 2 / 3  # patches of test and validation lie right of here: they share no pixel with training


def photographs() -> list[np.ndarray]:
    """The two photographs in grey: arrays [427, 640], 0 to 1. They come with scikit-learn; no
    network is needed. Lesson 09 builds on it."""
    from sklearn.datasets import load_sample_images

    # BT.601, as most programs make grey of colours
    return [image @ np.array([0.299, 0.587, 0.114]) / 255 for image in load_sample_images().images]


def patches(number: int, size: int = 16, seed: int = 0, part=(0, 1), images=None) -> np.ndarray:
    """Square patches from anywhere in the photographs, [number, size, size], without their mean.

    part: between which shares of the width the patches lie, such as (0, 2/3). images: other grey
    images [height, width], square or not; by default the photographs. Patches in which nothing
    varies (the sky) are drawn anew, as are those below a third of the median contrast: a network
    learns nothing from a flat surface. Raises ValueError for images that are smaller than a patch, and
    for a part that is too narrow. Lesson 09 builds on it.
    """
    number, size = whole_from("number", number, least=1), whole_from("size", size, least=2)
    images = photographs() if images is None else [np.asarray(image, dtype=float) for image in images]
    draw = np.random.default_rng([whole_from("seed", seed), *b"patches"])
    for image in images:
        if image.ndim != 2 or image.shape[0] < size:
            raise ValueError(f"an image has the shape {image.shape}; give grey images [height, width] of "
                             f"at least {size} pixels a side")
        if not 0 <= part[0] < part[1] <= 1 or (part[1] - part[0]) * image.shape[1] < size:
            raise ValueError(f"part is {part}; it must be two shares of the width, low and high, with "
                             f"room for {size} of {image.shape[1]} pixels")

    def some(count):
        cut = []
        for which in draw.integers(0, len(images), count):
            image = images[which]
            left, right = (round(share * image.shape[1]) for share in part)
            top = draw.integers(0, image.shape[0] - size + 1)
            at = draw.integers(left, right - size + 1)
            cut.append(image[top:top + size, at:at + size])
        cut = np.stack(cut)
        return cut - cut.mean((1, 2), keepdims=True)

    found = some(2 * number)
    contrast = found.std((1, 2))
    # half of all patches lie above the median, so that these are always enough
    return found[contrast >= np.median(contrast) / 3][:number]


def rotations(size: int = 16, seed: int = 0) -> Data:
    """A task without labels: by how many quarter turns was a patch of the photographs rotated?

    2,000 patches to train, from the left two thirds of the photographs; 400 to validate and 1,000
    to test, from the right third. Each patch is divided by its own standard deviation.
    Gidaris, Singh & Komodakis 2018 learn features of ImageNet so. Lesson 09 builds on it.
    """
    seed = whole_from("seed", seed)
    draw = np.random.default_rng([seed, *b"rotations"])

    def turned(number, part, own):
        cut = patches(number, size, own, part)
        labels = draw.permutation(np.arange(number) % 4)
        images = np.stack([np.rot90(patch, turns) for patch, turns in zip(cut, labels, strict=True)])
        return (images / images.std((1, 2), keepdims=True))[:, None].astype(np.float32), labels

    parts = ((2_000, (0, _TEST), 3 * seed), (400, (_TEST, 1), 3 * seed + 1),
             (1_000, (_TEST, 1), 3 * seed + 2))
    train, val, test = (turned(*each) for each in parts)
    data = from_arrays(*train, validation=val, test=test, classes=4, name="rotations")
    return replace(data, provenance=f"patches of {CREDIT}; turned by quarter turns with seed {seed}.")


def independent_components(images, number: int, seed: int = 0) -> np.ndarray:
    """Independent components of patches: the patterns of which they are sums, [number, 1, size, size].

    images: [N, height, width]. Principal components whiten the patches and keep the ``number``
    strongest directions; FastICA then turns these until their coefficients are as independent as
    they get. No network, no labels, and no gradient of a loss: what comes out was in the images.
    Each pattern has a standard deviation of 1. Raises ValueError for more components than pixels - 1 (a
    patch has lost its mean). Bell & Sejnowski 1997; Olshausen & Field 1996. Lesson 09 builds on it.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    images = np.asarray(images, dtype=float)
    number, most = whole_from("number", number, least=1), images[0].size - 1
    if number > most:
        raise ValueError(f"number is {number}; patches of {images[0].size} pixels have at most "
                         f"{most} components")
    ica = FastICA(number, whiten="unit-variance", whiten_solver="svd",
                  random_state=whole_from("seed", seed), max_iter=300, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last ones turn for long
        ica.fit(images.reshape(len(images), -1))
    patterns = ica.mixing_.T.reshape(number, 1, *images.shape[1:])
    return patterns / patterns.std((1, 2, 3), keepdims=True)
