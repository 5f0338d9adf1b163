"""Image data sets as files: found, checked, and downloaded once.

Each set is one `NAME.npz` with `x_train`, `y_train`, `x_test`, `y_test` (uint8), so that a teacher
can seed a room without a network by handing out a folder. `ticketlab.data.load` builds on it, and
`ticketlab.data.text_files` on `stored` and `downloading`.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ticketlab.basics import environment, writable

CLASSES = 10  # every data set of the course has ten

# The torchvision class, the file names accepted, the shape of one image.
_FILES = {
    "mnist": ("MNIST", ("mnist.npz",), (28, 28)),
    "fashion_mnist": ("FashionMNIST", ("fashion_mnist.npz", "fashion-mnist.npz"), (28, 28)),
    "cifar10": ("CIFAR10", ("cifar10.npz",), (32, 32, 3)),
}

# Downloading changes settings of the whole process for a moment.
_one_at_a_time = threading.Lock()


class DownloadError(RuntimeError):
    """A download failed; the message says what was tried and how to do without a network."""


def read_images(name: str, progress: bool) -> tuple:
    """`x_train, y_train, x_test, y_test` (uint8, channels first) and a phrase on their origin.

    Looks in the folder that TICKETLAB_DATA names, then in the user's cache, and downloads what
    neither has. Raises as `ticketlab.data.load` says.
    """
    path = stored(name, _FILES[name][1], lambda path: _download(name, path, progress))
    return _read(path, name)


def stored(name: str, files: Sequence[str], download: Callable[[Path], None]) -> Path:
    """Where the data set `name` lies: the first of `files` that the folder TICKETLAB_DATA or the
    user's cache has, else the first of them, downloaded once by `download(path)`.

    Raises FileNotFoundError and PermissionError as `ticketlab.data.load` says.
    """
    from filelock import FileLock
    from platformdirs import user_cache_dir

    folders = [Path(user_cache_dir("ticketlab"))]
    if named := environment("TICKETLAB_DATA"):
        folders.insert(0, Path(named).expanduser().absolute())
        if not folders[0].is_dir():
            raise FileNotFoundError(f"TICKETLAB_DATA={str(folders[0])!r} is not a folder: create "
                                    "it, or "
                                    f"unset the variable to use {folders[1]}")
    for path in (folder / file for folder in folders for file in files):
        if path.is_file():
            return path

    folder = next(filter(writable, folders), None)
    if folder is None:
        raise PermissionError(f"no place to store {name}, because {folders[0]} and {folders[-1]} "
                              "cannot be written to: set TICKETLAB_DATA to a folder that can be")
    path = folder / files[0]
    with FileLock(folder / f".{path.name}.lock"):
        if not path.exists():  # another notebook may have fetched it while this one waited
            download(path)
    return path


@contextlib.contextmanager
def downloading(name: str, source: str, progress: bool, cure: str):
    """One download at a time, which gives up after 30 silent seconds; without `progress` its bar is
    not shown, and what it prints is not (torchvision before 0.20 prints addresses, and why a mirror
    failed). The timeout of the process is put back.

    Raises DownloadError for what goes wrong: where from (`source`), why, and how to do without.
    """
    said = io.StringIO()
    with _one_at_a_time:
        timeout = socket.getdefaulttimeout()
        socket.setdefaulttimeout(30)  # the loaders set none, and some firewalls never answer
        try:
            with contextlib.redirect_stderr(sys.stderr if progress else io.StringIO()), \
                    contextlib.redirect_stdout(said):
                yield
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            why = " ".join([str(error).strip(), *said.getvalue().split()[-20:]])
            raise DownloadError(f"{name} could not be downloaded {source}\n"
                                f"{type(error).__name__}: {why}\n"
                                f"Load again to retry. To do without a network, {cure}") from error
        finally:
            socket.setdefaulttimeout(timeout)


def _download(name: str, path: Path, progress: bool) -> None:
    """Fetch through torchvision, which verifies checksums; `path` appears whole or not at all."""
    import torchvision

    loader = getattr(torchvision.datasets, _FILES[name][0])
    label = f"torchvision.datasets.{loader.__name__}"
    with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as raw:
        tried = ", ".join(getattr(loader, "mirrors", None) or [loader.url])
        cure = (f"put {path.name} into a folder and set TICKETLAB_DATA to that folder. {_layout(name)} "
                "load('mnist1d') and load('digits') need no network.")
        with downloading(name, f"with {label} from {tried}", progress, cure):
            train, test = (loader(raw, train=part, download=True) for part in (True, False))
        arrays = {"x_train": train.data, "y_train": train.targets,
                  "x_test": test.data, "y_test": test.targets}
        finished = Path(raw) / path.name
        np.savez(finished, source=f"{label} ({torchvision.__version__}), checksums verified",
                 **{key: np.asarray(value, dtype=np.uint8) for key, value in arrays.items()})
        os.replace(finished, path)


def _layout(name: str) -> str:
    shape = ", ".join(map(str, ("N", *_FILES[name][2])))
    return (f"The file must hold x_train, uint8 ({shape}), y_train, integers 0 to {CLASSES - 1} "
            "(N,), and x_test and y_test likewise.")


def _read(path: Path, name: str) -> tuple:
    """The arrays of an .npz file, channels first, and a phrase saying where they came from."""
    try:
        # Opened here, because numpy leaves a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except Exception as error:  # noqa: BLE001 - whatever zipfile, zlib or numpy's parser raise
        problem = f"cannot be read as an .npz file ({type(error).__name__}: {error})"
    else:
        problem = _problem(arrays, _FILES[name][2])
    if problem:
        raise ValueError(f"{path} {problem}. Replace the file, or move it away and load again to "
                         f"download it. {_layout(name)}")
    x_train, x_test = (
        x[:, None] if x.ndim == 3 else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        for x in (arrays["x_train"], arrays["x_test"]))
    source = f", from {arrays['source']}" if "source" in arrays else ""
    # torch reads neither other byte orders nor every unsigned type
    y_train, y_test = (arrays[key].astype(np.int64) for key in ("y_train", "y_test"))
    return x_train, y_train, x_test, y_test, f"read from {path}{source}"


def _problem(arrays: dict[str, np.ndarray], shape: tuple[int, ...]) -> str | None:
    for split in ("train", "test"):
        for key in (f"x_{split}", f"y_{split}"):
            if key not in arrays:
                return f"lacks the array {key} (it has {', '.join(sorted(arrays)) or 'none'})"
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if x.dtype != np.uint8 or x.shape[1:] != shape or not len(x):
            return f"holds x_{split} as {x.dtype} {x.shape}"
        if y.dtype.kind not in "iu" or y.ndim != 1:
            return f"holds y_{split} as {y.dtype} {y.shape}"
        if len(x) != len(y):
            return f"holds {len(x)} images in x_{split} but {len(y)} labels in y_{split}"
        if y.min() < 0 or y.max() >= CLASSES:
            return f"holds labels from {y.min()} to {y.max()} in y_{split}"
    return None
