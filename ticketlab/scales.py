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
    """One scale: the data set, the recipe for its multi-layer perceptron, how many replicates stand
    behind every error bar, and the rounds of iterative pruning: how many, and the rate of each."""

    name: str
    dataset: str
    recipe: Recipe
    replicates: int
    levels: int
    rate: dict[str, float]

    @property
    def device(self) -> str:
        """``"cuda"`` where there is a GPU and the scale is worth it, else ``"cpu"``."""
        return "cuda" if self.name != "quick" and torch.cuda.is_available() else "cpu"

    def load(self) -> data.Data:
        """The scale's data set on its device; raises as ``data.load`` does."""
        return data.load(self.dataset, device=self.device)


# Larger rounds than the paper's: 30.5, 9.8 and 3.2 % remain after 2, 4 and 6 of them (MNIST-1D).
_COARSE = {"hidden": 0.45, "output": 0.225}

_SCALES = {scale.name: scale for scale in (
    Scale("quick", "mnist1d", Recipe("adam", lr=2e-3, batch=100, steps=1_500), 3, 6, _COARSE),
    Scale("class", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=5_000, evaluate_every=250), 5,
          6, _COARSE),
    Scale("paper", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=50_000), 5,
          20, {"hidden": 0.2, "output": 0.1}),
)}


def current() -> Scale:
    """The scale that the environment variable ``TICKETLAB_SCALE`` names, ``quick`` by default.

    Raises ValueError for a name that is no scale.
    """
    return named(os.environ.get(VARIABLE, "quick"))


def named(name: str) -> Scale:
    """The scale of that name; raises ValueError for a name that is no scale."""
    if name not in _SCALES:
        raise ValueError(f"the scale ({VARIABLE}) is {name!r}; it must be one of {list(_SCALES)}")
    return _SCALES[name]
