"""Each panel of the course, saved: its sliders, fields and choices move the page as the panel moves."""

import pytest

from tests.panels import made
from tests.panels.page.conftest import opened

EVERY = [each for name, each in sorted(vars(made).items()) if name.endswith("_panel")]
# What a browser makes of HTML, so that only a difference in words or pictures counts.
SHOWN = """([numbers, pictures]) => {
    const read = html => { const node = document.createElement("div"); node.innerHTML = html; return node.innerHTML; };
    return [["numbers", numbers], ["pictures", pictures]].map(
        ([id, html]) => document.getElementById(id).innerHTML === read(html) || document.getElementById(id).innerText);
}"""


def follow(panel, control, field):
    """Move a control of the panel to where the page's field stands."""
    widget = getattr(control, "slider", control)
    if hasattr(widget, "options"):
        pairs = [each if isinstance(each, tuple) else (str(each), each) for each in widget.options]
        control.value = pairs[int(field.input_value())][1]
    else:
        control.value = type(control.value)(float(field.input_value()))


def same(page, panel):
    panel.settle()
    return page.evaluate(SHOWN, [panel.numbers.value, panel.picture.value.replace(panel._id, "here")]) == [True, True]


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_each_control_moves_the_saved_page_as_it_moves_the_panel(make, page, tmp_path):
    panel = make()
    opened(page, panel.save(tmp_path / "panel.html", positions=9))
    assert same(page, panel), "the page does not begin where the panel stands"
    for control in panel.controls:
        widget = getattr(control, "slider", control)
        field, moved = page.get_by_label(widget.description, exact=True).last, 0
        for direction in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowUp"):
            if hasattr(widget, "options"):
                index = int(field.input_value()) + (1 if direction == "ArrowUp" else -1)
                if 0 <= index < len(widget.options):
                    field.select_option(index=index)  # a label may look like another value
            else:
                field.press(direction)
            before = control.value
            follow(panel, control, field)
            moved += control.value != before
            assert same(page, panel), f"{widget.description} at {field.input_value()}"
        assert moved or len(getattr(widget, "options", [0, 1])) == 1, f"{widget.description} did not move"
    assert page.wrong == []
