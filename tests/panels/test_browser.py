"""The panels in a real JupyterLab and browser: their sliders move picture and numbers.

The other tests see Python objects; only here does a slider cross the browser, the kernel and back.
Needs Chromium or Chrome. Without one the test is skipped, or fails if TICKETLAB_REQUIRE_BROWSER=1.
"""

import contextlib
import re
import shutil
import time
from pathlib import Path

import nbformat
import pytest

from tests import jupyter
from tests.browser import SECOND, browser
from tests.jupyter import KERNEL_RESTS, choose, open_notebook, write

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "lessons" / "03_one_shot_pruning.ipynb"
LESSON_SECONDS = 900  # a lesson takes a minute on two free cores, and much longer on busy ones

PRUNE_PANEL, TICKET_PANEL = ".ticketlab-prune-panel", ".ticketlab-ticket-panel"
# A search of a moment, so that this test does not wait for a lesson's.
TICKETS = """
import torch, ticketlab as tl
x, y = torch.randn(60, 12), torch.arange(60) % 4
data = tl.data.Data("noise", x, y, x, y, x, y, 4, (12,), "noise")
tickets = tl.lottery.search(tl.nets.mlp(data, (9, 7)), data, tl.Recipe(batch=20, steps=30, lr=0.02),
                            levels=6, rate=0.3, replicates=2, progress=False)
tl.panels.ticket_panel(tickets)
"""
PANEL_CHANGED = """([panel, picture, numbers]) => {
    const now = document.querySelector(panel);
    return now.querySelector("svg").outerHTML !== picture
        && now.querySelector(".ticketlab-numbers").innerText !== numbers;
}"""
# The answers to a drag come in one by one, and a slow one (an exact accuracy) after a pause: the last
# of them must not be taken for the answer to a key.
PANEL_RESTS = """panel => {
    const text = document.querySelector(panel).innerHTML, now = performance.now();
    if (window.panelText !== text) [window.panelText, window.panelSince] = [text, now];
    return now - window.panelSince > 1500;
}"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium):
    """A page of a headless browser."""
    page = chromium.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60 * SECOND)
    yield page
    page.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with jupyter.lab(tmp_path_factory.mktemp("lab")) as started:
        yield started


def changes_when(page, panel, selector, move, how):
    """Move the slider, and wait until both picture and numbers differ from what they were."""
    page.wait_for_function(PANEL_RESTS, arg=selector)
    picture = panel.locator("svg").first.evaluate("svg => svg.outerHTML")
    numbers = panel.locator(".ticketlab-numbers").first.inner_text()
    assert numbers.strip(), "the panel shows no numbers"
    move()
    try:
        page.wait_for_function(PANEL_CHANGED, arg=[selector, picture, numbers], timeout=20 * SECOND)
    except Exception as error:
        raise AssertionError(
            f"moved by {how}, the slider left the picture or the numbers as they were: {numbers!r}"
        ) from error
    page.wait_for_function(PANEL_RESTS, arg=selector)
    return numbers, panel.locator(".ticketlab-numbers").first.inner_text()


def drag(page, handle, track):
    """Take the slider's handle with the mouse, and let it go a third of the way on."""
    at, along = handle.bounding_box(), track.bounding_box()
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    direction = 1 if x < along["x"] + along["width"] / 2 else -1
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + direction * along["width"] / 3, y, steps=8)
    page.mouse.up()


def press(handle):
    """Move the slider with the arrow keys alone, back to where there is room for sure."""
    low, now, high = (
        float(handle.get_attribute(f"aria-value{end}")) for end in ("min", "now", "max")
    )
    handle.focus()
    for _ in range(5):
        handle.press("ArrowLeft" if now - low > high - now else "ArrowRight")


def slider_moves_the_panel(page, address, notebook, selector, name):
    """Open `notebook`, run all its cells, and move a panel's slider by mouse and by keyboard."""
    open_notebook(page, address, notebook)
    choose(page, "Run", "Run All Cells")

    panel = page.locator(selector).first
    slider = panel.locator(".widget-slider", has_text=name).first
    handle = slider.get_by_role("slider")
    # No widget view is stored, so a panel on the page is one that a cell has just made.
    error = page.locator(".jp-OutputArea-output", has_text="Traceback (most recent call last)")
    handle.or_(error).first.wait_for(timeout=LESSON_SECONDS * SECOND)
    assert not error.count(), f"a cell of {notebook} raised:\n{error.first.inner_text()}"
    page.wait_for_function(KERNEL_RESTS, timeout=LESSON_SECONDS * SECOND)
    panel.scroll_into_view_if_needed()

    seen = [
        changes_when(page, panel, selector, lambda: drag(page, handle, slider.locator(".noUi-base")), "mouse")
    ]
    seen.append(changes_when(page, panel, selector, lambda: press(handle), "keyboard"))
    return seen


