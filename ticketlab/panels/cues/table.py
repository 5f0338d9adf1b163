"""What the cue panel looks up: every image at every mixture, and what each net said of it.

Lesson 09's panel builds on this file.
"""

from typing import NamedTuple

import numpy as np

from ticketlab.data import textures
from ticketlab.weights import cues

IMAGES = 24  # that one can look at
NAMES = {cues.SHAPE: "the shape", cues.TEXTURE: "the texture", cues.OTHER: "neither"}


class CueReading(NamedTuple):
    """What the panel shows, as numbers; shares are fractions.

    mixture: the share of texture. shape, texture: what the image's cues say. followed: net -> shares
    of all images and replicates that followed shape, texture, neither. here: net -> how many of its
    replicates followed each in this image.
    """

    mixture: float
    shape: str
    texture: str
    followed: dict[str, tuple[float, float, float]]
    here: dict[str, tuple[int, int, int]]


class CueTable:
    """choices: net -> what ``weights.cues.followed`` gives, [M, R, N], of these ``conflict`` images.

    pictures: uint8 [M, IMAGES, size, size, 3]. curves: net -> [M, 3] shares. Raises ValueError for no
    nets, and for choices of other images.
    """

    def __init__(self, conflict: textures.CueConflict, choices: dict):
        if not choices:
            raise ValueError("choices is empty; give a net's name and what weights.cues.followed gives")
        self.conflict = conflict
        self._choices = {name: np.asarray(each) for name, each in choices.items()}
        mixtures, images = conflict.images.shape[:2]
        for name, own in self._choices.items():
            if own.ndim != 3 or (own.shape[0], own.shape[2]) != (mixtures, images):
                raise ValueError(f"choices of {name!r} have the shape {own.shape}; these images need "
                                 f"({mixtures}, replicates, {images})")
        self.curves = {name: np.stack([(own == cue).mean((1, 2)) for cue in NAMES], 1)
                       for name, own in self._choices.items()}
        shown = conflict.images[:, :IMAGES, 0].numpy()
        low, high = np.quantile(shown, (0.005, 0.995))
        grey = np.uint8(255 * np.clip((shown - low) / (high - low), 0, 1))
        self.pictures = np.repeat(grey[..., None], 3, -1)

    def read(self, step: int, image: int) -> CueReading:
        """The numbers of one mixture (its place) and one image."""
        here = {name: tuple(int((own[step, :, image] == cue).sum()) for cue in NAMES)
                for name, own in self._choices.items()}
        return CueReading(self.conflict.mixtures[step], textures.SHAPES[self.conflict.shapes[image]],
                          textures.TEXTURES[self.conflict.textures[image]],
                          {name: tuple(map(float, curve[step]))
                           for name, curve in self.curves.items()}, here)
