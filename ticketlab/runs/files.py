"""Files that can be trusted: written whole or not at all, and checked when read.

Tensors are safetensors, tables are JSON, and nothing is ever unpickled. Every file carries the
number of its format and a digest of its content, so that an altered byte is found and not only a
missing end. ``runs`` builds on this file, and lesson 04 through it.
"""

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
from torch import Tensor

from ticketlab.basics import digest, environment

# The layout of the files. In every format it stands where it stands now, so that any version can
# say which one it met.
FORMAT = 1
VARIABLE = "TICKETLAB_RUNS"
_NOTES = "ticketlab"  # one entry: safetensors writes several in an order that changes
_TEMPORARY = ".tmp"
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # what a full disk says


class Damaged(Exception):
    """A file is not as it was written. ``path`` says which."""

    def __init__(self, path: Path, problem: str):
        self.path = path
        super().__init__(f"{path} {problem}")


class IncompatibleRun(ValueError):
    """A saved run was written by a version of ticketlab with another format of files."""

    def __init__(self, path: Path, found):
        super().__init__(
            f"{path} has format {found!r}, and this ticketlab reads format {FORMAT}: upgrade "
            f"ticketlab to the version that wrote it, or remove that run with "
            f"runs.remove('*{path.parent.name}') and let it be computed again")


def folder(path=None) -> Path:
    """Where runs are kept: ``path``, else what the environment variable TICKETLAB_RUNS names (a
    mounted drive, say), else a folder of this user. It is made if it does not exist.

    Raises OSError, naming the folder, if it cannot be made or written to.
    """
    import platformdirs

    path = Path(path or environment(VARIABLE)
                or platformdirs.user_data_path("ticketlab") / "runs").expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "no permission to write")
    except OSError as error:
        raise OSError(error.errno, f"the folder of the runs, {path}, cannot be used "
                      f"({error.strerror}); let the environment variable {VARIABLE} name a folder "
                      "that can be written to") from error
    return path


def write(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, and give it its own name once it is on the disk.

    Raises OSError, naming the folder, and leaves nothing half-written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        problem = "there is no room left" if error.errno in FULL else error.strerror
        raise OSError(
            error.errno, f"{len(content):,} bytes for {path.name} cannot be written to "
            f"{path.parent} ({problem}). What is finished there stays. Make room, with "
            f"runs.listing() and runs.remove(...), or let the environment variable {VARIABLE} "
            "name another folder, and ask again") from error
    finally:
        temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # the new name too survives a power cut, where that exists
        entry = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: dict) -> str:
    """Write tensors, with ``notes`` (what JSON can hold) beside them, and give their digest."""
    # safetensors refuses tensors that share memory
    tensors = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    notes = {"format": FORMAT} | notes
    found = digest(tensors, _line(notes))
    text = _line(notes | {"digest": found})
    write(path, safetensors.torch.save(tensors, {_NOTES: text}))
    return found


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors of a file and its notes; ``notes["digest"]`` is the digest.

    Raises Damaged if it is absent, truncated or altered, IncompatibleRun for another format.
    """
    content = _content(path)
    notes = _notes(path, content)
    try:
        tensors = safetensors.torch.load(content)
    except (safetensors.SafetensorError, RuntimeError, *_UNREADABLE) as error:
        raise Damaged(path, f"cannot be read ({error!r})") from error
    rest = {name: value for name, value in notes.items() if name != "digest"}
    if notes.get("digest") != digest(tensors, _line(rest)):
        raise Damaged(path, "was altered: its content does not have the digest written in it")
    # memory of torch's own: in that of the file, sums may be rounded another way
    return {name: t.clone() for name, t in tensors.items()}, notes


def read_notes(path: Path) -> dict:
    """The notes alone, without reading the tensors, for a look at many files. Raises as
    ``read_tensors`` does, and does not check the digest."""
    try:
        with open(path, "rb") as file:
            size = file.read(8)
            return _notes(path, size + file.read(min(int.from_bytes(size, "little"), 1 << 27)))
    except FileNotFoundError as error:
        raise Damaged(path, "is missing") from error


def write_table(path: Path, table: dict) -> None:
    """Write what JSON can hold, without nan, one line an entry."""
    table = {"format": FORMAT} | table
    write(path, _page(table | {"digest": _checksum(table)}))


def read_table(path: Path) -> dict:
    """What ``write_table`` wrote. Raises Damaged or IncompatibleRun."""
    content = _content(path)
    try:
        table = json.loads(content)
        format = table["format"]
    except _UNREADABLE as error:
        raise Damaged(path, f"cannot be read ({error!r})") from error
    _check_format(path, format)
    try:
        found = table.pop("digest")
        intact = found == _checksum(table) and content == _page(table | {"digest": found})
    except _UNREADABLE as error:
        raise Damaged(path, f"cannot be read ({error!r})") from error
    if not intact:
        raise Damaged(path, "was altered: its content does not have the digest written in it")
    return table


def set_aside(unit: Path) -> Path:
    """Rename a folder to the first free ``....damaged-1``, ``....damaged-2`` and so on."""
    number = 1
    while (aside := unit.with_name(f"{unit.name}.damaged-{number}")).exists():
        number += 1
    return unit.rename(aside)


def sweep(unit: Path) -> None:
    """Remove what killed processes were writing. Only while the lock is held."""
    for temporary in unit.glob(f".*{_TEMPORARY}"):
        temporary.unlink(missing_ok=True)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Damaged(path, "is missing") from error


def _notes(path: Path, content: bytes) -> dict:
    try:
        size = int.from_bytes(content[:8], "little")
        notes = json.loads(json.loads(content[8:8 + size])["__metadata__"][_NOTES])
        format = notes["format"]
    except _UNREADABLE as error:
        raise Damaged(path, f"cannot be read ({error!r})") from error
    _check_format(path, format)
    return notes


def _check_format(path: Path, format) -> None:
    if not isinstance(format, int):
        raise Damaged(path, f"has format {format!r}, which is no whole number")
    if format != FORMAT:
        raise IncompatibleRun(path, format)


def _line(value) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _page(table: dict) -> bytes:
    lines = (f"{_line(name)}: {_line(value)}" for name, value in table.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _checksum(table: dict) -> str:
    return hashlib.sha256(_page(table)).hexdigest()
