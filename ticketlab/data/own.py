"""Data of your own: arrays, or a data set of torch, as a ``Data``.

    data = from_arrays(x, y)                            # split here, in class proportions
    data = from_arrays(x, y, test=(x_test, y_test))     # or by whoever published it
    data = from_dataset(torchvision.datasets.EMNIST(..., transform=ToTensor()))

What can be meant in one way only is converted, and a warning says what and why; all else is
refused with a cure. Lesson 01 builds on this file where it asks for data of your own.
"""

import numbers
from collections.abc import Sequence

import numpy as np
import torch

from ticketlab.basics import warn, whole_from
from ticketlab.data.checks import finite, labels, whole_number
from ticketlab.data.datasets import Data
from ticketlab.data.stratified import draw

STANDARDISED = {2: ("feature by feature", (0,)), 4: ("channel by channel", (0, 2, 3))}


def from_arrays(x, y, *, validation=0.15, test=0.2, classes: int | None = None, seed: int = 0,
                name: str = "own") -> Data:
    """A data set of NumPy arrays, tensors or lists: split, standardised, on the CPU.

    x: examples [N, *shape] of any number type; images [N, C, H, W], tables [N, F]. y: labels [N],
    0 to classes - 1. Whole numbers of any type, coded as floats, [N, 1] or one-hot [N, classes] are
    converted with a warning. validation, test: a pair (x, y) is a fixed split; a whole number
    counts the examples, and a fraction is the share of x, that are drawn by `seed` in class
    proportions, test first. ``validation=0``: none. classes: by default counted in all splits,
    which then must use every number from 0.

    Standardised by the training split: images channel by channel, tables feature by feature, all
    else as a whole; what is constant in training is only centred, with a warning. (Give flattened
    images as images: a pixel that is nearly constant would become huge.) Text cannot be given.

    Raises ValueError and TypeError, naming argument, value and cure: for what cannot be labels,
    labels that begin at 1, nan, unequal lengths, and splits that leave none for training.
    Lesson 01 builds on it.
    """
    return _data(x, y, validation, test, classes, seed, name, "given as arrays")


def from_dataset(dataset, *, validation=0.15, test=0.2, classes: int | None = None, seed: int = 0,
                 name: str | None = None) -> Data:
    """A data set of a ``torch.utils.data.Dataset``, whose items are (example, label).

    validation, test: as in ``from_arrays``, or a Dataset that is the fixed split. name: by default
    that of the dataset's class. Every item is read once, so that random transforms are frozen as
    they fell. Raises TypeError for a dataset without a length or with other items, ValueError for
    examples of different shapes, and what ``from_arrays`` raises. Lesson 01.
    """
    kind = type(dataset).__name__
    splits = [each if isinstance(each, (numbers.Number, tuple, list)) else _items(split, each)
              for split, each in (("validation", validation), ("test", test))]
    return _data(*_items("dataset", dataset), *splits, classes, seed,
                 kind if name is None else name, f"read from a {kind}")


