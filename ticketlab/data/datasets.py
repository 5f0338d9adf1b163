"""Data sets as plain tensors: training, validation and test split, and where they came from.

Networks learn from the training split, stopping points are chosen on the validation split, and the
test split is only ever reported. All examples are on the device at once, so that a batch is one
indexing operation for all replicates. Lesson 01 builds on this file, and the others through it.

    data = load("mnist1d")          # generated here, needs no network
    data.x_train.shape              # torch.Size([3500, 40])

`mnist`, `fashion_mnist` and `cifar10` are read from `NAME.npz`, `tinyshakespeare` from `NAME.txt`,
in the folder that the environment variable TICKETLAB_DATA names, else in the user's cache folder.
If neither has the file it is downloaded once: into the TICKETLAB_DATA folder if that can be written
to, else into the cache.
"""

from __future__ import annotations

import functools
import importlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np
import torch

from ticketlab.basics import choose, digest, whole_from
from ticketlab.data import sentences
from ticketlab.data.checks import check, whole_number
from ticketlab.data.image_files import CLASSES, read_images
from ticketlab.data.stratified import draw, rank_in_class
from ticketlab.data.text_files import read_text

# The part of the published training set that becomes validation: 500 of 4,000; 216 of 1,437; twice
# 5,000 of 60,000 (the 55k/5k split of Frankle & Carbin 2019, arXiv 1803.03635); 5,000 of 50,000.
VALIDATION_SHARE = {
    "mnist1d": 1 / 8, "digits": 0.15, "mnist": 1 / 12, "fashion_mnist": 1 / 12, "cifar10": 1 / 10}

TEXTS = ("sentences", "tinyshakespeare")

SPLITS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")

# Generating mnist1d changes the random state of the whole process for a moment.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, repr=False, eq=False)
class Data:
    """One data set: float32 examples `x_* [N, *shape]`, int64 labels `y_* [N]`, on one device.

    `shape` is that of one example, `classes` the number of labels, `provenance` a note for people.
    Examples are in standard deviations of the training split, around its mean. Lesson 01 on.

    Of text, both are int64 [N, T]: characters as numbers, their places in `alphabet`, and for each
    the character that follows it; `shape` is (T,). Lesson 06.

    Only validation may have no examples: its columns of a run are then nan. ValueError or TypeError
    say what does not fit (``ticketlab.data.checks``); ``from_arrays`` converts.
    """

    name: str
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_val: torch.Tensor
    y_val: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    classes: int
    shape: tuple[int, ...]
    provenance: str
    alphabet: str = ""

    def __post_init__(self) -> None:
        check(self)

    @property
    def fingerprint(self) -> str:
        """A digest of splits, classes and shape, on any device: what decides a run on this data.

        Computed once, and again after a tensor was changed in place.
        """
        versions = [value._version for value in vars(self).values() if hasattr(value, "_version")]
        known = vars(self).get("_fingerprint")
        if known is None or known[0] != versions:
            known = vars(self)["_fingerprint"] = versions, _fingerprint(self)
        return known[1]

    def to(self, device: str | torch.device) -> Data:
        """The same data with all tensors on `device`. Raises torch's own error if there is none."""
        tensors = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, torch.Tensor)}
        return replace(self, **tensors)

    def first(self, n: int) -> Data:
        """The training split cut to `n` examples, for the learning curves of lesson 06.

        Class counts differ by at most one while every class has examples left, and `first(100)` is
        a subset of `first(200)`. Examples keep their order and their values, standardised by the
        whole training split; validation and test are untouched. Texts have no class, and are simply
        the first n. Raises ValueError for n outside 1 ... len(x_train), TypeError for anything but
        a whole number.
        """
        total = len(self.x_train)
        n = whole_number("n", n, 1, total, "ask for fewer, or load with a smaller `validation`")
        labels = self.y_train.cpu()
        # The first example of each class, then the second of each, ...: balanced at every n.
        order = (torch.arange(total, device="cpu") if labels.dim() > 1 else
                 torch.argsort(rank_in_class(labels) * self.classes + labels))
        kept = order[:n].sort().values.to(self.x_train.device)
        note = f" Training cut to {n:,} examples." if n < total else ""
        return replace(self, x_train=self.x_train[kept], y_train=self.y_train[kept],
                       provenance=self.provenance + note)

    def __repr__(self) -> str:
        sizes = "/".join(str(len(y)) for y in (self.y_train, self.y_val, self.y_test))
        return (f"Data({self.name!r}: {sizes} training/validation/test, shape {self.shape}, "
                f"{self.classes} {'characters' if self.alphabet else 'classes'}, "
                f"on {self.y_train.device})")


