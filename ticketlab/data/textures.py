"""Images made on the spot: oriented edges, and shapes filled with textures.

oriented: the class is the angle of a stripe, so that whoever tells classes apart must see edges
cue_conflict: shape and texture both tell the class in training; afterwards they contradict
shuffled_pixels, shuffled_labels: controls, in which there is no neighbourhood, or nothing to learn
Everything is decided by the arguments and one seed. Lesson 09 builds on this file.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import whole_from
from ticketlab.data.datasets import Data
from ticketlab.data.own import from_arrays

SHAPES = ("square", "disc", "triangle", "cross")
TEXTURES = ("horizontal stripes", "vertical stripes", "checks", "grains")
_SPLITS = {"train": 2_000, "val": 400, "test": 1_000}


def oriented(classes: int = 8, size: int = 16, seed: int = 0, noise: float = 0.5) -> Data:
    """Grey images of one short stripe pattern each; the class is its angle.

    classes: angles, equally spaced over half a turn. size: pixels a side, 8 or more. noise: standard
    deviation of the independent noise on every pixel; the pattern's highest contrast is 1 to 2.
    Drawn for each image: the angle within a quarter of a class's step, the phase (so that no mean
    image tells the class), 0.08 to 0.25 cycles a pixel, the place, and the bell around it. 2,000
    images to train, 400 to validate, 1,000 to test. Raises ValueError for fewer than 2 classes,
    smaller images, negative noise or seed. Lesson 09 builds on it.
    """
    classes, size = whole_from("classes", classes, least=2), whole_from("size", size, least=8)
    if not noise >= 0:
        raise ValueError(f"noise is {noise}; it is a standard deviation, 0 or above")
    draw = np.random.default_rng([whole_from("seed", seed), *b"oriented"])

    def images(number):
        labels = draw.permutation(np.arange(number) % classes)
        step = np.pi / classes
        angle = step * (labels + draw.uniform(-0.25, 0.25, number))
        x, y = _grid(number, size, draw, reach=0.15)
        across = x * _wide(np.sin(angle)) + y * _wide(np.cos(angle))
        wave = np.cos(2 * np.pi * (_wide(draw.uniform(0.08, 0.25, number)) * across
                                   + _wide(draw.uniform(0, 1, number))))
        bell = np.exp(-(x**2 + y**2) / (2 * (size * _wide(draw.uniform(0.15, 0.3, number))) ** 2))
        contrast = _wide(draw.uniform(1, 2, number))
        return contrast * bell * wave + noise * draw.normal(size=x.shape), labels

    return _standardised("oriented", classes, *(images(number) for number in _SPLITS.values()),
                         f"stripe patterns at {classes} angles, {size}x{size}, noise {noise:g}, made "
                         f"here with seed {seed}")


class CueConflict(NamedTuple):
    """What ``cue_conflict`` makes.

    data: images whose shape and texture belong to the same class. images: [M, N, 1, size, size], N
    images whose two cues contradict, at each of M mixtures and otherwise the same, standardised as
    ``data`` is. mixtures: [M], shares of texture. shapes, textures: [N], the class that each cue says.
    """

    data: Data
    images: Tensor
    mixtures: tuple[float, ...]
    shapes: Tensor
    textures: Tensor


def cue_conflict(size: int = 20, seed: int = 0, noise: float = 0.3, conflicts: int = 600,
                 mixtures=tuple(number / 10 for number in range(11))) -> CueConflict:
    """Images of a shape and a texture that agree, and images in which they contradict.

    An image is ``(1 - mixture) * shape + mixture * texture``, plus noise: a bright silhouette (one of
    ``SHAPES``, of drawn size and place) and a texture over the whole image (one of ``TEXTURES``, of
    drawn phase and scale), both from -1 to 1. Training mixes them by 0.3 to 0.7, drawn for each
    image. A flip changes neither shape nor texture. conflicts: images that contradict. 2,000 images
    to train, 400 to validate, 1,000 to test. Raises ValueError for images below 12 pixels, negative
    noise or seed, mixtures outside of 0 to 1. After Geirhos et al. 2019, who did it with ImageNet and
    style transfer. Lesson 09 builds on it.
    """
    size, number = whole_from("size", size, least=12), whole_from("conflicts", conflicts, least=1)
    if not noise >= 0:
        raise ValueError(f"noise is {noise}; it is a standard deviation, 0 or above")
    if not mixtures or not all(0 <= each <= 1 for each in mixtures):
        raise ValueError(f"mixtures are {mixtures}; give at least one, each a share of "
                         "texture from 0 to 1")
    draw = np.random.default_rng([whole_from("seed", seed), *b"cue conflict"])
    classes = len(SHAPES)

    def agreeing(count):
        labels = draw.permutation(np.arange(count) % classes)
        share = _wide(draw.uniform(0.3, 0.7, count))
        mixed = (1 - share) * _shapes(labels, size, draw) + share * _textures(labels, size, draw)
        return mixed + noise * draw.normal(size=mixed.shape), labels

    splits = [agreeing(count) for count in _SPLITS.values()]
    data = _standardised("cue conflict", classes, *splits,
                         f"shapes filled with textures, {size}x{size}, noise {noise:g}, made here with "
                         f"seed {seed}; in training both tell the class")
    shape = draw.permutation(np.arange(number) % classes)
    texture = (shape + draw.integers(1, classes, number)) % classes
    one, other = _shapes(shape, size, draw), _textures(texture, size, draw)
    rough = noise * draw.normal(size=one.shape)
    mean, spread = splits[0][0].mean(), splits[0][0].std()
    images = np.stack([((1 - share) * one + share * other + rough - mean) / spread for share in mixtures])
    return CueConflict(data, torch.from_numpy(images[:, :, None]).float(), tuple(map(float, mixtures)),
                       torch.from_numpy(shape), torch.from_numpy(texture))


def shuffled_pixels(data: Data, seed: int = 0) -> Data:
    """The data with one and the same permutation of the pixels in every image: no information is
    lost, and no pixel has its neighbours. Of colour images the channels stay together. Raises
    ValueError for data that are not images. Lesson 09 builds on it."""
    if len(data.shape) != 3:
        raise ValueError(f"{data.name} has examples of shape {tuple(data.shape)}; shuffled_pixels needs "
                         "images (channels, height, width)")
    pixels = data.shape[1] * data.shape[2]
    draw = np.random.default_rng([whole_from("seed", seed), *b"pixels"])
    order = torch.from_numpy(draw.permutation(pixels)).to(data.x_train.device)

    def moved(x):
        return x.flatten(2)[..., order].reshape(x.shape)

    return replace(data, x_train=moved(data.x_train), x_val=moved(data.x_val), x_test=moved(data.x_test),
                   name=f"{data.name}, pixels shuffled",
                   provenance=f"{data.provenance} Pixels shuffled (seed {seed}).")


def shuffled_labels(data: Data, seed: int = 0) -> Data:
    """The data with the labels of the training split dealt out anew among its examples: as many of
    each class, and nothing that an image says of its label. Validation and test keep theirs.
    Raises ValueError for a negative seed. Zhang et al. 2017. Lesson 09 builds on it."""
    draw = np.random.default_rng([whole_from("seed", seed), *b"labels"])
    order = torch.from_numpy(draw.permutation(len(data.y_train))).to(data.y_train.device)
    return replace(data, y_train=data.y_train[order], name=f"{data.name}, labels shuffled",
                   provenance=f"{data.provenance} Training labels shuffled (seed {seed}).")


def _standardised(name, classes, train, val, test, provenance) -> Data:
    (x, y), *fixed = [(x[:, None].astype(np.float32), y) for x, y in (train, val, test)]
    data = from_arrays(x, y, validation=fixed[0], test=fixed[1], classes=classes, name=name)
    return replace(data, provenance=f"{provenance}.")


def _wide(values):
    """[N] beside images [N, size, size]."""
    return np.asarray(values)[:, None, None]


def _grid(number, size, draw, reach):
    """x and y of every pixel around a middle that is drawn for each image, in pixels."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    shift = size * draw.uniform(-reach, reach, (2, number))
    return x[None] - _wide(shift[0]), y[None] - _wide(shift[1])


