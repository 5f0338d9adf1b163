"""Text data sets as files: found, checked, and downloaded once.

A set is one `NAME.txt`, so that a teacher can seed a room without a network by handing out a
folder, as for images. `ticketlab.data.load` builds on this file.
"""

import hashlib
from pathlib import Path

import torch

from ticketlab.data.image_files import downloading, stored

# Karpathy 2015 (The Unreasonable Effectiveness of Recurrent Neural Networks): all in one file
URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SIZE = 1_115_394  # bytes, each of them one character
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

CONTEXT = 64  # characters an example
SHARES = {"train": 0.9, "val": 0.05, "test": 0.05}  # of the file, in this order

_FILE = "tinyshakespeare.txt"


def read_text(progress: bool) -> tuple[str, dict[str, list[str]], str]:
    """Of tinyshakespeare: the alphabet, the texts of each split, and a phrase on their origin.

    Looks in the folder that TICKETLAB_DATA names, then in the user's cache, and downloads what
    neither has. Size and checksum must be those of the published file.
    Raises as `ticketlab.data.load` says.
    """
    text, origin = _read(progress)
    return "".join(sorted(set(text))), _split(text), origin


def tinyshakespeare(progress: bool = True) -> str:
    """The whole text, found or downloaded as by ``load("tinyshakespeare")``; raises as that does.
    Lesson 10 reads it at scale class."""
    return _read(progress)[0]


def _split(text: str) -> dict[str, list[str]]:
    """Each split is one stretch of the file, cut into texts of `CONTEXT` + 1 characters, of which
    the last is the first of the next text. What is left over at a stretch's end is left out."""
    splits, start, reached = {}, 0, 0.0
    for split, share in SHARES.items():
        reached += share
        end = round(reached * len(text))
        splits[split] = [text[at:at + CONTEXT + 1] for at in range(start, end - CONTEXT, CONTEXT)]
        start = end
    return splits


def _read(progress: bool) -> tuple[str, str]:
    path = stored("tinyshakespeare", [_FILE], lambda path: _download(path, progress))
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if (len(content), found) != (SIZE, SHA256):
        raise ValueError(
            f"{path} is not the published file: it has {len(content):,} bytes and SHA-256 {found}, "
            f"and {SIZE:,} and {SHA256} are right. Replace the file, or move it away and load "
            "again to download it. (A copy whose line ends were changed, as git does on Windows, "
            "is another file.)")
    return content.decode("ascii"), f"read from {path}, checksum verified"


def _download(path: Path, progress: bool) -> None:
    """Fetch through torch.hub, which verifies the checksum; `path` appears whole or not at all."""
    cure = (f"put that file, as {path.name}, into a folder and set TICKETLAB_DATA to that folder. "
            "load('sentences') needs no network.")
    with downloading("tinyshakespeare", f"from {URL}", progress, cure):
        torch.hub.download_url_to_file(URL, str(path), hash_prefix=SHA256, progress=progress)