def fingerprint(data) -> str:
    """``data.fingerprint``, or the same for an object that only has the tensors of a Data."""
    return data.fingerprint if hasattr(data, "fingerprint") else _fingerprint(data)


def load(name: str = "mnist1d", *, validation: int | None = None, validation_seed: int = 0,
         device: str | torch.device = "cpu", progress: bool = True) -> Data:
    """Load a data set by name, split and standardised, as tensors on `device`. Lesson 01 on.

    mnist1d        40 numbers, 3,500/500/1,000; generated (Greydanus & Kobak 2024, arXiv 2011.14439)
    digits         1x8x8, 1,221/216/360; comes with scikit-learn (Alpaydin & Kaynak 1998)
    mnist          1x28x28, 55,000/5,000/10,000 (LeCun et al. 1998)
    fashion_mnist  1x28x28, 55,000/5,000/10,000 (Xiao et al. 2017, arXiv 1708.07747)
    cifar10        3x32x32, 45,000/5,000/10,000 (Krizhevsky 2009)
    sentences      text of 48 characters, 1,600/200/200; generated (ticketlab.data.sentences)
    tinyshakespeare  text of 64 characters, 15,685/871/871 (Karpathy 2015): the first 90 % of the
                   file, the next 5 % and the last 5 %, cut into pieces that do not overlap

    `validation` examples (default: as above; 0 for none, and then no early stopping) are drawn from
    the published training set, in its class proportions, by `validation_seed` alone: the same on
    every machine and device, and the global random state stays as it is. Mean and standard
    deviation come from the training examples that remain, per channel. The splits of texts are
    fixed: nothing is drawn from them. `progress` shows bars while downloading.

    Raises ValueError for an unknown name, a `validation` out of range (or for a text: use `first`
    to train on less), or a damaged file; TypeError for a `validation` that is no whole number;
    FileNotFoundError if TICKETLAB_DATA names no folder; PermissionError if there is no folder to
    download to; DownloadError if that fails.
    """
    choose("the data set", name, (*VALIDATION_SHARE, *TEXTS))
    if name in TEXTS:
        if validation is not None or validation_seed != 0:
            raise ValueError(f"{name} is text, whose splits are fixed: leave out validation="
                             f"{validation} and validation_seed={validation_seed}, and train on "
                             "less of it with data.first(n)")
        return _text(name, progress).to(device)
    validation_seed = whole_from("validation_seed", validation_seed)
    source = {"mnist1d": _mnist1d, "digits": _digits}.get(name, lambda: read_images(name, progress))
    x, y, x_test, y_test, origin = source()
    x, x_test = torch.from_numpy(x), torch.from_numpy(x_test)
    y, y_test = (torch.from_numpy(each).to(torch.int64, copy=True) for each in (y, y_test))
    size = round(len(y) * VALIDATION_SHARE[name]) if validation is None else validation
    size = whole_number("validation", size, 0, len(y) - 1,
                         f"leave some of the {len(y):,} examples for training")
    held_out = draw(y, size, validation_seed)

    # Converted after splitting, so that there is never more than one float copy of the images.
    x_train, x_val, x_test = (
        each.to(torch.float32, copy=True) for each in (x[~held_out], x[held_out], x_test))
    all_but_channels = (0, 2, 3) if x.ndim == 4 else (0, 1)
    std, mean = torch.std_mean(x_train, dim=all_but_channels, keepdim=True, correction=0)
    if not (std > 0).all():
        raise ValueError(f"{name} ({origin}) has a channel with one value throughout training, so "
                         "it cannot be standardised: use other data, or a smaller `validation`")
    for each in (x_train, x_val, x_test):
        each.sub_(mean).div_(std)

    provenance = (f"{name}: {origin}. {len(x_train):,} training, {size:,} validation (drawn with "
                  f"seed {validation_seed}) and {len(x_test):,} test examples, standardised by the "
                  "training split.")
    return Data(name, x_train, y[~held_out], x_val, y[held_out], x_test, y_test,
                CLASSES, tuple(x.shape[1:]), provenance).to(device)


