"""A text file is found, checked, split where it stands, and downloaded once."""

import hashlib
import os
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.data.test_image_files import Server, visible
from ticketlab.data import DownloadError, load, text_files
from ticketlab.language import writing as text

REAL = os.environ.get("TICKETLAB_DATA")  # before a fixture hides it


@pytest.fixture
def shakespeare(monkeypatch):
    """A short text, with its size and checksum in place of the published one's."""
    content = b"".join(b"Speak %d, speak.\n\n" % number for number in range(400))
    monkeypatch.setattr(text_files, "SIZE", len(content))
    monkeypatch.setattr(text_files, "SHA256", hashlib.sha256(content).hexdigest())
    return content


@pytest.fixture
def server(shakespeare, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server({"input.txt": shakespeare})
    monkeypatch.setattr(text_files, "URL", running.mirror + "input.txt")
    yield running
    running.stop()


def test_a_seeded_file_is_split_where_it_stands_and_never_downloaded(
        shakespeare, tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    monkeypatch.setattr(text_files, "_download", None)
    (tmp_path / "tinyshakespeare.txt").write_bytes(shakespeare)
    data, whole = load("tinyshakespeare"), shakespeare.decode()
    assert data.shape == (64,) and data.alphabet == "".join(sorted(set(whole)))
    assert str(tmp_path) in data.provenance
    ends = [0, round(0.9 * len(whole)), round(0.95 * len(whole)), len(whole)]
    for split, start, end in zip(("train", "val", "test"), ends, ends[1:], strict=False):
        x, y = (getattr(data, f"{part}_{split}") for part in "xy")
        length = x.numel()
        assert end - start - 65 <= length < end - start and length % 64 == 0
        assert text.decode(data, x.flatten()) == whole[start:start + length]
        assert text.decode(data, y.flatten()) == whole[start + 1:start + 1 + length]


def test_another_file_is_refused_and_left_alone(shakespeare, tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    path = tmp_path / "tinyshakespeare.txt"
    path.write_bytes(shakespeare.replace(b"\n", b"\r\n"))
    with pytest.raises(ValueError, match="is not the published file.*Replace.*line ends") as error:
        load("tinyshakespeare")
    assert str(path) in str(error.value) and f"{len(shakespeare):,}" in str(error.value)
    assert path.read_bytes() == shakespeare.replace(b"\n", b"\r\n")


def test_a_download_is_verified_stored_once_and_used_without_a_network(server, cache, capfd):
    first = load("tinyshakespeare")
    assert "100%" in capfd.readouterr().err, "no progress bar"
    assert server.sent == ["input.txt"] and visible(cache) == ["tinyshakespeare.txt"]
    assert socket.getdefaulttimeout() is None
    server.stop()
    again = load("tinyshakespeare", progress=False)
    assert again.fingerprint == first.fingerprint and capfd.readouterr() == ("", "")


def test_a_wrong_download_is_refused_and_leaves_nothing(server, cache):
    server.files["input.txt"] = b"<html>Not Found</html>"
    with pytest.raises(DownloadError, match="invalid hash"):
        load("tinyshakespeare", progress=False)
    assert visible(cache) == []


def test_the_published_address_is_an_address():
    assert urllib.request.Request(text_files.URL).host == "raw.githubusercontent.com"


@pytest.mark.skipif(not REAL or not Path(REAL, "tinyshakespeare.txt").is_file(),
                    reason="TICKETLAB_DATA holds no tinyshakespeare.txt")
def test_real_tinyshakespeare(monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", REAL)
    data = load("tinyshakespeare")
    assert [len(x) for x in (data.x_train, data.x_val, data.x_test)] == [15_685, 871, 871]
    assert data.classes == 65
    assert text.decode(data, data.x_train[0]).startswith("First Citizen:\nBefore we proceed")
