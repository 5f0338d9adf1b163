"""What `make lab` adds to JupyterLab: notebooks are saved as they are stored, and messages go out at once."""

import importlib
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"


@pytest.fixture
def serve(monkeypatch):
    pytest.importorskip("jupyterlab", reason="pip install 'ticketlab[lab]'")
    monkeypatch.syspath_prepend(TOOLS)
    yield importlib.import_module("serve")
    for name in ("serve", "stored"):
        sys.modules.pop(name, None)


def test_a_kernels_messages_do_not_wait_for_one_another(serve, monkeypatch):
    """Else a slider's picture waited 40 ms for the receipt of the message that the kernel is busy."""
    done = []
    monkeypatch.setattr(serve.ZMQChannelsWebsocketConnection, "connect", lambda own: done.append("connected"))
    monkeypatch.setattr(serve.Prompt, "websocket_handler", SimpleNamespace(set_nodelay=done.append))
    serve.Prompt.__new__(serve.Prompt).connect()
    assert done == [True, "connected"]


def test_jupyterlab_is_started_with_both_by_names_that_it_can_import(serve, monkeypatch):
    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp
    from traitlets.utils.importstring import import_item

    given = []
    monkeypatch.setattr(LabApp, "launch_instance", given.append)
    monkeypatch.setattr(sys, "argv", ["serve.py", "--no-browser"])
    runpy.run_path(str(TOOLS / "serve.py"), run_name="__main__")
    (first, *more), = given
    assert first == "--no-browser"
    values = dict(each.removeprefix("--").split("=") for each in more)
    assert import_item(values["ContentsManager.pre_save_hook"]) is serve.before_save
    assert import_item(values["ServerApp.kernel_websocket_connection_class"]) is serve.Prompt
    assert issubclass(serve.Prompt, ServerApp.kernel_websocket_connection_class.klass)
