"""A saved panel is one file that moves in a browser as the panel moves in the notebook."""

import os
import re

import pytest

from tests.panels.page.conftest import opened
from ticketlab.panels.page import saving, walking
from ticketlab.panels.page.walking import walk

NUMBERS = "document.getElementById('numbers').innerHTML"


def text(page):
    return page.evaluate(NUMBERS)


def test_controls_move_the_page_as_they_move_the_panel(panel, page, tmp_path):
    opened(page, panel.save(tmp_path / "small.html", positions=11))
    assert text(page) == panel.numbers.value
    page.get_by_role("slider", name="share: of the weights").focus()
    page.keyboard.press("ArrowRight")
    panel.share.value = 40
    assert text(page) == panel.numbers.value and 'cx="80"' in page.content()
    page.get_by_label("shape", exact=True).select_option("X & Y")
    panel.shape = "cross"
    assert text(page) == panel.numbers.value
    page.get_by_label("level", exact=True).press("ArrowDown")
    panel.level.value = 0
    assert text(page) == panel.numbers.value and page.wrong == []


def test_a_typed_number_goes_to_the_nearest_position(panel, page, tmp_path):
    field = opened(page, panel.save(tmp_path / "small.html", positions=11)).get_by_label("share (%)", exact=True)
    for typed, shown in (("71", "70"), ("12,5", "10"), ("1e9", "99.5"), ("-3", "0"), ("two", "0")):
        field.fill(typed)
        field.press("Tab")
        assert f"share {shown} %" in text(page) and field.input_value() == shown


def test_a_choice_takes_a_slider_back_to_where_it_ends(panel, page, tmp_path):
    """As in the notebook: there is no level 3 where the search has two."""
    opened(page, panel.save(tmp_path / "small.html", positions=5))
    level = page.get_by_label("level", exact=True)
    page.get_by_label("rate", exact=True).select_option("all")
    level.fill("4")
    level.press("Tab")
    assert "level 4" in text(page)
    page.get_by_label("rate", exact=True).select_option("half")
    assert "level 2" in text(page) and level.input_value() == "2"
    assert page.get_by_role("slider", name="level").get_attribute("max") == "2" and page.wrong == []


def test_every_control_has_a_name_that_a_screen_reader_says(panel, page, tmp_path):
    opened(page, panel.save(tmp_path / "small.html", positions=3))
    for control in page.locator("input, select").all():
        assert control.evaluate("node => node.ariaLabel || node.labels[0]?.textContent")
    assert page.get_by_role("slider", name="share: of the weights").get_attribute("aria-valuetext") == "33.5"


def test_without_javascript_the_panel_is_there_as_it_stood(panel, page, tmp_path):
    path = panel.save(tmp_path / "small.html", positions=3)
    still = page.context.browser.new_context(java_script_enabled=False).new_page()
    still.goto(path.as_uri())
    assert still.locator("#pictures svg").is_visible() and "Its sliders need JavaScript" in still.content()
    assert "level 1, share 33.5 %" in still.locator("#numbers").inner_text()


@pytest.mark.parametrize("width", [400, 860])
def test_nothing_is_wider_than_the_page(panel, page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 700})
    opened(page, panel.save(tmp_path / "small.html", positions=3))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_file_names_no_address_and_is_the_same_again(panel, tmp_path):
    first = panel.save(tmp_path / "a.html", positions=3).read_text("utf-8")
    assert first == type(panel)().save(tmp_path / "b.html", positions=3).read_text("utf-8")
    assert not re.search(r"https?://|src=|href=", first)


def test_the_page_says_which_slider_has_fewer_positions_than_in_the_notebook(panel, tmp_path):
    text = panel.save(tmp_path / "a.html", positions=11).read_text("utf-8")
    assert "In the notebook there are more positions of share (%).</p>" in text
    assert "more positions" not in panel.save(tmp_path / "a.html", positions=200).read_text("utf-8")


def test_the_heading_is_the_panels_name_or_yours(panel, tmp_path):
    assert "<h1>small panel</h1>" in panel.save(tmp_path / "a.html", positions=3).read_text("utf-8")
    own = panel.save(tmp_path / "a.html", positions=3, title="Mine <1>").read_text("utf-8")
    assert "<title>Mine &lt;1&gt;</title>" in own and "<h1>Mine &lt;1&gt;</h1>" in own


def test_a_page_that_is_too_large_gets_fewer_positions(panel, tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "MOST", len(saving.render(walk(panel, 26), "small panel")) + 100)
    assert panel.save(tmp_path / "a.html").stat().st_size <= saving.MOST
    monkeypatch.setattr(saving, "MOST", 1000)
    with pytest.raises(ValueError, match=r"page would have 0\.0 MB with 5 positions a slider; 0\.001 MB is the most"):
        panel.save(tmp_path / "b.html")
    assert os.listdir(tmp_path) == ["a.html"]


def test_a_panel_of_too_many_pictures_gets_fewer_positions(panel, tmp_path, monkeypatch):
    monkeypatch.setattr(walking, "FRAMES", 400)
    text = panel.save(tmp_path / "a.html").read_text("utf-8")
    assert "In the notebook there are more positions of share (%).</p>" in text
    monkeypatch.setattr(walking, "FRAMES", 10)
    with pytest.raises(ValueError, match="a page holds 10"):
        panel.save(tmp_path / "b.html")
    assert os.listdir(tmp_path) == ["a.html"]


@pytest.mark.parametrize("name", ["panel", "panel.htm", "panel.png"])
def test_another_ending_is_refused_with_the_right_one(panel, tmp_path, name):
    with pytest.raises(ValueError, match=r"'panel[.a-z]*'; give it a name that ends in \.html, such as 'panel\.html'"):
        panel.save(tmp_path / name)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("positions", [1, 0, -4, 2.5, True, "many"])
def test_positions_that_make_no_slider_are_refused(panel, tmp_path, positions):
    with pytest.raises(ValueError, match="positions is .*; a slider needs a whole number of 2 or more"):
        panel.save(tmp_path / "a.html", positions=positions)


def test_a_file_that_was_there_stays_whole_when_the_panel_fails(panel, tmp_path, monkeypatch):
    path = panel.save(tmp_path / "a.html", positions=3)
    before = path.read_text("utf-8")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk is full")))
    panel.level.value = 2
    with pytest.raises(OSError, match="disk is full"):
        panel.save(path, positions=3)
    assert path.read_text("utf-8") == before and os.listdir(tmp_path) == ["a.html"]
