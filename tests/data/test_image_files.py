"""Image files are found, checked and downloaded once, and what is wrong with one is named."""

import gzip
import hashlib
import http.server
import json
import os
import re
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
from hypothesis import given, settings
from hypothesis import strategies as st

import ticketlab.data
from tests.data.test_datasets import same, tiny
from ticketlab.data import CLASSES, DownloadError, load

REAL = os.environ.get("TICKETLAB_DATA")  # before a fixture hides it


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


def test_threads_that_load_at_once_download_once(server, cache):
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: load("mnist", progress=False), range(4)))
    assert sorted(server.sent) == sorted(IDX_NAMES.values())
    assert all(same(each, results[0]) for each in results)
    assert visible(cache) == ["mnist.npz"]


def test_notebooks_that_load_at_once_download_once(server, seeded):
    """Two processes, as two notebooks are: another one, and this."""
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
    other = subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "ready\n"
    other.stdin.write("go\n")
    other.stdin.flush()
    own = load("mnist", progress=False)
    assert other.communicate(timeout=60)[0] == f"{own}\n" and other.returncode == 0
    assert sorted(server.sent) == sorted(IDX_NAMES.values())
    assert visible(seeded) == ["mnist.npz"]


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


@pytest.mark.parametrize("kind", [">i4", ">i8", "<u2", ">u8", "int8"])
def test_image_files_may_number_their_classes_in_any_kind_of_whole_number(kind, tmp_path, monkeypatch):
    generator = np.random.default_rng(0)
    arrays = {}
    for split, size in (("train", 60), ("test", 20)):
        arrays[f"x_{split}"] = generator.integers(0, 256, (size, 28, 28), dtype=np.uint8)
        arrays[f"y_{split}"] = (np.arange(size) % 10).astype(kind)
    np.savez(tmp_path / "mnist.npz", **arrays)
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    data = load("mnist")
    assert data.y_test.tolist() == [number % 10 for number in range(20)]
    for key, wrong in (("x_train", arrays["x_train"].astype(">i2")),
                       ("x_train", arrays["x_train"] / 255), ("y_test", np.arange(20) % 10 + 0.0)):
        np.savez(tmp_path / "mnist.npz", **arrays | {key: wrong})
        with pytest.raises(ValueError, match=f"mnist.npz.? holds {key} as {re.escape(str(wrong.dtype))}"):
            load("mnist")
