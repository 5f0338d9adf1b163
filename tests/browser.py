"""A browser for tests: the one that is installed, which asks for nothing on the network.

Needs Chromium or Chrome. Without one a test is skipped, or fails if TICKETLAB_REQUIRE_BROWSER=1.
"""

import contextlib
import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECOND = 1000  # Playwright counts milliseconds

# A browser that asks for nothing on the network: where that is closed, it would wait for answers.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def missing(reason):
    if os.environ.get("TICKETLAB_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and TICKETLAB_REQUIRE_BROWSER=1 asks for this test to run")
    pytest.skip(reason)


@contextlib.contextmanager
def browser():
    """A headless browser of Playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        missing(f"playwright cannot be imported ({error}): pip install playwright")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        missing(f"none of {', '.join(BROWSERS)} is installed (on Debian: apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        try:
            yield started
        finally:
            started.close()
