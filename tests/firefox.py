"""A Firefox for tests: the one that is installed, driven by WebDriver BiDi, which it speaks by itself.

Playwright drives only a Firefox of its own or one newer than Debian's. Without Firefox a test is skipped, or fails
if TICKETLAB_REQUIRE_BROWSER=1.
"""

import contextlib
import json
import shutil
import subprocess
import time

import pytest

from tests.browser import missing

SECONDS = 60  # a busy machine takes half of it to start Firefox
KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Tab": "\ue004"}
QUIET = {"browser.startup.page": 0, "datareporting.policy.dataSubmissionEnabled": False}


class Page:
    """A tab, used as Playwright's. ``wrong``: errors of its programs, and what it asked of the network."""

    def __init__(self, socket):
        self.socket, self.asked, self.wrong = socket, 0, []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.tab = self.send("browsingContext.create", type="tab")["context"]

    def send(self, method, **params):
        """Send a command; gives its result. Events that come first are noted."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while (said := json.loads(self.socket.recv())).get("id") != self.asked:
            event, about = said.get("method"), said.get("params", {})
            if event == "log.entryAdded" and about["level"] == "error":
                self.wrong.append(about["text"])
            if event == "network.beforeRequestSent" and not about["request"]["url"].startswith(("file:", "data:")):
                self.wrong.append(about["request"]["url"])
        assert said["type"] == "success", f"{method}: {said['error']}: {said['message']}"
        return said["result"]

    def goto(self, address):
        self.send("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def evaluate(self, function, argument=None):
        """What a function of JavaScript gives for an argument; both must be what JSON can hold."""
        said = self.send(
            "script.callFunction", target={"context": self.tab}, awaitPromise=True,
            functionDeclaration=f"async text => JSON.stringify(await ({function})(JSON.parse(text)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(argument)}])
        assert said["type"] == "success", said["exceptionDetails"]["text"]
        return json.loads(said["result"]["value"])

    def press(self, selector, key):
        """Press a key in the element that the selector finds."""
        self.evaluate("selector => document.querySelector(selector).focus()", selector)
        down, up = ({"type": each, "value": KEYS[key]} for each in ("keyDown", "keyUp"))
        self.send("input.performActions", context=self.tab,
                  actions=[{"type": "key", "id": "keyboard", "actions": [down, up]}])


@contextlib.contextmanager
def page(folder):
    """A page of a headless Firefox whose profile is a new one in the folder."""
    websocket = pytest.importorskip("websocket", reason="pip install websocket-client")
    found = shutil.which("firefox") or shutil.which("firefox-esr")
    if not found:
        missing("Firefox is not installed (on Debian: apt install firefox-esr)")
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    (profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                                             for name, value in QUIET.items()))
    with open(log, "w") as file:
        process = subprocess.Popen([found, "--headless", "--no-remote", "--profile", profile,
                                    "--remote-debugging-port", "0"], stdout=file, stderr=file, cwd=folder)
    try:
        with contextlib.closing(websocket.create_connection(
                f"ws://{_answers(process, profile)}/session", timeout=SECONDS, suppress_origin=True)) as socket:
            yield Page(socket)
    except OSError as error:
        error.add_note(f"Firefox said: {log.read_text()[-2000:]}")
        raise
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(process, profile):
    """Host and port, which Firefox writes into its profile when it listens."""
    end, said = time.monotonic() + SECONDS, profile / "WebDriverBiDiServer.json"
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):  # not there yet, or half written
            found = json.loads(said.read_text())
            return f"{found['ws_host']}:{found['ws_port']}"
        time.sleep(0.05)
    raise OSError(f"it did not listen within {SECONDS} s")
