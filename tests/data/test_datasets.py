"""What ticketlab.data promises: splits, standardisation, files, downloads, and clear errors."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ticketlab.data
from ticketlab.data import load

PARTS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


def tiny(train=240, test=40, shape=(28, 28), seed=0):
    """The four arrays of a small image data set, classes in unequal shares."""
    generator = np.random.default_rng(seed)
    share = np.arange(1, 11) / 55
    arrays = {}
    for split, n in (("train", train), ("test", test)):
        arrays[f"x_{split}"] = generator.integers(0, 256, (n, *shape), dtype=np.uint8)
        arrays[f"y_{split}"] = generator.choice(10, n, p=share).astype(np.uint8)
    return arrays


def rows(x):
    return {row.numpy().tobytes() for row in x}


def same(a, b):
    return all(torch.equal(getattr(a, part), getattr(b, part)) for part in PARTS)


# Splits


@pytest.mark.parametrize(
    ("name", "shape", "sizes"),
    [
        ("mnist1d", (40,), (3500, 500, 1000)),
        ("digits", (1, 8, 8), (1221, 216, 360)),
    ],
)
def test_sizes_shapes_and_types(name, shape, sizes):
    data = load(name)
    assert (data.name, data.shape, data.classes) == (name, shape, 10)
    for split, n in zip(("train", "val", "test"), sizes, strict=True):
        x, y = getattr(data, f"x_{split}"), getattr(data, f"y_{split}")
        assert (
            x.shape == (n, *shape)
            and x.dtype == torch.float32
            and x.is_contiguous()
            and x.isfinite().all()
        )
        assert y.shape == (n,) and y.dtype == torch.int64
        assert set(y.tolist()) == set(range(10))
        assert f"{n:,}" in data.provenance and str(n) in repr(data)
    assert name in data.provenance
    assert len(repr(data)) < 150


def test_every_mnist1d_example_is_in_exactly_one_split():
    data = load()
    splits = [rows(x) for x in (data.x_train, data.x_val, data.x_test)]
    assert [len(each) for each in splits] == [3500, 500, 1000]
    assert len(set.union(*splits)) == 5000


def test_mnist1d_is_the_published_one():
    """The package's own examples in its own order: standardising is all that happens."""
    from mnist1d.data import get_dataset_args, make_dataset

    made, data = make_dataset(get_dataset_args()), load(validation=0)
    assert (
        data.y_train.tolist() == made["y"].tolist()
        and data.y_test.tolist() == made["y_test"].tolist()
    )
    expected = (made["x_test"] - made["x"].mean()) / made["x"].std()
    np.testing.assert_allclose(data.x_test.numpy(), expected, atol=1e-5)
    ours = ticketlab.data.datasets._mnist1d()
    for found, name in zip(ours, ("x", "y", "x_test", "y_test"), strict=False):
        np.testing.assert_array_equal(found, made[name])


def test_another_way_to_interpolate_is_taken_as_it_is():
    """A later mnist1d may interpolate otherwise; then its own numbers count."""
    def nearest(values, number):
        return values[np.linspace(0, len(values) - 1, number).round().astype(int)]

    ours, values = ticketlab.data.datasets._quicker(nearest), np.random.default_rng(0).normal(size=9)
    for _ in range(2):
        np.testing.assert_array_equal(ours(values, 5), values[::2])
        np.testing.assert_array_equal(ours(values, 7), nearest(values, 7))


def test_equal_seeds_give_equal_splits_and_other_seeds_other_ones():
    a, b, c = load(), load(), load(validation_seed=1)
    assert same(a, b)
    # Standardising differs a little between seeds: know examples by the order of their numbers.
    shared = rows(a.x_val.argsort()) & rows(c.x_val.argsort())
    assert 20 < len(shared) < 120  # 500 of 4,000 drawn twice share about 62


def test_the_test_split_depends_on_no_validation_argument():
    a, b = load("digits"), load("digits", validation=500, validation_seed=7)
    assert torch.equal(a.y_test, b.y_test)
    assert len(b.x_val) == 500 and len(b.x_train) == 937


