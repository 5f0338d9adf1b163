"""What ticketlab.data promises: splits, standardisation, files, downloads, and clear errors."""

import gzip
import hashlib
import http.server
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ticketlab.data
from ticketlab.data import CLASSES, DownloadError, load

REAL = os.environ.get("TICKETLAB_DATA")  # before the fixture below hides it
PARTS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Each test has a user cache folder of its own, and no TICKETLAB_DATA."""
    monkeypatch.delenv("TICKETLAB_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def seeded(tmp_path, monkeypatch):
    """The folder that TICKETLAB_DATA names, empty."""
    folder = tmp_path / "seeded"
    folder.mkdir()
    monkeypatch.setenv("TICKETLAB_DATA", str(folder))
    return folder


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


def test_importing_is_cheap():
    """None of the packages that only some data sets need may be imported before they are."""
    code = (
        "import sys, numpy, torch; before = set(sys.modules); import ticketlab.data; "
        "print({'torchvision', 'sklearn', 'mnist1d', 'platformdirs', 'filelock', 'tqdm'} "
        "& (set(sys.modules) - before))"
    )
    root = Path(ticketlab.data.__file__).parents[1]
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "set()"


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
    with pytest.raises(ValueError, match="unknown data set") as error:
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


# Files


@pytest.mark.parametrize(
    ("name", "file", "shape"),
    [
        ("mnist", "mnist.npz", (28, 28)),
        ("fashion_mnist", "fashion_mnist.npz", (28, 28)),
        ("fashion_mnist", "fashion-mnist.npz", (28, 28)),
        ("cifar10", "cifar10.npz", (32, 32, 3)),
    ],
)
def test_a_seeded_file_is_used_and_never_the_network(seeded, monkeypatch, name, file, shape):
    monkeypatch.setattr("ticketlab.data.image_files._download", None)
    np.savez_compressed(seeded / file, **tiny(shape=shape))
    data = load(name)
    assert data.classes == CLASSES and len(data.x_test) == 40
    assert str(seeded / file) in data.provenance
    assert [path.name for path in seeded.iterdir()] == [file]


def test_the_cache_folder_serves_what_the_seeded_folder_lacks(seeded, cache, monkeypatch):
    monkeypatch.setattr("ticketlab.data.image_files._download", None)
    cache.mkdir()
    np.savez(cache / "mnist.npz", **tiny(seed=1))
    assert str(cache) in load("mnist").provenance
    np.savez(seeded / "mnist.npz", **tiny(seed=2))
    assert str(seeded) in load("mnist").provenance


def test_ticketlab_data_must_be_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(
        FileNotFoundError, match=r"TICKETLAB_DATA='.*nowhere' is not a folder: create it, or unset"
    ):
        load("mnist")
    assert load("digits").classes == 10  # which needs no folder


def without(key):
    return lambda arrays: arrays.pop(key)


def changed(key, change):
    return lambda arrays: arrays.update({key: change(arrays[key])})


def label(value):
    return lambda y: np.where(np.arange(len(y)) == 3, value, y.astype(np.int64))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (without("x_train"), r"lacks the array x_train \(it has x_test, y_test, y_train\)"),
        (
            lambda arrays: arrays.update(test_labels=arrays.pop("y_test")),
            r"lacks the array y_test \(it has test_labels,",
        ),
        (changed("x_train", lambda x: x.reshape(-1, 784)), r"holds x_train as uint8 \(240, 784\)"),
        (changed("x_test", lambda x: x[:, :27]), r"holds x_test as uint8 \(40, 27, 28\)"),
        (changed("x_test", lambda x: x[:0]), r"holds x_test as uint8 \(0, 28, 28\)"),
        (
            changed("x_train", lambda x: x / np.float32(255)),
            r"holds x_train as float32 \(240, 28, 28\)",
        ),
        (changed("y_train", lambda y: y.astype(float)), r"holds y_train as float64 \(240,\)"),
        (
            changed("y_train", lambda y: np.eye(10, dtype=np.uint8)[y]),
            r"holds y_train as uint8 \(240, 10\)",
        ),
        (changed("y_train", label(10)), "holds labels from 0 to 10 in y_train"),
        (changed("y_test", label(-1)), "holds labels from -1 to 9 in y_test"),
        (changed("y_test", lambda y: y[:-1]), "holds 40 images in x_test but 39 labels in y_test"),
        (
            changed("x_train", lambda x: x[1:]),
            "holds 239 images in x_train but 240 labels in y_train",
        ),
        (
            changed("y_test", lambda y: y.astype(object)),
            r"cannot be read as an .npz file \(ValueError",
        ),
    ],
)
def test_a_wrong_array_is_named(seeded, damage, says):
    arrays = tiny()
    damage(arrays)
    np.savez(seeded / "mnist.npz", **arrays)
    refused(seeded / "mnist.npz", says)


@settings(max_examples=40, deadline=None)
@given(length=st.integers(0, 220_000))
def test_a_truncated_file_is_refused_wherever_it_was_cut(length, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    np.savez(folder / "whole.npz", **tiny())
    whole = (folder / "whole.npz").read_bytes()
    (folder / "mnist.npz").write_bytes(whole[: min(length, len(whole) - 1)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TICKETLAB_DATA", str(folder))
        refused(folder / "mnist.npz", "cannot be read as an .npz file")
    shutil.rmtree(folder)


@pytest.mark.parametrize("content", [b"<html>404 Not Found</html>", "npy", "flipped"])
def test_what_is_no_npz_file_is_refused(seeded, content):
    path = seeded / "mnist.npz"
    if content == "npy":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif content == "flipped":
        np.savez(path, **tiny())
        raw = bytearray(path.read_bytes())
        raw[50_000] ^= 1
        path.write_bytes(raw)
    else:
        path.write_bytes(content)
    refused(path, "cannot be read as an .npz file")


def refused(path, says):
    """Loading names the file, the fault and the cure; and the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(ValueError, match=says) as error:
        load("mnist")
    message = str(error.value)
    assert message.startswith(f"{path} ")
    assert "Replace the file, or move it away and load again to download it." in message
    assert "x_train, uint8 (N, 28, 28), y_train, integers 0 to 9 (N,)" in message
    assert path.read_bytes() == before


