"""A JupyterLab of its own for tests and benchmarks: started as ``make lab`` starts it, and quiet."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import nbformat

from tests.browser import SECOND, missing

ROOT = Path(__file__).resolve().parents[1]
SERVE = ROOT / "tools" / "serve.py"  # what make lab starts
TOKEN = "ticketlab-browser-test"

# Every cell is on the page, also those out of sight; nothing pops up; nothing is saved by itself.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}

# The light says idle also before there is a kernel, and running cells then would ask for one.
KERNEL_RESTS = """() => {
    const name = document.querySelector(".jp-Toolbar-kernelName");
    const light = document.querySelector(".jp-Notebook-ExecutionIndicator");
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputArea-prompt")];
    return name?.innerText.includes("Python") && light?.dataset.status === "idle"
        && prompts.every(p => !p.innerText.includes("*"));
}"""


@contextlib.contextmanager
def lab(home):
    """A JupyterLab with a home of its own, serving an empty folder: (folder, address)."""
    if version("ipywidgets").startswith("7.") and not version("jupyterlab").startswith("3."):
        missing("JupyterLab 4 does not show widgets of ipywidgets 7: pip install 'ipywidgets>=8'")
    folder = home / "served"
    folder.mkdir()
    settings = home / "settings"
    for name, values in SETTINGS.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    env = os.environ | {
        "HOME": str(home / "home"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, str(SERVE), "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with open(home / "lab.log", "w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(server, f"{address}/api?token={TOKEN}", home / "lab.log")
        yield folder, address
    finally:
        server.terminate()  # JupyterLab stops its kernels on the way out
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(server, url, log, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            return urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not answer at {url} in {seconds} s; log:\n{log.read_text()[-2000:]}")


def open_notebook(page, address, notebook):
    """Open it, with a kernel that rests, in a workspace of its own: nothing that was open before."""
    page.goto(f"{address}/lab/workspaces/{secrets.token_hex(4)}/tree/{notebook}?token={TOKEN}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.wait_for_function(KERNEL_RESTS, timeout=90 * SECOND)


def choose(page, menu, entry):
    """Choose an entry of a menu of JupyterLab."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def write(path, *cells):
    """A notebook of some cells of code."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    new = [nbformat.v4.new_code_cell(source.strip()) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=new, metadata=kernel), path)
