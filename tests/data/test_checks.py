"""Data checks itself, however it is made: nothing that does not fit gets as far as a network."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ticketlab.data import Data, load
from ticketlab.data.label_noise import label_noise

PARTS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


def make(**changes) -> Data:
    fields = {}
    for split, size in (("train", 24), ("val", 8), ("test", 12)):
        fields |= {f"x_{split}": torch.randn(size, 5), f"y_{split}": torch.arange(size) % 4}
    fields |= {"name": "toy", "classes": 4, "shape": (5,), "provenance": "made here"}
    return Data(**fields | changes)


DATA = make()


@pytest.mark.parametrize("change, says", [
    (lambda x: x.double(), r"is torch.float64; examples must be torch.float32: .*\.float\(\)"),
    (lambda x: x.half(), "is torch.float16"),
    (lambda x: x.to(torch.uint8), "is torch.uint8; .*from_arrays"),
    (lambda x: x[:-1], r"has \d+ examples and y_\w+ \d+ labels; they must be equally many"),
    (lambda x: x[:, :4], r"has shape \(4,\)|has shape \(5,\), in x_train \(4,\)"),
    (lambda x: x.index_fill(0, torch.tensor([3]), torch.nan), r"has 5 values that are nan or "
                                                             r"infinite, the first, nan, at \[3, 0\]"),
    (lambda x: x.index_fill(1, torch.tensor([2]), -torch.inf), r"the first, -inf, at \[0, 2\]"),
    (lambda x: x.to("meta"), "must be on one device"),
])
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_examples_that_do_not_fit_are_named_with_their_split_and_the_cure(split, change, says):
    with pytest.raises(ValueError, match=says) as error:
        make(**{f"x_{split}": change(getattr(DATA, f"x_{split}"))})
    assert f"_{split}" in str(error.value) and ": " in str(error.value)


LABELS = {
    "column": (lambda y: y[:, None], r"\(a column\); labels must be \[N\]: write y_\w+.squeeze\(1\)"),
    "row": (lambda y: y[None], r"labels must be \[N\]"),
    "one-hot": (lambda y: torch.eye(4, dtype=torch.int64)[y], r"\(one-hot\?\).*argmax\(1\)"),
    "one-hot floats": (lambda y: torch.eye(4)[y], r"\(one-hot\?\).*argmax\(1\)"),
    "no dimension": (lambda y: y[0], r"has shape \(\)"),
    "int32": (lambda y: y.int(), r"torch.int32; labels must be torch.int64: write y_\w+.long\(\)"),
    "uint8": (lambda y: y.to(torch.uint8), r"torch.uint8; .*\.long\(\)"),
    "bool": (lambda y: y > 1, r"torch.bool; .*\.long\(\)"),
    "whole floats": (lambda y: y.double(), r"torch.float64; .*\.long\(\)"),
    "halves": (lambda y: y + 0.5, "torch.float32; .*regression"),
    "from 1": (lambda y: y + 1, "begin at 1 and go to 4; they must be 0 to 3: subtract 1"),
    "too large": (lambda y: y + 2, "labels from 2 to 5; with classes=4 they must be 0 to 3.*classes=6"),
    "negative": (lambda y: y - 1, "labels from -1 to 2"),
    "too many": (lambda y: torch.cat([y, y]), "equally many"),
}


@given(st.sampled_from(sorted(LABELS)), st.sampled_from(["train", "val", "test"]))
def test_no_kind_of_wrong_label_gets_in(kind, split):
    change, says = LABELS[kind]
    with pytest.raises(ValueError, match=says) as error:
        make(**{f"y_{split}": change(getattr(DATA, f"y_{split}"))})
    assert f"y_{split}" in str(error.value)


@given(st.lists(st.integers(-3, 8), min_size=12, max_size=12), st.integers(1, 6))
def test_labels_are_accepted_exactly_if_all_are_classes(labels, classes):
    own = torch.zeros(24, dtype=torch.int64), torch.zeros(8, dtype=torch.int64)
    def made():
        return make(y_train=own[0], y_val=own[1], y_test=torch.tensor(labels), classes=classes)
    if all(0 <= label < classes for label in labels):
        assert made().y_test.tolist() == labels
    else:
        with pytest.raises(ValueError, match="y_test"):
            made()


def test_only_validation_may_have_no_examples():
    for split in ("train", "test"):
        with pytest.raises(ValueError, match=f"x_{split} has no examples; .*only validation"):
            make(**{f"x_{split}": torch.zeros(0, 5), f"y_{split}": torch.zeros(0).long()})
    none = make(x_val=torch.zeros(0, 5), y_val=torch.zeros(0).long())
    assert "24/0/12" in repr(none)


def test_arrays_and_what_is_no_number_of_classes_are_refused():
    with pytest.raises(TypeError, match="x_test is a ndarray; .*from_arrays"):
        make(x_test=np.zeros((12, 5), np.float32))
    with pytest.raises(TypeError, match="classes=4.5 is not a whole number"):
        make(classes=4.5)
    with pytest.raises(ValueError, match=r"`shape` is \(6,\)"):
        make(shape=(6,))


def test_changes_of_checked_data_are_checked_too():
    with pytest.raises(ValueError, match="y_train is torch.int32"):
        replace(DATA, y_train=DATA.y_train.int())
    assert DATA.to("meta").x_train.is_meta and len(DATA.first(8).x_train) == 8
    assert label_noise(DATA, 0.25, 0).classes == 4


def test_text_is_whole_numbers_and_labels_for_each():
    text = load("sentences")
    assert replace(text, alphabet="").shape == text.shape
    for change, says in (
            ({"x_val": text.x_val.float()}, r"x_val is torch.float32 .*int64 \[N, T\]"),
            ({"y_val": text.y_val[:, 0]}, r"y_val is torch.int64 of shape \(200,\)"),
            ({"y_test": text.y_test[:, 1:]}, "y_test .*they must be equal"),
            ({"x_test": text.x_test + 50}, "x_test has labels from 5")):
        with pytest.raises(ValueError, match=says):
            replace(text, **change)


def test_checking_is_cheap():
    """An image data set of the size of MNIST: less than loading it takes, by far."""
    x, y = torch.randn(55_000, 784), torch.arange(55_000) % 10
    start = time.perf_counter()
    Data("large", x, y, x[:10], y[:10], x[:10], y[:10], 10, (784,), "made here")
    assert time.perf_counter() - start < 1