def test_images_without_any_contrast_are_refused_rather_than_divided_by_zero(seeded):
    arrays = tiny()
    arrays["x_train"][:] = 7
    np.savez(seeded / "mnist.npz", **arrays)
    with pytest.raises(
        ValueError, match="mnist .* has a channel with one value throughout training"
    ):
        load("mnist")


# Downloads: torchvision's own loader and checksums, against a server on this machine


class Server(http.server.ThreadingHTTPServer):
    """Serves a dictionary of files on 127.0.0.1 and counts the files it sent."""

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.sent = files, []
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def mirror(self):
        return f"http://127.0.0.1:{self.server_port}/"

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = self.server.files[self.path[1:]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if (
            self.headers["Method"] != "HEAD"
        ):  # torchvision first asks this way whether it is redirected
            self.server.sent.append(self.path[1:])
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def idx(array):
    """An array of bytes in the format of the MNIST files, compressed."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


@pytest.fixture
def server(monkeypatch):
    """A tiny MNIST, where torchvision's loader looks for the real one."""
    import torchvision

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    files = {IDX_NAMES[key]: idx(array) for key, array in tiny().items()}
    running = Server(files)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [running.mirror])
    monkeypatch.setattr(
        torchvision.datasets.MNIST,
        "resources",
        [(file, hashlib.md5(content).hexdigest()) for file, content in files.items()],
    )
    yield running
    running.stop()


