"""Lesson 08 at each scale: how wide random networks are, and what of them is trained."""

from dataclasses import dataclass, replace

from ticketlab.training import Recipe


@dataclass(frozen=True)
class RandomNetworks:
    """Lesson 08 at one scale, on the scale's own data: what training does to random networks.

    widths: units of both hidden layers, from x1 to x32; linearised: the smallest, trained so as well;
    frozen: those of which only a part is trained. recipe: plain SGD of them all; rates: learning rate by
    what is trained. picking: recipe of the scores; picked: the width for which all shares are tried;
    shares: of the weights used. small: networks, and their width, with as many weights as one of
    ``picked`` units. deep: hidden layers of the net whose layers are reset. images, image_recipe:
    depths of the Conv nets on CIFAR-10 that are picked, and how; empty: none.
    """

    widths: tuple[int, ...]
    linearised: tuple[int, ...]
    frozen: tuple[int, ...]
    recipe: Recipe
    rates: dict[str, float]
    picking: Recipe
    picked: int
    shares: tuple[float, ...]
    small: tuple[tuple[int, int], ...]
    deep: tuple[int, ...]
    images: tuple[int, ...]
    image_recipe: Recipe


# Ramanujan et al. 2020: SGD 0.1 with momentum, along a cosine; for Conv-4 100 epochs in
# batches of 128, weight decay 1e-4, for MNIST as in their example 14 epochs, batches of 64, 5e-4.
_COSINE = Recipe("sgd", lr=0.1, momentum=0.9, batch=100, steps=500, cosine=True, evaluate_every=500)
_PICKED = Recipe("sgd", lr=0.1, momentum=0.9, batch=128, steps="10ep", weight_decay=1e-4, cosine=True,
                 evaluate_every="20%", precision="mixed")
QUICK = RandomNetworks(
    widths=(8, 16, 32, 64, 128, 256), linearised=(8, 16, 32), frozen=(8, 32, 128, 256),
    recipe=_COSINE,
    rates={"last layer": 0.1, "first layer": 0.3, "biases": 1.0, "norms": 1.0, "linearised": 0.03},
    picking=_COSINE.with_(lr=0.4), picked=128, shares=(0.1, 0.3, 0.5, 0.7, 0.9),
    small=((4, 55), (16, 20)), deep=(100, 100, 100, 100), images=(), image_recipe=_PICKED)
CLASS = replace(
    QUICK, widths=(16, 32, 64, 128, 256, 512), linearised=(16, 32, 64), frozen=(16, 64, 256, 512),
    recipe=_COSINE.with_(steps="3ep", evaluate_every="3ep"),
    picking=Recipe("sgd", lr=0.1, momentum=0.9, batch=64, steps="14ep", weight_decay=5e-4, cosine=True,
                   evaluate_every="7ep"),
    picked=256, small=((4, 77), (16, 21)), images=(2, 4))
PAPER = replace(CLASS, recipe=_COSINE.with_(steps="20ep", evaluate_every="20ep"),
                image_recipe=_PICKED.with_(steps="100ep", precision="float32"))
