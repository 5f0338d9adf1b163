"""Each panel of the course, saved: in Chromium and in Firefox, its sliders, fields and choices move the page by
the keyboard as the panel moves."""

import pytest

from tests import firefox
from tests.panels import made

EVERY = [each for name, each in sorted(vars(made).items()) if name.endswith("_panel")]
POSITIONS = 5  # of a slider: a key moves it by one of them, both ways
# What a browser makes of HTML, so that only a difference in words or pictures counts.
SHOWN = """([numbers, pictures]) => {
    const read = html => { const node = document.createElement("div"); node.innerHTML = html; return node.innerHTML; };
    return [["numbers", numbers], ["pictures", pictures]].map(
        ([id, html]) => document.getElementById(id).innerHTML === read(html) || document.getElementById(id).innerText);
}"""
READY = "() => document.body.dataset.ready"
FIELD = "name => [...document.querySelectorAll('label')].find(label => label.innerText === name).htmlFor"
VALUE = "id => document.getElementById(id).value"


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def page(request, tmp_path_factory):
    """A page of either browser; ``wrong`` lists errors, and what was asked of the network."""
    if request.param == "chromium":
        yield request.getfixturevalue("offline")
    else:
        with firefox.page(tmp_path_factory.mktemp("firefox")) as started:
            yield started


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Gives the page of a panel: saved once, for both browsers."""
    folder = tmp_path_factory.mktemp("saved")

    def path(panel, name):
        there = folder / f"{name}.html"
        return there if there.exists() else panel.save(there, positions=POSITIONS)
    return path


def follow(panel, control, said):
    """Move a control of the panel to where the page's field stands."""
    widget = getattr(control, "slider", control)
    if hasattr(widget, "options"):
        pairs = [each if isinstance(each, tuple) else (str(each), each) for each in widget.options]
        control.value = pairs[int(said)][1]
    else:
        control.value = type(control.value)(float(said))


def same(page, panel):
    panel.settle()
    return page.evaluate(SHOWN, [panel.numbers.value, panel.picture.value.replace(panel._id, "here")]) == [True, True]


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_each_control_moves_the_saved_page_as_it_moves_the_panel(make, page, saved):
    panel = make()
    page.wrong.clear()
    page.goto(saved(panel, make.__name__).as_uri())
    for _ in range(1000):
        if page.evaluate(READY):
            break
    assert same(page, panel), "the page does not begin where the panel stands"
    for control in panel.controls:
        widget = getattr(control, "slider", control)
        field, moved = page.evaluate(FIELD, widget.description), 0
        slider = f"span:has(> #{field}) > input[type=range]" if hasattr(control, "slider") else f"#{field}"
        for place, key in ((f"#{field}", "ArrowUp"), (slider, "ArrowDown"), (f"#{field}", "ArrowDown"), (slider, "ArrowUp")):
            page.press(place, key)
            before = control.value
            follow(panel, control, page.evaluate(VALUE, field))
            moved += control.value != before
            assert same(page, panel), f"{widget.description} at {control.value}"
        assert moved or len(getattr(widget, "options", [0, 1])) == 1, f"{widget.description} did not move"
    assert page.wrong == []