def visible(folder):
    """What is in a folder, besides the lock's own (hidden, empty) file."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


@pytest.mark.parametrize("seed_the_folder", [False, True])
def test_a_download_is_verified_stored_once_and_used_without_a_network(
    server, cache, tmp_path, monkeypatch, capfd, seed_the_folder
):
    folder = cache
    if seed_the_folder:
        folder = tmp_path / "teacher"
        folder.mkdir()
        monkeypatch.setenv("TICKETLAB_DATA", str(folder))
    first = load("mnist")
    assert "100%" in capfd.readouterr().err, "no progress bar"
    assert sorted(server.sent) == sorted(IDX_NAMES.values())
    assert visible(folder) == ["mnist.npz"], "the raw download was left behind"
    with np.load(folder / "mnist.npz") as file:
        for key, array in tiny().items():
            assert file[key].dtype == np.uint8 and np.array_equal(file[key], array)
    server.stop()
    assert same(load("mnist"), first)
    assert (
        "torchvision.datasets.MNIST" in first.provenance
        and str(folder / "mnist.npz") in first.provenance
    )
    if seed_the_folder:
        assert not cache.exists()


def test_the_stored_file_can_be_read_by_whoever_may_read_the_folder(server, cache):
    load("mnist")
    (cache / "probe").touch()
    assert (cache / "mnist.npz").stat().st_mode == (cache / "probe").stat().st_mode


def test_progress_can_be_silenced_and_the_timeout_is_put_back(server, capfd):
    load("mnist", progress=False)
    assert capfd.readouterr() == ("", "")
    assert socket.getdefaulttimeout() is None


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="needs a folder that nobody can write to"
)
def test_a_seeded_folder_that_cannot_be_written_to_leaves_the_download_to_the_cache(
    server, cache, monkeypatch
):
    monkeypatch.setenv("TICKETLAB_DATA", "/proc")
    assert str(cache) in load("mnist").provenance
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_: "/proc/cache")
    with pytest.raises(
        PermissionError,
        match="no place to store mnist, because /proc and /proc/cache cannot be "
        "written to: set TICKETLAB_DATA to a folder that can be",
    ):
        load("mnist")


def test_a_wrong_checksum_is_refused_and_leaves_nothing(server, cache):
    server.files[IDX_NAMES["y_test"]] = idx(np.zeros(40, np.uint8))
    with pytest.raises(DownloadError, match="corrupted") as error:
        load("mnist")
    assert IDX_NAMES["y_test"] in str(error.value)
    assert visible(cache) == []


def test_without_a_network_the_message_says_what_was_tried_and_the_cure(monkeypatch, cache):
    import torchvision

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [closed])
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", closed + "cifar.tar.gz")
    for name, loader, layout in (
        ("mnist", "MNIST", "(N, 28, 28)"),
        ("fashion_mnist", "FashionMNIST", "(N, 28, 28)"),
        ("cifar10", "CIFAR10", "(N, 32, 32, 3)"),
    ):
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [closed])
        with pytest.raises(DownloadError) as error:
            load(name)
        message = str(error.value)
        for part in (
            f"{name} could not be downloaded with torchvision.datasets.{loader} from {closed}",
            "refused",
            f"put {name}.npz into a folder and set TICKETLAB_DATA to that folder",
            f"x_train, uint8 {layout}, y_train, integers 0 to 9 (N,)",
            "need no network",
        ):
            assert part in message
    assert visible(cache) == []


def test_threads_that_load_at_once_download_once(server, cache):
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: load("mnist", progress=False), range(4)))
    assert sorted(server.sent) == sorted(IDX_NAMES.values())
    assert all(same(each, results[0]) for each in results)
    assert visible(cache) == ["mnist.npz"]


def test_notebooks_that_load_at_once_download_once(server, seeded):
    """Two processes, as two notebooks are."""
    import torchvision

    code = (
        "import json, sys, torchvision, ticketlab.data as data\n"
        "mnist = torchvision.datasets.MNIST\n"
        "mnist.mirrors, mnist.resources = json.loads(sys.argv[1])\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(data.load('mnist', progress=False))"
    )
    mnist = torchvision.datasets.MNIST
    command = [sys.executable, "-c", code, json.dumps([mnist.mirrors, mnist.resources])]
    root = Path(ticketlab.data.__file__).parents[1]
    notebooks = [
        subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for each in notebooks:
        assert each.stdout.readline() == "ready\n"
    for each in notebooks:
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60)[0] for each in notebooks]
    assert [each.returncode for each in notebooks] == [0, 0]
    assert said[0] == said[1] != ""
    assert sorted(server.sent) == sorted(IDX_NAMES.values())
    assert visible(seeded) == ["mnist.npz"]


# The real MNIST


@pytest.mark.skipif(
    not REAL or not Path(REAL, "mnist.npz").is_file(), reason="TICKETLAB_DATA holds no mnist.npz"
)
def test_real_mnist(monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", REAL)
    data = load("mnist")
    assert [len(x) for x in (data.x_train, data.x_val, data.x_test)] == [55_000, 5_000, 10_000]
    assert data.shape == (1, 28, 28)
    assert abs(data.x_train.double().mean()) < 1e-4 and abs(data.x_train.double().std() - 1) < 1e-4
    whole = load("mnist", validation=0)
    assert whole.y_train[:5].tolist() == [5, 0, 4, 1, 9] and whole.y_test[:5].tolist() == [
        7,
        2,
        1,
        0,
        4,
    ]
    # Mean and standard deviation of MNIST are known to be 0.1307 and 0.3081 of white.
    assert abs(whole.x_train.min() + 0.1307 / 0.3081) < 1e-3
