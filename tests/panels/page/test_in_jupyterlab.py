"""Each panel of the course in JupyterLab and saved as a page, moved side by side: the same numbers, and the
same words in the pictures."""

import pytest

from tests.panels import in_lab
from tests.panels.page.conftest import opened

EVERY = in_lab.names()
CELL = "panel = made.{0}()\n_ = panel.save('{0}.html', positions=5)\npanel"
# of what holds numbers and pictures: the words of both
WORDS = """node => [node.querySelector("#numbers, .ticketlab-numbers").innerText,
    ...[...node.querySelectorAll("svg text")].map(each => each.textContent)].join(" ").split(/\\s+/).join(" ")"""

# the field (or list) of the control of that name, which in the notebook may have a shorter one of its own
FIELD = """(panel, name) => {
    const label = [...panel.querySelectorAll("label, .widget-label")].find(each => each.innerText === name);
    const control = label.closest(".widget-inline-hbox");
    const row = control.classList.contains("widget-slider") ? control.nextElementSibling.nextElementSibling : control;
    return row.querySelector("input, select");
}"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A notebook with all panels, run, in JupyterLab; and an empty page for the saved ones."""
    with in_lab.shown(tmp_path_factory.mktemp("lab"), CELL) as (panels, folder, started):
        yield panels, started.new_page(viewport={"width": 1000, "height": 900}), folder


def moved(field, direction):
    """Move a page's control by one place; gives how to move the notebook's to the same."""
    if field.evaluate("node => node.tagName") == "SELECT":
        last = field.locator("option").count() - 1
        index = min(max(int(field.input_value()) + direction, 0), last)
        field.select_option(index=index)
        return lambda other: other.select_option(index=index)
    field.press("ArrowUp" if direction > 0 else "ArrowDown")
    value = field.input_value()

    def follow(other):
        other.fill(value)
        other.press("Enter")
    return follow


@pytest.mark.parametrize("name", EVERY)
def test_the_saved_page_says_what_the_panel_says_in_the_notebook(name, both):
    panels, page, folder = both
    panel, frames = panels.nth(EVERY.index(name)), set()
    page.wrong = []
    opened(page, folder / f"{name}.html")
    panel.scroll_into_view_if_needed()
    for label in page.locator("#controls label").all_inner_texts():
        ours = page.get_by_label(label, exact=True).last
        theirs = panel.evaluate_handle(FIELD, label).as_element()
        for direction in (1, -1, -1):
            moved(ours, direction)(theirs)
            wanted = page.locator("body").evaluate(WORDS)
            frames.add(wanted)
            said = None
            for _ in range(100):
                said = panel.evaluate(WORDS)
                if said == wanted:
                    break
                panel.page.wait_for_timeout(50)
            assert said == wanted, f"{label} at {ours.input_value()}"
    assert len(frames) > 1
