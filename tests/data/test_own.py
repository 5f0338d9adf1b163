"""Data of your own: every kind of label that means one thing becomes int64 [N], and all else is refused."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketlab import data as room
from ticketlab import nets, stack
from ticketlab.data import from_arrays, from_dataset
from ticketlab.training import Recipe, train

GENERATOR = np.random.default_rng(0)
Y = np.arange(60) % 3
X = GENERATOR.normal(size=(60, 4)) * [1, 10, 100, 0.1] + [0, 5, -70, 3]
PARTS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")
MEANT = {
    "int8": lambda y: y.astype(np.int8), "int32": lambda y: y.astype(np.int32),
    "uint8": lambda y: y.astype(np.uint8), "uint16": lambda y: y.astype(np.uint16),
    "uint64": lambda y: y.astype(np.uint64), "big-endian": lambda y: y.astype(">i4"),
    "float32": lambda y: y.astype(np.float32), "float16": lambda y: y.astype(np.float16),
    "big-endian floats": lambda y: y.astype(">f8"), "column": lambda y: y[:, None],
    "column of floats": lambda y: y[:, None] + 0.0, "one-hot": lambda y: np.eye(3, dtype=int)[y],
    "one-hot floats": lambda y: np.eye(3)[y], "one-hot bool": lambda y: np.eye(3)[y] > 0,
    "tensor int32": lambda y: torch.from_numpy(y).int(),
    "tensor bfloat16": lambda y: torch.from_numpy(y).bfloat16(),
}
REFUSED = {
    "from 1": (lambda y: y + 1, ValueError, "begin at 1 and go to 3; .*subtract 1"),
    "negative": (lambda y: y - 1, ValueError, "from -1 to 1; they must be 0 to 2"),
    "gaps": (lambda y: 2 * y, ValueError, "3 numbers from 0 to 4; .*np.unique"),
    "halves": (lambda y: y / 2, ValueError, "y holds 0.5; labels must be whole numbers"),
    "nan": (lambda y: np.where(y == 1, np.nan, y), ValueError, "y holds nan"),
    "names": (lambda y: np.array(["a", "b", "c"])[y], TypeError, "y holds <U1; .*np.unique"),
    "several of a row": (lambda y: np.ones((60, 3), int), ValueError, r"\(60, 3\) and is not one-hot"),
    "probabilities": (lambda y: np.full((60, 2), 0.5), ValueError, "y holds 0.5"),
    "three dimensions": (lambda y: y[:, None, None], ValueError, r"\(60, 1, 1\); labels must be \[N\]"),
    "too few": (lambda y: y[:-1], ValueError, "x has 60 examples and y 59 labels"),
    "too many": (lambda y: np.r_[y, 0], ValueError, "x has 60 examples and y 61 labels"),
    "one class": (lambda y: 0 * y, ValueError, "at least 2 classes"),
}


def same(a, b):
    return all(torch.equal(getattr(a, part), getattr(b, part)) for part in PARTS)


@given(st.sampled_from(sorted(MEANT)), st.integers(0, 5))
def test_labels_that_mean_one_thing_are_converted_and_the_reason_is_told(kind, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = from_arrays(X, Y, seed=seed)
    with pytest.warns(UserWarning, match="own: y ") as told:
        data = from_arrays(X, MEANT[kind](Y), seed=seed)
    assert same(data, plain) and data.classes == 3 and data.y_train.dtype == torch.int64
    assert told[0].filename == __file__
    assert "Changed: y " in data.provenance


@given(st.sampled_from(sorted(REFUSED)))
def test_what_can_be_no_label_is_refused_with_the_cure(kind):
    change, error, says = REFUSED[kind]
    with warnings.catch_warnings(), pytest.raises(error, match=says):
        warnings.simplefilter("ignore")
        from_arrays(X, change(Y))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=40, max_size=80), st.integers(1, 12), st.integers(0, 12),
       st.integers(0, 9))
def test_every_example_is_in_one_split_and_classes_are_in_proportion(labels, test, validation, seed):
    labels = np.array([0, 1, 2, 3] * 3 + labels)
    x = np.arange(2.0 * len(labels)).reshape(-1, 2)
    data = from_arrays(x, labels, test=test, validation=validation, seed=seed)
    assert (len(data.y_test), len(data.y_val)) == (test, validation)
    # one straight line of values, so that ranks are the examples
    places = torch.cat([data.x_train, data.x_val, data.x_test])[:, 0].argsort()
    assert torch.cat([data.y_train, data.y_val, data.y_test])[places].tolist() == labels.tolist()
    for split, size in ((data.y_test, test),):
        wanted = size * np.bincount(labels, minlength=4) / len(labels)
        assert np.abs(np.bincount(split, minlength=4) - wanted).max() <= 1.5


def test_a_seed_decides_the_splits_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    one, again, other = from_arrays(X, Y), from_arrays(X, Y), from_arrays(X, Y, seed=1)
    assert same(one, again) and not same(one, other)
    assert torch.equal(torch.get_rng_state(), before[0]) and np.random.get_state()[1].tolist() == before[1]
    assert [len(one.y_train), len(one.y_val), len(one.y_test)] == [39, 9, 12]
    assert "drawn with seed 0" in one.provenance and one.name == "own" and one.shape == (4,)


def test_tables_are_standardised_feature_by_feature_on_the_training_split():
    data = from_arrays(X, Y)
    torch.testing.assert_close(data.x_train.mean(0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(data.x_train.std(0, correction=0), torch.ones(4))
    kept = from_arrays(X, Y, validation=0, test=(X[:5] * 0 + X[:1], Y[:5]))
    expected = (X[0] - X.mean(0)) / X.std(0)
    np.testing.assert_allclose(kept.x_test[0].numpy(), expected, atol=1e-5)
    # large offsets survive: float32 has no room for them
    times = from_arrays(X + 1e9, Y)
    torch.testing.assert_close(times.x_train, data.x_train, atol=1e-3, rtol=0)


def test_images_are_standardised_channel_by_channel():
    images = GENERATOR.integers(0, 256, (60, 3, 6, 5), dtype=np.uint8)
    data = from_arrays(images, Y)
    assert data.shape == (3, 6, 5) and data.x_train.dtype == torch.float32
    torch.testing.assert_close(data.x_train.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)


def test_a_constant_feature_is_centred_and_told():
    with pytest.warns(UserWarning, match="1 of 5 features or channels are constant"):
        data = from_arrays(np.c_[X, np.full(60, 0.1)], Y)
    assert data.x_train[:, 4].abs().max() < 1e-6
    with pytest.raises(ValueError, match="all 39 training examples are equal"):
        from_arrays(np.ones((60, 2)), Y)


def test_fixed_splits_stay_as_they_are():
    data = from_arrays(X, Y, validation=(X[:7], Y[:7]), test=(X[7:20], Y[7:20]))
    assert [len(data.y_train), len(data.y_val), len(data.y_test)] == [60, 7, 13]
    assert torch.equal(data.x_val, data.x_train[:7]) and torch.equal(data.y_test, data.y_train[7:20])
    assert "7 validation (fixed) and 13 test (fixed)" in data.provenance
    with pytest.raises(ValueError, match=r"x_val has shape \(3,\) and in x \(4,\)"):
        from_arrays(X, Y, validation=(X[:7, :3], Y[:7]))
    with pytest.raises(ValueError, match="x_test has 7 examples and y_test 6 labels"):
        from_arrays(X, Y, test=(X[:7], Y[:6]))
    with pytest.raises(ValueError, match="y_test has labels from 0 to 2; with classes=2"):
        from_arrays(X[Y < 2], Y[Y < 2], classes=2, test=(X, Y))


@pytest.mark.parametrize("settings, error, says", [
    ({"test": 60}, ValueError, "test=60 is out of range 1 to 59: leave some of the 60"),
    ({"test": 0}, ValueError, "test=0 is out of range 1 to 59"),
    ({"test": 30, "validation": 30}, ValueError, "validation=30 is out of range 0 to 29"),
    ({"validation": 1.5}, ValueError, "validation=1.5 is no share; it must be 0 or above and below 1"),
    ({"validation": "some"}, TypeError, "validation='some' is not a whole number"),
    ({"seed": -1}, ValueError, "seed is -1"), ({"seed": 0.5}, ValueError, "seed is 0.5"),
    ({"classes": 1}, ValueError, "classes=1 is out of range 2"),
    ({"test": (X,)}, ValueError, "test has 1 parts; a fixed split is a pair"),
])
def test_settings_out_of_range_are_named(settings, error, says):
    with pytest.raises(error, match=says):
        from_arrays(X, Y, **settings)


@pytest.mark.parametrize("x, error, says", [
    (np.where(np.arange(60)[:, None] == 7, np.nan, X), ValueError, r"x has 4 values .* nan, at \[7, 0\]"),
    (X[:, 0], ValueError, r"x has shape \(60,\); examples must be \[N, \*shape\]"),
    (X.astype(complex), TypeError, "x holds complex128"),
    (X.astype(object), TypeError, "x holds object"),
    ([[1.0], [1.0, 2.0]], ValueError, "x is no array .*same shape"),
    (X[:0], ValueError, "x has 0 examples and y 60"),
])
def test_examples_that_do_not_fit_are_named(x, error, says):
    with pytest.raises(error, match=says):
        from_arrays(x, Y)


def test_classes_without_a_training_example_are_told():
    with pytest.warns(UserWarning, match=r"classes \[3\] have no training example"):
        from_arrays(X, Y, test=(X[:4], np.arange(4)))
    assert from_arrays(X, Y, classes=7).classes == 7


def test_a_dataset_of_torch_gives_what_its_arrays_give():
    own = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    data = from_dataset(own, test=torch.utils.data.Subset(own, range(10)))
    assert same(data, from_arrays(X, Y, test=(X[:10], Y[:10])))
    assert data.name == "TensorDataset" and "read from a TensorDataset" in data.provenance
    assert from_dataset(own, name="mine").name == "mine"


class Items(torch.utils.data.Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, number):
        return self.items[number]


class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter([])


def test_datasets_that_do_not_fit_are_named():
    from PIL import Image

    picture = Image.new("L", (4, 4))
    for dataset, error, says in (
            (Stream(), TypeError, "dataset is a Stream without a length"),
            (Items([torch.ones(3)]), TypeError, "item 0 of dataset is a Tensor; .*pair"),
            (Items([(np.ones(3), 0), (np.ones(4), 1)]), ValueError, r"item 1 .*\(4,\) and item 0 \(3,\)"),
            (Items([(picture, 0)]), TypeError, r"picture of PIL; .*ToTensor\(\)"),
            (Items([]), ValueError, "dataset has no items")):
        with pytest.raises(error, match=says):
            from_dataset(dataset)


def test_own_data_can_be_learned():
    x = np.eye(3)[Y] @ GENERATOR.normal(size=(3, 6)) + 0.1 * GENERATOR.normal(size=(60, 6))
    data = room.from_arrays(x.tolist(), Y.tolist(), name="three points")
    run = train(stack.draw(nets.mlp(data, (8,)), [0]), data,
                Recipe("adam", lr=0.05, batch=10, steps=60, evaluate_every=30), progress=False)
    assert run.last("test_accuracy").item() > 0.9 and run.last("val_accuracy").item() > 0.9
