"""How large the experiments are: the same cells at three scales, chosen by ``TICKETLAB_SCALE``.

``quick``   MNIST-1D on a laptop CPU, no network, every lesson within a minute (the default)
``class``   MNIST, LeNet-300-100, shortened training: a workshop on a Colab GPU, or a patient CPU
``paper``   MNIST with the full recipe of Frankle & Carbin 2019, figure 2: 50,000 steps a net

All lessons begin by asking for the scale. Lesson 01 builds on this file.
"""

import os
from dataclasses import dataclass

import torch

from ticketlab import data
from ticketlab.recipe import Recipe

VARIABLE = "TICKETLAB_SCALE"


@dataclass(frozen=True)
class Scale:
    """One scale: the data set, the recipe for its multi-layer perceptron, and how many replicates
    stand behind every error bar."""

    name: str
    dataset: str
    recipe: Recipe
    replicates: int

    @property
    def device(self) -> str:
        """``"cuda"`` where there is a GPU and the scale is worth it, else ``"cpu"``."""
        return "cuda" if self.name != "quick" and torch.cuda.is_available() else "cpu"

    def load(self) -> data.Data:
        """The scale's data set on its device; raises as ``data.load`` does."""
        return data.load(self.dataset, device=self.device)


_SCALES = {scale.name: scale for scale in (
    Scale("quick", "mnist1d", Recipe("adam", lr=2e-3, batch=100, steps=1_500), 3),
    Scale("class", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=5_000, evaluate_every=250), 5),
    Scale("paper", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=50_000), 5),
)}


def current() -> Scale:
    """The scale that the environment variable ``TICKETLAB_SCALE`` names, ``quick`` by default.

    Raises ValueError for a name that is no scale.
    """
    name = os.environ.get(VARIABLE, "quick")
    if name not in _SCALES:
        raise ValueError(f"{VARIABLE} is {name!r}; it must be one of {list(_SCALES)}")
    return _SCALES[name]
