"""How large the experiments are: the same cells at three scales, chosen by ``TICKETLAB_SCALE``.

``quick``   MNIST-1D on a laptop CPU, no network, every lesson within a minute (the default)
``class``   MNIST, LeNet-300-100, shortened training: a workshop on a Colab GPU, or a patient CPU
``paper``   MNIST with the full recipe of Frankle & Carbin 2019, figure 2: 50,000 steps a net

Lesson 05 needs a network that is *not* stable from its first step, and has one at each scale.

All lessons begin by asking for the scale. Lesson 01 builds on this file.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from ticketlab import data, nets
from ticketlab.basics import environment, stop
from ticketlab.scaling import PROTOCOLS, Protocol
from ticketlab.training import Recipe

VARIABLE = "TICKETLAB_SCALE"


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


@dataclass(frozen=True)
class Surface:
    """Lesson 07 at one scale, on the scale's own data: what lies around sparse networks.

    hidden: units of the MLP. recipe, replicates: how it is trained, plain SGD. levels, rate: rounds of
    global pruning, to a tenth. wide, pressed, pressed_replicates: the MLP, recipe and replicates of
    the part on pressure; l2, l1, powers: its strengths. widths, matched: of the MLPs of one hidden
    layer that are matched, and their recipe. signals: how many replicates of lesson 05's network are
    searched.
    """

    hidden: tuple[int, ...]
    recipe: Recipe
    replicates: int
    levels: int
    rate: float
    wide: tuple[int, ...]
    pressed: Recipe
    pressed_replicates: int
    l2: tuple[float, ...]
    l1: tuple[float, ...]
    powers: tuple[int, ...]
    widths: tuple[int, ...]
    matched: Recipe
    signals: int


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


@dataclass(frozen=True)
class Scale:
    """One scale: the data set, the recipe for its multi-layer perceptron, how many replicates stand
    behind every error bar, the rounds of iterative pruning (how many, and the rate of each), and
    what lessons 05 to 08 train."""

    name: str
    dataset: str
    recipe: Recipe
    replicates: int
    levels: int
    rate: dict[str, float]
    rewinding: Rewinding
    scaling: Scaling
    surface: Surface
    random: RandomNetworks

    @property
    def device(self) -> str:
        """``"cuda"`` where there is a GPU and the scale is worth it, else ``"cpu"``."""
        return "cuda" if self.name != "quick" and torch.cuda.is_available() else "cpu"

    def load(self, dataset: str | None = None) -> data.Data:
        """The scale's data set, or another one such as ``rewinding.dataset``, on the scale's device;
        raises as ``data.load`` does."""
        return data.load(dataset or self.dataset, device=self.device)


# 20 % of the weights remain after three rounds. Batches of 50 and not of 100: more of SGD's noise,
# which is what the lesson is about, at half the price of a step.
_SIGNALS = Recipe("sgd", lr=0.1, batch=50, steps=800, momentum=0.9, weight_decay=1e-4,
                  drops=("80%", "90%"), evaluate_every=400)
_QUICK = Rewinding(
    "small CNN", nets.conv1d, "mnist1d", _SIGNALS, _SIGNALS.with_(warmup="40%"), replicates=5,
    steps=(0, 3, 10, 30, 100), rewound=(0, 10, 100), levels=3, rate=0.415)

# He et al. 2016: divided by 10 at 1/2 and 3/4. 16.8 % of the convolutions remain in the end. The
# differences from the published protocol stand in lessons/reference/README.md.
_IMAGES = Recipe("sgd", lr=0.1, batch=128, steps=62_500, momentum=0.9, weight_decay=1e-4,
                 drops=("50%", "75%"), augment="crop-flip", evaluate_every="5%")
_SHORT = _IMAGES.with_(steps="2ep", evaluate_every="50%", precision="mixed")
_CLASS = Rewinding(
    "ResNet-20", nets.resnet20, "cifar10", _SHORT, _SHORT.with_(warmup="40%"), replicates=2,
    steps=(0, 20, 100), rewound=(0, 100), levels=2, rate={"conv": 0.59, "output": 0})
_PAPER = Rewinding(
    "ResNet-20", nets.resnet20, "cifar10", _IMAGES, _IMAGES.with_(lr=0.03, warmup=20_000),
    replicates=3, steps=(0, 500, 1_000, 2_000), rewound=(0, 500, 2_000), levels=8,
    rate={"conv": 0.2, "output": 0})

# Larger rounds than the paper's: 30.5, 9.8 and 3.2 % remain after 2, 4 and 6 of them (MNIST-1D).
_COARSE = {"hidden": 0.45, "output": 0.225}
_SMALL = Scaling(
    PROTOCOLS["mlp"], widths=(10, 20, 40, 80, 160, 320), deep=40, depths=(1, 2, 4),
    cnn=PROTOCOLS["cnn"], cnn_widths=(8, 16, 32), rewind="10%",
    noisy_widths=(12, 16, 24, 36, 48, 64, 300), noise=0.15,
    noisy_recipe=Recipe("adam", lr=1e-2, batch=200, steps=2_000, drops=("75%",),
                        evaluate_every=200),
    text="sentences", text_size={"width": 32, "heads": 2, "blocks": 2},
    text_recipe=Recipe("adam", lr=5e-3, batch=16, steps=300, warmup=30, evaluate_every=150),
    text_levels=2, text_rate=0.65)
_TEXT = Recipe("adam", lr=1e-3, batch=64, steps=2_000, warmup=100, evaluate_every=500,
               precision="mixed")
_LARGE = replace(
    _SMALL, widths=(75, 150, 300, 600, 1_200), deep=300, cnn_widths=(8, 16, 32, 64, 128),
    mlp=Protocol(Recipe("adam", lr=1.2e-3, batch=60, steps=5_000, evaluate_every=1_000), 6,
                 _COARSE, 2),
    text="tinyshakespeare", text_size={"width": 128, "heads": 4, "blocks": 4}, text_recipe=_TEXT,
    text_levels=4, text_rate=0.41)
_FULL = replace(
    _LARGE, mlp=Protocol(_LARGE.mlp.recipe.with_(steps=50_000), 20, {"hidden": 0.2, "output": 0.1}, 2),
    text_recipe=_TEXT.with_(steps=20_000), text_levels=10, text_rate=0.2)

# Plain SGD, under which a pressure is no more than it says: Adam would divide it away.
_PLAIN = Recipe("sgd", lr=0.05, momentum=0.9, batch=100, steps=1_500, evaluate_every=1_500)
_NEAR = Surface(
    (100, 100), _PLAIN, replicates=5, levels=4, rate=0.4377,  # a tenth remains after four rounds
    wide=(300, 100), pressed=_PLAIN.with_(steps=3_000, evaluate_every=3_000), pressed_replicates=4,
    l2=(1e-3, 5e-3), l1=(5e-4,), powers=(2, 3, 4),
    widths=(16, 64, 256), matched=_PLAIN.with_(steps=1_000, evaluate_every=1_000), signals=4)
_LENET = replace(
    _NEAR, hidden=(300, 100), recipe=_PLAIN.with_(steps=5_000, evaluate_every=1_000),
    pressed=_PLAIN.with_(steps=5_000, evaluate_every=1_000), widths=(16, 64, 256, 1_024),
    matched=_PLAIN.with_(steps=3_000, evaluate_every=1_000), signals=2)
_LENET_FULL = replace(
    _LENET, levels=10, rate=0.2, recipe=_PLAIN.with_(steps=50_000, evaluate_every=1_000),
    pressed=_PLAIN.with_(steps=50_000, evaluate_every=1_000), signals=3)

# Of lesson 08. Ramanujan et al. 2020: SGD 0.1 with momentum, along a cosine; for Conv-4 100 epochs in
# batches of 128, weight decay 1e-4, for MNIST as in their example 14 epochs, batches of 64, 5e-4.
_COSINE = Recipe("sgd", lr=0.1, momentum=0.9, batch=100, steps=500, cosine=True, evaluate_every=500)
_PICKED = Recipe("sgd", lr=0.1, momentum=0.9, batch=128, steps="10ep", weight_decay=1e-4, cosine=True,
                 evaluate_every="20%", precision="mixed")
_FEW = RandomNetworks(
    widths=(8, 16, 32, 64, 128, 256), linearised=(8, 16, 32), frozen=(8, 32, 128, 256),
    recipe=_COSINE,
    rates={"last layer": 0.1, "first layer": 0.3, "biases": 1.0, "norms": 1.0, "linearised": 0.03},
    picking=_COSINE.with_(lr=0.4), picked=128, shares=(0.1, 0.3, 0.5, 0.7, 0.9),
    small=((4, 55), (16, 20)), deep=(100, 100, 100, 100), images=(), image_recipe=_PICKED)
_MORE = replace(
    _FEW, widths=(16, 32, 64, 128, 256, 512), linearised=(16, 32, 64), frozen=(16, 64, 256, 512),
    recipe=_COSINE.with_(steps="3ep", evaluate_every="3ep"),
    picking=Recipe("sgd", lr=0.1, momentum=0.9, batch=64, steps="14ep", weight_decay=5e-4, cosine=True,
                   evaluate_every="7ep"),
    picked=256, small=((4, 77), (16, 21)), images=(2, 4))
_MOST = replace(_MORE, recipe=_COSINE.with_(steps="20ep", evaluate_every="20ep"),
                image_recipe=_PICKED.with_(steps="100ep", precision="float32"))

_SCALES = {scale.name: scale for scale in (
    Scale("quick", "mnist1d", Recipe("adam", lr=2e-3, batch=100, steps=1_500), 5, 6, _COARSE,
          _QUICK, _SMALL, _NEAR, _FEW),
    Scale("class", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=5_000, evaluate_every=250), 5,
          6, _COARSE, _CLASS, _LARGE, _LENET, _MORE),
    Scale("paper", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=50_000), 5,
          20, {"hidden": 0.2, "output": 0.1}, _PAPER, _FULL, _LENET_FULL, _MOST),
)}


def current() -> Scale:
    """The scale that the environment variable ``TICKETLAB_SCALE`` names, ``quick`` by default.

    Raises ValueError for a name that is no scale; in a notebook every later cell says so, too.
    """
    name = environment(VARIABLE) or "quick"
    if name in _SCALES:
        return _SCALES[name]
    raise stop(f"{_unknown(name)}. Set it before JupyterLab starts, or with %env {VARIABLE}=quick in a "
               "cell of its own, and run the notebook from the top.", VARIABLE,
               lambda: (environment(VARIABLE) or "quick") in _SCALES)


def named(name: str) -> Scale:
    """The scale of that name; raises ValueError for a name that is no scale."""
    if name not in _SCALES:
        raise ValueError(_unknown(name))
    return _SCALES[name]


def _unknown(name: str) -> str:
    return f"the scale ({VARIABLE}) is {name!r}; it must be one of {list(_SCALES)}"
