"""What every ``Data`` is checked for, however it was made.

Otherwise such faults end in torch's errors from deep inside a training step, or in numbers that
look like results: labels [N, 1], broadcast against predictions [R, N], once gave an accuracy of
1,120 %. One look at each tensor, some milliseconds for 50,000 images. Lesson 01 builds on this
file, through ``ticketlab.data.Data``.
"""

import math

import torch

from ticketlab.basics import whole

SPLITS = {"train": "training", "val": "validation", "test": "test"}


def check(data) -> None:
    """Raises ValueError, or TypeError for what is no tensor, unless `data` is as ``Data`` says:

    three splits of float32 examples [N, *shape] and int64 labels [N], on one device, without nan or
    infinity, labels from 0 to classes - 1; of text, int64 [N, T] both. Only validation may have no
    examples. Each error names the value, what is allowed, and the cure.
    """
    for split in SPLITS:
        for name in (f"x_{split}", f"y_{split}"):
            if not isinstance(getattr(data, name), torch.Tensor):
                raise TypeError(f"{name} is a {type(getattr(data, name)).__name__}; it must be a "
                                "torch tensor: make data from arrays with "
                                "ticketlab.data.from_arrays")
    classes = whole_number("classes", data.classes, 1, 2 ** 31, "it counts the different labels",
                           "classes")
    text = _is_text(data)
    for split in SPLITS:
        x, y = getattr(data, f"x_{split}"), getattr(data, f"y_{split}")
        (_check_text if text else _check_kinds)(split, x, y)
        _check_sizes(split, x, y, data)
        if len(y) and not y.is_meta:  # which has shapes, and no values
            labels(f"y_{split}", y, classes)
            if text:
                labels(f"x_{split}", x, classes)
            else:
                finite(f"x_{split}", x)


def labels(name: str, y: torch.Tensor, classes: int) -> None:
    """Raises ValueError for labels outside 0 ... classes - 1; says so if they begin at 1."""
    low, high = (int(end) for end in y.aminmax())
    if low == 1 and high == classes:
        raise ValueError(f"the labels in {name} begin at 1 and go to {high}; they must be 0 to "
                         f"{classes - 1}: subtract 1 from those of every split")
    if low < 0 or high >= classes:
        cure = f", or say classes={high + 1}" if low >= 0 else ""
        raise ValueError(f"{name} has labels from {low} to {high}; with classes={classes} they must "
                         f"be 0 to {classes - 1}: number the classes from 0 on{cure}")


def finite(name: str, x: torch.Tensor) -> None:
    """Raises ValueError for nan or infinity in x [N, ...], with the place of the first."""
    if not x.numel() or all(end.isfinite() for end in x.aminmax()):  # nan passes through to both
        return
    wrong = ~x.isfinite()
    place = tuple(wrong.nonzero()[0].tolist())
    raise ValueError(f"{name} has {int(wrong.sum()):,} values that are nan or infinite, the first, "
                     f"{x[place].item()}, at {list(place)}; every value must be a finite number: "
                     "leave these examples out, or fill such values in")


def whole_number(name: str, value: int, low: int, high: int, cure: str,
                 what: str = "examples") -> int:
    """`value` as an int. Raises TypeError for what is no whole number, ValueError outside
    low ... high."""
    number = whole(value)
    if number is None:
        raise TypeError(f"{name}={value!r} is not a whole number: it counts {what}, "
                        f"{low} to {high}")
    value = number
    if not low <= value <= high:
        raise ValueError(f"{name}={value} is out of range {low} to {high}: {cure}")
    return value


def _is_text(data) -> bool:
    """Whether labels are characters: an alphabet, or whole numbers [N, T] for both x and y."""
    x, y = data.x_train, data.y_train
    return bool(data.alphabet) or (x.dtype == torch.int64 and x.dim() == 2 and x.shape == y.shape)


def _check_text(split: str, x: torch.Tensor, y: torch.Tensor) -> None:
    for name, each in ((f"x_{split}", x), (f"y_{split}", y)):
        if each.dtype != torch.int64 or each.dim() != 2:
            raise ValueError(f"{name} is {each.dtype} of shape {tuple(each.shape)}; of text it "
                             "must be torch.int64 [N, T], places in the alphabet: leave out "
                             "alphabet for data that are not text")
    if x.shape != y.shape:
        raise ValueError(f"x_{split} has shape {tuple(x.shape)} and y_{split} {tuple(y.shape)}; of "
                         "text they must be equal, one label for each character: cut pieces of "
                         "T + 1 characters, and give the first and the last T")


def _check_kinds(split: str, x: torch.Tensor, y: torch.Tensor) -> None:
    """Types, and labels of one dimension: nothing is converted here, and nothing broadcast."""
    if x.dtype != torch.float32:
        raise ValueError(f"x_{split} is {x.dtype}; examples must be torch.float32: write "
                         f"x_{split}.float() for each split, or use ticketlab.data.from_arrays, "
                         "which also standardises")
    if y.dim() != 1:
        kind, cure = "", "give one whole number an example"
        if y.dim() == 2 and y.shape[1] == 1:
            kind, cure = " (a column)", f"write y_{split}.squeeze(1)"
        elif y.dim() == 2:
            kind, cure = " (one-hot?)", f"write y_{split}.argmax(1) if each row has a single 1"
        raise ValueError(f"y_{split} has shape {tuple(y.shape)}{kind}; labels must be [N]: {cure}")
    if y.dtype != torch.int64:
        whole = y.is_meta or not y.is_floating_point() or bool((y == y.round()).all())
        cure = (f"write y_{split}.long()" if whole else
                "these are not whole numbers, and regression is not what this course trains")
        raise ValueError(f"y_{split} is {y.dtype}; labels must be torch.int64: {cure}")


def _check_sizes(split: str, x: torch.Tensor, y: torch.Tensor, data) -> None:
    if len(x) != len(y):
        raise ValueError(f"x_{split} has {len(x):,} examples and y_{split} {len(y):,} labels; they "
                         "must be equally many: give each example its one label")
    if not len(x) and split != "val":
        raise ValueError(f"x_{split} has no examples; the {SPLITS[split]} split needs at least 1: "
                         "only validation may be empty")
    if x.shape[1:] != data.x_train.shape[1:] or math.prod(data.shape) != math.prod(x.shape[1:]):
        raise ValueError(f"an example in x_{split} has shape {tuple(x.shape[1:])}, in x_train "
                         f"{tuple(data.x_train.shape[1:])}, and `shape` is {tuple(data.shape)}; "
                         "they must be the same: reshape the examples")
    if {x.device, y.device} != {data.x_train.device}:
        raise ValueError(f"x_{split} is on {x.device}, y_{split} on {y.device} and x_train on "
                         f"{data.x_train.device}; they must be on one device: make the data on the "
                         "CPU and move it with data.to(device)")
