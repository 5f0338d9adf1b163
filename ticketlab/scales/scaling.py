"""Lesson 06 at each scale: which nets, from narrow to wide, and a text."""

from dataclasses import dataclass, replace

from ticketlab.scaling import PROTOCOLS, Protocol
from ticketlab.training import Recipe


@dataclass(frozen=True)
class Scaling:
    """Lesson 06 at one scale: nets of several sizes, wrong labels, and a text.

    mlp: how multi-layer perceptrons are compared, on the scale's data. widths: theirs, narrow to
    wide; depths: at the width ``deep``. cnn, cnn_widths, rewind: the same of small CNNs on
    MNIST-1D, whose tickets go back to step ``rewind``. noisy_widths, noisy_recipe, noise: of the
    nets on wrong labels, on MNIST-1D. text, text_size, text_recipe, text_levels, text_rate: of the
    transformer; text_size are arguments of ``nets.gpt``.
    """

    mlp: Protocol
    widths: tuple[int, ...]
    deep: int
    depths: tuple[int, ...]
    cnn: Protocol
    cnn_widths: tuple[int, ...]
    rewind: int | str
    noisy_widths: tuple[int, ...]
    noisy_recipe: Recipe
    noise: float
    text: str
    text_size: dict[str, int]
    text_recipe: Recipe
    text_levels: int
    text_rate: float


# Larger rounds than the paper's: 30.5, 9.8 and 3.2 % remain after 2, 4 and 6 of them (MNIST-1D).
COARSE = {"hidden": 0.45, "output": 0.225}
QUICK = Scaling(
    PROTOCOLS["mlp"], widths=(10, 20, 40, 120, 320), deep=40, depths=(1, 2, 4),
    cnn=PROTOCOLS["cnn"], cnn_widths=(16, 32), rewind="10%",
    noisy_widths=(6, 16, 48, 96, 160), noise=0.15,
    noisy_recipe=Recipe("adam", lr=1e-2, batch=200, steps=2_000, drops=("75%",),
                        evaluate_every=200),
    text="sentences", text_size={"width": 32, "heads": 2, "blocks": 2},
    text_recipe=Recipe("adam", lr=1e-2, batch=8, steps=200, warmup=30, evaluate_every="100%"),
    text_levels=2, text_rate=0.65)
_TEXT = Recipe("adam", lr=1e-3, batch=64, steps=2_000, warmup=100, evaluate_every=500,
               precision="mixed")
CLASS = replace(
    QUICK, widths=(75, 150, 300, 600, 1_200), deep=300, cnn_widths=(8, 16, 32, 64, 128),
    noisy_widths=(12, 16, 24, 36, 48, 64, 300),
    mlp=Protocol(Recipe("adam", lr=1.2e-3, batch=60, steps=5_000, evaluate_every=1_000), 6,
                 COARSE, 2),
    text="tinyshakespeare", text_size={"width": 128, "heads": 4, "blocks": 4}, text_recipe=_TEXT,
    text_levels=4, text_rate=0.41)
PAPER = replace(
    CLASS, mlp=Protocol(CLASS.mlp.recipe.with_(steps=50_000), 20, {"hidden": 0.2, "output": 0.1}, 2),
    text_recipe=_TEXT.with_(steps=20_000), text_levels=10, text_rate=0.2)
