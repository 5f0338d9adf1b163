"""`make lessons` stores a page of each panel that a lesson shows; the site finds it by the stored output."""

import os
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from ticketlab.panels import kernels_panel

TOOLS = Path(__file__).resolve().parents[1] / "tools"

# a panel of few pictures: this is about where they are stored
LESSON = ["""
import ticketlab as tl
some = tl.kernels.random_kernels(3, (5, 5))
panel = tl.panels.kernels_panel(some, rate=0.5)
panel""", "panel", "2 + 2", "tl.panels.kernels_panel(some, rate=0.25)"]


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    import execute
    import live

    yield execute, live
    for name in ("execute", "live"):
        sys.modules.pop(name)


def test_each_panel_is_saved_where_the_stored_lesson_expects_it(tools, tmp_path, monkeypatch):
    execute, live = tools
    monkeypatch.setenv("TICKETLAB_SCALE", "quick")
    (tmp_path / "live").mkdir()
    for old in ("03-gone.html", "04-other.html"):
        (tmp_path / "live" / old).touch()
    path = tmp_path / "03_little.ipynb"
    nbformat.write(new_notebook(cells=list(map(new_code_cell, LESSON))), path)
    execute.main(["03"], tmp_path)
    stored = nbformat.read(path, as_version=4)
    assert len(stored.cells) == len(LESSON) + 3, "what saves the panels is no part of a lesson"
    assert [name for _, name in live.shown(stored, path.stem)] == [
        "03-kernels.html", "03-kernels-2.html", "03-kernels-3.html"]
    assert sorted(os.listdir(tmp_path / "live")) == [
        "03-kernels-2.html", "03-kernels-3.html", "03-kernels.html", "04-other.html"]
    page = (tmp_path / "live" / "03-kernels.html").read_text("utf-8")
    assert "<h1>kernels panel of lesson 03</h1>" in page and "rate 50 %" in page
    assert "rate 25 %" in (tmp_path / "live" / "03-kernels-3.html").read_text("utf-8")


def test_a_stored_page_is_shown_in_todays_style_and_by_todays_program(tools, tmp_path):
    """Else a mended fault would stay on the site until every lesson was executed anew."""
    today = tools[1].today
    panel = kernels_panel(np.arange(8.0).reshape(2, 1, 2, 2))
    now = panel.save(tmp_path / "now.html", positions=3).read_text("utf-8")
    assert today(now) == now
    old = now.replace("max-width: 1000px", "max-width: 999px").replace('"input"', '"change"')
    assert old.count("999px") == 1 and old != now and today(old) == now


def test_a_notebook_without_a_number_has_pages_of_its_whole_name(tools):
    short = tools[1].names.short
    assert short("your_own") == "your_own" and short("03_one_shot") == "03"