def _data(x, y, validation, test, classes, seed, name: str, origin: str) -> Data:
    seed = whole_from("seed", seed)
    told, fixed = [], {}
    for split, given in (("val", validation), ("test", test)):
        if isinstance(given, (tuple, list)):
            if len(given) != 2:
                raise ValueError(f"{split} has {len(given)} parts; a fixed split is a pair (x, y)")
            fixed[split] = _split(f"_{split}", *given, told)
    x, y = _split("", x, y, told)
    every = torch.cat([y, *(own for _, own in fixed.values())])
    classes = _classes(every, classes)
    for suffix, own in (("", y), *((f"_{split}", own) for split, (_, own) in fixed.items())):
        if len(own):
            labels(f"y{suffix}", own, classes)

    parts, notes = {}, {"val": "fixed", "test": "fixed"}
    left = torch.ones(len(y), dtype=torch.bool)
    for split, given, low in (("test", test, 1), ("val", validation, 0)):
        if split in fixed:
            parts[split] = fixed[split]
            continue
        words = {"val": "validation", "test": "test"}[split]
        size = _amount(words, given, low, len(y), int(left.sum()) - 1)
        places = left.nonzero()[:, 0]
        drawn = places[draw(y[places], size, seed)]
        left[drawn] = False
        # in the order in which they were given
        parts[split], notes[split] = (x[drawn], y[drawn]), f"drawn with seed {seed}"
    parts["train"] = x[left], y[left]
    missing = sorted(set(every.tolist()) - set(parts["train"][1].tolist()))
    if missing:
        told.append(f"classes {missing[:5]} have no training example, and cannot be learned: give "
                    "more of them, or hold fewer out")

    arrays = _standardised({split: own for split, (own, _) in parts.items()}, name, told)
    tensors = {f"x_{split}": arrays[split] for split in parts}
    tensors |= {f"y_{split}": own for split, (_, own) in parts.items()}
    sizes = {split: f"{len(own):,}" for split, (_, own) in parts.items()}
    way = STANDARDISED.get(x.dim(), ("as a whole",))[0]
    provenance = (f"{name}: {origin}. {sizes['train']} training, {sizes['val']} validation "
                  f"({notes['val']}) and {sizes['test']} test ({notes['test']}) examples, "
                  f"standardised by the training split, {way}.")
    if told:
        warn(f"{name}: " + "; ".join(told))
        provenance += " Changed: " + "; ".join(told) + "."
    return Data(name, **tensors, classes=classes, shape=tuple(x.shape[1:]), provenance=provenance)


def _split(suffix: str, x, y, told: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Examples as float32 (float64 where that would round them) and labels as int64 [N]."""
    x, y = _array(f"x{suffix}", x), _array(f"y{suffix}", y)
    if x.ndim < 2:
        raise ValueError(f"x{suffix} has shape {x.shape}; examples must be [N, *shape]: write "
                         f"x{suffix}[:, None] if each is a single number")
    small = x.dtype.itemsize <= 2 or x.dtype == np.float32
    x = torch.from_numpy(np.array(x, dtype=np.float32 if small else np.float64, order="C"))
    y = _labels(f"y{suffix}", y, told)
    if len(x) != len(y):
        raise ValueError(f"x{suffix} has {len(x):,} examples and y{suffix} {len(y):,} labels; they "
                         "must be equally many: give each example its one label")
    if suffix != "_val" and not len(y):
        raise ValueError(f"x{suffix} has no examples; at least 1 is needed")
    finite(f"x{suffix}", x)
    return x, y


def _array(name: str, value) -> np.ndarray:
    """Numbers as NumPy has them, of this machine's byte order."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} is no array ({error}); every example must have the same shape: "
                         "cut or fill them") from error
    if array.dtype.kind not in "biuf":
        cure = ("number the classes: names, y = np.unique(y, return_inverse=True)"
                if name.startswith("y") else "turn every value into a number")
        raise TypeError(f"{name} holds {array.dtype}; it must hold whole or floating numbers: "
                        f"{cure}")
    return array