@settings(max_examples=25, deadline=None)
@given(validation=st.integers(0, 1436), seed=st.integers(0, 2**32))
def test_validation_has_the_size_asked_for_and_the_class_proportions(validation, seed):
    data = load("digits", validation=validation, validation_seed=seed)
    assert (len(data.x_val), len(data.x_train)) == (validation, 1437 - validation)
    held_out = torch.bincount(data.y_val, minlength=10)
    total = held_out + torch.bincount(data.y_train, minlength=10)
    assert ((held_out - total * validation / 1437).abs() <= 1.01).all()


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 3000), more=st.integers(0, 400))
def test_first_is_balanced_and_nested(n, more):
    data = load()
    small, large = data.first(n), data.first(n + more)
    count = torch.bincount(small.y_train, minlength=10)
    assert len(small.x_train) == len(small.y_train) == n
    assert count.max() - count.min() <= 1
    assert rows(small.x_train) <= rows(large.x_train)
    assert torch.equal(large.first(n).x_train, small.x_train)


def test_first_keeps_examples_with_their_labels_and_leaves_the_rest_alone():
    data = load()
    small = data.first(100)
    label_of = {
        row.numpy().tobytes(): int(y) for row, y in zip(data.x_train, data.y_train, strict=True)
    }
    assert [label_of[row.numpy().tobytes()] for row in small.x_train] == small.y_train.tolist()
    assert all(torch.equal(getattr(small, part), getattr(data, part)) for part in PARTS[2:])
    assert "100" in small.provenance.split(".")[-2] and len(data.x_train) == 3500
    assert same(data.first(3500), data)


def test_first_takes_what_is_left_when_a_class_runs_out(seeded):
    arrays = tiny()
    np.savez(seeded / "mnist.npz", **arrays)
    data = load("mnist", validation=0)
    total = torch.bincount(data.y_train, minlength=10)
    cut = torch.bincount(data.first(150).y_train, minlength=10)
    assert cut.sum() == 150
    level = cut.max()
    assert (torch.minimum(total, level) - cut <= 1).all() and (cut < level - 1).any()


# Standardising


def test_training_split_has_mean_zero_and_standard_deviation_one(seeded):
    np.savez(seeded / "cifar10.npz", **tiny(shape=(32, 32, 3)))
    for name in ("mnist1d", "digits"):
        x = load(name).x_train.double()
        assert abs(x.mean()) < 1e-5 and abs(x.std(correction=0) - 1) < 1e-5
    x = load("cifar10").x_train.double()
    assert x.mean((0, 2, 3)).abs().max() < 1e-5
    assert (x.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-5


def test_only_training_examples_decide_how_all_splits_are_standardised(seeded):
    """Spoilt validation and test images must leave the training split bit for bit as it was."""
    arrays = tiny()
    np.savez(seeded / "mnist.npz", **arrays)
    plain = load("mnist")
    low, high = plain.x_train.min(), plain.x_train.max()  # which were 0 and 255
    trained_on = rows(((plain.x_train - low) / (high - low) * 255).round().byte())
    held_out = np.array([image.tobytes() not in trained_on for image in arrays["x_train"]])
    assert held_out.sum() == len(plain.x_val) == 20
    arrays["x_train"][held_out] = 255
    arrays["x_test"][:] = 255
    np.savez(seeded / "mnist.npz", **arrays)
    spoilt = load("mnist")
    assert torch.equal(spoilt.x_train, plain.x_train)
    assert not torch.equal(spoilt.x_val, plain.x_val)
    raw = arrays["x_train"][~held_out]
    np.testing.assert_allclose(spoilt.x_test.numpy(), (255 - raw.mean()) / raw.std(), rtol=1e-4)


def test_colour_images_become_channels_first(seeded):
    arrays = tiny(shape=(32, 32, 3))
    np.savez(seeded / "cifar10.npz", **arrays)
    data = load("cifar10", validation=0)
    assert data.shape == (3, 32, 32) and data.x_train.is_contiguous()
    raw = arrays["x_train"].astype(np.float64)
    expected = ((raw - raw.mean((0, 1, 2))) / raw.std((0, 1, 2))).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(data.x_train.numpy(), expected, atol=1e-4)


# Good manners


def test_loading_leaves_random_states_the_folder_and_the_terminal_alone(
    monkeypatch, tmp_path, capfd
):
    monkeypatch.chdir(tmp_path)
    ticketlab.data.datasets._mnist1d.cache_clear()  # else nothing would be generated
    random.seed(3), np.random.seed(3), torch.manual_seed(3)
    before = (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        np.random.get_state()[2],
        torch.get_rng_state(),
    )
    load("mnist1d"), load("digits")
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1] and np.random.get_state()[2] == before[2]
    assert torch.equal(torch.get_rng_state(), before[3])
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_second_load_is_not_generated_again_and_shares_no_memory(monkeypatch):
    first = load()
    untouched = first.x_train.clone()
    monkeypatch.setattr("mnist1d.data.make_dataset", None)
    first.x_train.zero_(), first.x_test.zero_(), first.y_train.zero_(), first.y_test.zero_()
    second = load()
    assert torch.equal(second.x_train, untouched) and second.x_test.any() and second.y_test.any()