def _shapes(labels, size, draw):
    """Silhouettes, 1 inside and -1 outside, of about equal area."""
    number = len(labels)
    x, y = _grid(number, size, draw, reach=0.12)
    radius = size * _wide(draw.uniform(0.24, 0.34, number))
    x, y = x / radius, y / radius
    insides = [np.maximum(abs(x), abs(y)) < 0.89, x**2 + y**2 < 1,
               (y < 0.96) & (2 * abs(x) - y < 1.54),
               (np.minimum(abs(x), abs(y)) < 0.36) & (np.maximum(abs(x), abs(y)) < 1.27)]
    return np.where(np.choose(_wide(labels), insides), 1.0, -1.0)


def _textures(labels, size, draw):
    """Textures from -1 to 1: waves across or along, their product, and grains of the same size."""
    number = len(labels)
    y, x = np.indices((size, size))[:, None]
    frequency = 2 * np.pi * _wide(draw.uniform(0.16, 0.25, number))
    one, other = (np.cos(frequency * each + _wide(draw.uniform(0, 2 * np.pi, number))) for each in (y, x))
    # noise in the same band of frequencies, without a direction
    waves = draw.uniform(0, 2 * np.pi, (2, number, 12, 1, 1))
    grains = np.cos(frequency[:, None] * (x[:, None] * np.cos(waves[0]) + y[:, None] * np.sin(waves[0]))
                    + waves[1]).sum(1) / np.sqrt(12)
    grains = np.clip(1.3 * grains, -1.6, 1.6)
    return np.choose(_wide(labels), [one, other, np.sqrt(2) * one * other, grains])