def test_the_prune_rate_slider_moves_picture_and_numbers(page, lab, tmp_path):
    folder, address = lab
    # what comes after the panel needs no browser; nor need its networks be well trained, which takes long
    notebook = nbformat.read(LESSON, as_version=4)
    (panel,) = (place for place, cell in enumerate(notebook.cells) if "panels.prune_panel(" in cell.source)
    del notebook.cells[panel + 1:]
    (dense,) = (cell for cell in notebook.cells if "scale.recipe," in cell.source)
    dense.source = dense.source.replace("scale.recipe", "scale.recipe.with_(steps=100)")
    nbformat.write(notebook, folder / "prune.ipynb")
    with screen_of_a_failure(page, tmp_path):
        slider_moves_the_panel(page, address, "prune.ipynb", PRUNE_PANEL, "prune rate")


def test_the_level_slider_of_the_ticket_panel_moves_picture_and_numbers(page, lab, tmp_path):
    folder, address = lab
    write(folder / "tickets.ipynb", TICKETS)
    with screen_of_a_failure(page, tmp_path):
        slider_moves_the_panel(page, address, "tickets.ipynb", TICKET_PANEL, "level")


def test_pictures_of_panels_and_bars_survive_save_shutdown_and_reopening(page, lab, tmp_path):
    """As a learner's evening ends: run, save, shut everything down; and the next day open it, run nothing."""
    folder, address = lab
    path = folder / "evening.ipynb"
    bar = "from ticketlab.basics import progress_bar\nwith progress_bar(True, 3, 'search') as bar:\n    bar.update(3)"
    guess = "import ticketlab as tl\ntl.panels.guess('How many?', low=0, high=9, step=1)"
    write(path, bar, guess, TICKETS)
    with screen_of_a_failure(page, tmp_path):
        open_notebook(page, address, path.name)
        choose(page, "Run", "Run All Cells")
        page.locator(f"{TICKET_PANEL} svg").first.wait_for()
        page.wait_for_function(KERNEL_RESTS)
        assert re.search(r"search: 100%\|█+\| 3/3 \[", page.locator(".jp-Notebook").inner_text())
        before = path.stat().st_mtime_ns
        page.keyboard.press("Control+s")
        wait_until(lambda: path.stat().st_mtime_ns != before and path.read_bytes().endswith(b"}\n"))
        choose(page, "Kernel", "Shut Down All Kernels…")
        page.get_by_role("button", name="Shut Down All", exact=True).click()

        page.goto("about:blank")
        open_notebook(page, address, path.name)
        shown = page.locator(".jp-Notebook")
        picture = shown.locator(".jp-OutputArea-output img")
        picture.wait_for()
        assert picture.evaluate("img => img.complete && img.naturalWidth") > 400
        words = shown.inner_text()
        assert "search: 100%|" in words and "How many?" in words and "no guess yet" in words
        assert not re.search("model not found|Loading widget", words), words


def test_a_lesson_that_was_only_opened_is_saved_as_it_was(page, lab, tmp_path):
    folder, address = lab
    path = Path(shutil.copy(LESSON, folder))
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    with screen_of_a_failure(page, tmp_path):
        open_notebook(page, address, path.name)
        page.keyboard.press("Control+s")
        wait_until(lambda: path.stat().st_mtime_ns != when and path.read_bytes().endswith(b"}\n"))
    assert path.read_bytes() == before


def wait_until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"in {seconds} s nothing was saved"
        time.sleep(0.1)


@contextlib.contextmanager
def screen_of_a_failure(page, tmp_path):
    try:
        yield
    except BaseException as error:
        picture = tmp_path / "screen.png"
        page.screenshot(path=picture)
        error.add_note(f"The screen at that moment: {picture}")
        raise
