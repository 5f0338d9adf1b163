"""Lesson 05 at each scale: a network that is *not* stable from its first step, and when it is."""

from collections.abc import Callable
from dataclasses import dataclass

from ticketlab import nets
from ticketlab.training import Recipe


@dataclass(frozen=True)
class Rewinding:
    """Lesson 05 at one scale: a network with batch normalisation that is not stable from its start.

    network: how figures call it. net: makes it from its data. dataset, recipe, replicates: how the
    dense networks are trained. calm: the recipe of the counter-experiment, stable from its start or
    nearly so. steps: k, where the dense networks are kept and children begin, 0 first. rewound:
    those k that tickets are put back to; the last is also that of learning-rate rewinding and of
    fine-tuning. levels, rate: rounds of global pruning, as ``pruning.prune`` takes the rate.
    """

    network: str
    net: Callable
    dataset: str
    recipe: Recipe
    calm: Recipe
    replicates: int
    steps: tuple[int, ...]
    rewound: tuple[int, ...]
    levels: int
    rate: float | dict[str, float]


# 20 % of the weights remain after three rounds. Batches of 50 and not of 100: more of SGD's noise,
# which is what the lesson is about, at half the price of a step.
_SIGNALS = Recipe("sgd", lr=0.1, batch=50, steps=800, momentum=0.9, weight_decay=1e-4,
                  drops=("80%", "90%"), evaluate_every=400)
QUICK = Rewinding(
    "small CNN", nets.conv1d, "mnist1d", _SIGNALS, _SIGNALS.with_(warmup="40%"), replicates=5,
    steps=(0, 3, 10, 30, 100), rewound=(0, 10, 100), levels=3, rate=0.415)

# He et al. 2016: divided by 10 at 1/2 and 3/4. 16.8 % of the convolutions remain in the end. The
# differences from the published protocol stand in lessons/reference/README.md.
_IMAGES = Recipe("sgd", lr=0.1, batch=128, steps=62_500, momentum=0.9, weight_decay=1e-4,
                 drops=("50%", "75%"), augment="crop-flip", evaluate_every="5%")
_SHORT = _IMAGES.with_(steps="2ep", evaluate_every="50%", precision="mixed")
CLASS = Rewinding(
    "ResNet-20", nets.resnet20, "cifar10", _SHORT, _SHORT.with_(warmup="40%"), replicates=2,
    steps=(0, 20, 100), rewound=(0, 100), levels=2, rate={"conv": 0.59, "output": 0})
PAPER = Rewinding(
    "ResNet-20", nets.resnet20, "cifar10", _IMAGES, _IMAGES.with_(lr=0.03, warmup=20_000),
    replicates=3, steps=(0, 500, 1_000, 2_000), rewound=(0, 500, 2_000), levels=8,
    rate={"conv": 0.2, "output": 0})