def test_to_moves_every_tensor():
    moved = load("digits").to("meta")
    assert {getattr(moved, part).device.type for part in PARTS} == {"meta"}
    assert moved.shape == (1, 8, 8) and moved.provenance == load("digits").provenance
    assert load("digits", device="meta").x_val.device.type == "meta"


def test_a_default_device_set_by_the_learner_changes_nothing():
    """Colab notebooks like to set one; drawing the splits must not follow it."""
    expected = load("digits").first(50)
    with torch.device("meta"):
        assert same(load("digits").first(50), expected)


# Bad arguments


@pytest.mark.parametrize(
    ("name", "close"),
    [("mnist-1d", "mnist1d"), ("Fashion-MNIST", "fashion_mnist"), ("cifar", "cifar10"), (7, None)],
)
def test_an_unknown_name_lists_the_names_and_the_closest(name, close):
    with pytest.raises(ValueError, match="the data set is .*; choose one of") as error:
        load(name)
    message = str(error.value)
    assert repr(name) in message
    assert all(
        repr(known) in message
        for known in ("mnist1d", "digits", "mnist", "fashion_mnist", "cifar10")
    )
    assert (f"did you mean {close!r}?" in message) if close else ("did you mean" not in message)


@pytest.mark.parametrize("validation", [-1, 4000, 10**9])
def test_validation_out_of_range(validation):
    with pytest.raises(
        ValueError,
        match=rf"validation={validation} is out of range 0 to 3999: leave some of the 4,000",
    ):
        load("mnist1d", validation=validation)


@pytest.mark.parametrize("n", [0, -5, 3501])
def test_first_out_of_range(n):
    with pytest.raises(ValueError, match=rf"n={n} is out of range 1 to 3500: ask for fewer"):
        load("mnist1d").first(n)


def test_counts_must_be_whole_numbers():
    with pytest.raises(TypeError, match=r"validation=0.1 is not a whole number"):
        load("mnist1d", validation=0.1)
    with pytest.raises(
        TypeError, match=r"n='all' is not a whole number: it counts examples, 1 to 3500"
    ):
        load("mnist1d").first("all")
    assert len(load("mnist1d").first(np.int64(30)).x_train) == 30


def test_images_without_any_contrast_are_refused_rather_than_divided_by_zero(seeded):
    arrays = tiny()
    arrays["x_train"][:] = 7
    np.savez(seeded / "mnist.npz", **arrays)
    with pytest.raises(
        ValueError, match="mnist .* has a channel with one value throughout training"
    ):
        load("mnist")