def _text(name: str, progress: bool) -> Data:
    """Texts as characters and next characters; their pieces are one longer than the context."""
    source = {"sentences": sentences.read, "tinyshakespeare": lambda: read_text(progress)}[name]
    alphabet, pieces, origin = source()
    numbers, tensors = {ord(each): place for place, each in enumerate(alphabet)}, {}
    for split, texts in pieces.items():
        codes = torch.tensor([list(each.translate(numbers).encode("latin-1")) for each in texts],
                             dtype=torch.int64, device="cpu")
        tensors |= {f"x_{split}": codes[:, :-1].clone(), f"y_{split}": codes[:, 1:].clone()}
    sizes = " / ".join(f"{len(texts):,}" for texts in pieces.values())
    context = tensors["x_train"].shape[1]
    provenance = (f"{name}: {origin}. {sizes} training / validation / test texts of {context} "
                  f"characters, from an alphabet of {len(alphabet)}.")
    return Data(name, **tensors, classes=len(alphabet), shape=(context,), provenance=provenance,
                alphabet=alphabet)


def _fingerprint(data) -> str:
    tensors = {name: getattr(data, name) for name in SPLITS}
    return digest(tensors, f"{data.classes} {tuple(data.shape)}")


@functools.cache
def _mnist1d() -> tuple:
    from mnist1d.data import get_dataset_args, make_dataset

    transform = importlib.import_module("mnist1d.transform")  # by its name one gets a function of it
    # The package's `get_dataset` downloads and writes a file; `make_dataset` only seeds globally.
    with _one_at_a_time:
        states, theirs = (random.getstate(), np.random.get_state()), transform.interpolate
        transform.interpolate = _quicker(theirs)
        try:
            made = make_dataset(get_dataset_args())
        finally:
            transform.interpolate = theirs
            random.setstate(states[0])
            np.random.set_state(states[1])
    origin = f"generated by the package mnist1d {version('mnist1d')} with its default settings"
    return made["x"], made["y"], made["x_test"], made["y_test"], origin


def _quicker(theirs: Callable) -> Callable:
    """``theirs`` interpolates each of 20,000 signals by an object of its own: three quarters of the time
    that mnist1d takes. What this gives has the same bits; whether it has is asked once for all
    signals of one length, and of others theirs is taken."""
    places, same = functools.cache(lambda number: np.linspace(0, 1, number)), {}

    def interpolate(values, number):
        found = np.interp(places(number), places(len(values)), values)
        lengths = len(values), number
        if lengths not in same:
            same[lengths] = np.array_equal(found, theirs(values, number))
        return found if same[lengths] else theirs(values, number)

    return interpolate


def _digits() -> tuple:
    from sklearn.datasets import load_digits

    x, y = load_digits().images[:, None], load_digits().target
    # A seed of its own, so that `validation_seed` does not move the test split.
    test = draw(torch.from_numpy(y), 360, seed=0).numpy()
    origin = f"load_digits of scikit-learn {version('scikit-learn')}"
    return x[~test], y[~test], x[test], y[test], origin
