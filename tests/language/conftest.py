"""A machine on which no model is, and servers on it."""

import http.server
import threading

import pytest

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