def _labels(name: str, y: np.ndarray, told: list[str]) -> torch.Tensor:
    """Labels as int64 [N]. What was converted goes into `told`."""
    broken = ~np.isfinite(y) | (y != np.round(y)) if y.dtype.kind == "f" else np.False_
    if broken.any():
        raise ValueError(f"{name} holds {y[broken][0]}; labels must be whole numbers from 0: "
                         "number the classes, or sort the values into classes with np.digitize")
    if y.dtype != np.int64:
        told.append(f"{name} is {y.dtype}, converted to int64, which losses and counts need")
    y = y.astype(np.int64)
    if y.ndim == 2 and y.shape[1] == 1:
        told.append(f"{name} has shape {y.shape}, its one column taken as labels [N]")
        y = y[:, 0]
    elif y.ndim == 2:
        if not (((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all()):
            raise ValueError(f"{name} has shape {y.shape} and is not one-hot (a single 1 in each "
                             "row); labels must be [N]: give one class an example")
        told.append(f"{name} has shape {y.shape} with a single 1 in each row, read as one-hot")
        y = y.argmax(1)
    elif y.ndim != 1:
        raise ValueError(f"{name} has shape {y.shape}; labels must be [N]: give one whole number "
                         "an example")
    return torch.from_numpy(np.ascontiguousarray(y))


def _classes(y: torch.Tensor, given: int | None) -> int:
    """The number of classes: as given, else counted in the labels of all splits."""
    if given is not None:
        return whole_number("classes", given, 2, 2 ** 31, "a network needs at least two to tell "
                            "apart", "classes")
    found = y.unique().tolist()
    if len(found) < 2:
        raise ValueError(f"all labels are {found[:1]}; at least 2 classes are needed: give more "
                         "data")
    if found[0] == 1 and len(found) == found[-1]:
        labels("y", y, found[-1])  # says that they begin at 1
    if found[0] < 0 or found[-1] != len(found) - 1:
        raise ValueError(f"the labels are {len(found)} numbers from {found[0]} to {found[-1]}; "
                         f"they must be 0 to {len(found) - 1}: number them anew, such as with "
                         "np.unique(y, return_inverse=True)[1], or say `classes` if some are "
                         "absent")
    return len(found)


def _amount(name: str, value, low: int, total: int, high: int) -> int:
    cure = f"leave some of the {total:,} examples for training"
    if isinstance(value, float):
        if not 0 <= value < 1:
            raise ValueError(f"{name}={value} is no share; it must be 0 or above and below 1: "
                             "write a number of examples without a point")
        value = max(round(value * total), int(value > 0))
    return whole_number(name, value, low, high, cure)


def _standardised(arrays: dict[str, torch.Tensor], name: str, told: list[str]) -> dict:
    """Every split in standard deviations of the training split, around its mean, as float32."""
    train = arrays["train"]
    for split, each in arrays.items():
        if each.shape[1:] != train.shape[1:]:
            raise ValueError(f"an example in x_{split} has shape {tuple(each.shape[1:])} and in x "
                             f"{tuple(train.shape[1:])}; they must be the same: reshape one")
    dims = STANDARDISED.get(train.dim(), ("", tuple(range(train.dim()))))[1]
    std, mean = torch.std_mean(train, dim=dims, keepdim=True, correction=0)
    # not std == 0, which rounding can miss
    constant = train.amax(dims, keepdim=True) == train.amin(dims, keepdim=True)
    if constant.all():
        raise ValueError(f"{name}: all {len(train):,} training examples are equal, and at least "
                         "two must differ: give other data, or hold fewer out")
    if constant.any():
        told.append(f"{int(constant.sum())} of {constant.numel()} features or channels are "
                    "constant in training, and were centred but not scaled")
    std = torch.where(constant, 1, std)
    return {split: ((each - mean) / std).float() for split, each in arrays.items()}


def _items(name: str, dataset) -> tuple[np.ndarray, np.ndarray]:
    """All examples and labels of a torch Dataset, read once."""
    try:
        size = len(dataset)
    except TypeError:
        raise TypeError(f"{name} is a {type(dataset).__name__} without a length; give a Dataset "
                        "with __len__ and __getitem__: list(...) makes one of a stream") from None
    examples: list = []
    classes: list = []
    for number in range(size):
        item = dataset[number]
        if not isinstance(item, Sequence) or len(item) != 2:
            raise TypeError(f"item {number} of {name} is a {type(item).__name__}; it must be a "
                            "pair (example, label): wrap the Dataset in one that gives such pairs")
        if type(item[0]).__module__.startswith("PIL"):
            raise TypeError(f"item {number} of {name} is a picture of PIL; examples must be "
                            "numbers: make the Dataset with "
                            "transform=torchvision.transforms.ToTensor()")
        example, label = (_array(f"{kind} of {name}[{number}]", each)
                          for kind, each in zip(("x", "y"), item, strict=True))
        if examples and example.shape != examples[0].shape:
            raise ValueError(f"item {number} of {name} has shape {example.shape} and item 0 "
                             f"{examples[0].shape}; they must be the same: resize or cut them")
        examples.append(example)
        classes.append(label)
    if not examples:
        raise ValueError(f"{name} has no items; at least 1 is needed")
    return np.stack(examples), np.stack(classes)
