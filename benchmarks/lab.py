"""Panels in JupyterLab: from a key press on a slider to the changed picture, kernel and all."""

import statistics
import tempfile
from pathlib import Path

from tests import jupyter
from tests.browser import SECOND, browser
from tests.panels import made

MOVES = 40
BEGIN = f"import sys\nsys.path.insert(0, {str(jupyter.ROOT)!r})\nfrom tests.panels import made"

# From the moment at which the page hears of the key to the one at which the pictures are others and laid
# out, in milliseconds. An answer that comes later (an exact accuracy, at rest) is of no key.
WATCH = """panel => {
    let began = null;
    panel.times = [];
    const picture = panel.querySelector("svg").closest(".widget-html");
    addEventListener("keydown", () => { began = performance.now(); }, true);
    new MutationObserver(() => {
        if (began === null || !picture.querySelector("svg")) return;
        picture.getBoundingClientRect();
        panel.times.push(performance.now() - began);
        began = null;
    }).observe(picture, { childList: true, subtree: true });
}"""


def report() -> str:
    names = [name for name in sorted(vars(made)) if name.endswith("_panel")]
    lines = [f"panels in JupyterLab, {MOVES} key presses on the first slider (ms from key to picture):"]
    with tempfile.TemporaryDirectory() as home, jupyter.lab(Path(home)) as (folder, address), \
            browser() as started:
        page = started.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60 * SECOND)
        jupyter.write(folder / "panels.ipynb", BEGIN, *(f"made.{name}()" for name in names))
        jupyter.open_notebook(page, address, "panels.ipynb")
        jupyter.choose(page, "Run", "Run All Cells")
        panels = page.locator(".widget-vbox[class*=ticketlab-]")
        panels.nth(len(names) - 1).wait_for(timeout=300 * SECOND)
        page.wait_for_function(jupyter.KERNEL_RESTS, timeout=300 * SECOND)
        for place, name in enumerate(names):
            times = sorted(_times(page, panels.nth(place)))
            lines.append(f"  {name:<17}median {statistics.median(times):5.1f}, 95 % "
                         f"{times[int(0.95 * (len(times) - 1))]:5.1f}, {len(times)} moves")
    return "\n".join(lines)


def _times(page, panel) -> list[float]:
    panel.scroll_into_view_if_needed()
    handle, direction = panel.get_by_role("slider").first, 1
    panel.evaluate(WATCH)
    handle.focus()
    for _ in range(MOVES):
        low, now, high = (float(handle.get_attribute(f"aria-value{end}"))
                          for end in ("min", "now", "max"))
        if not low < now < high or low == high:  # there and back again, where there are few positions
            direction = 1 if now <= low else -1
        seen = panel.evaluate("panel => panel.times.length")
        page.keyboard.press("ArrowRight" if direction > 0 else "ArrowLeft")
        for _ in range(50):
            if panel.evaluate("panel => panel.times.length") > seen:
                break
            page.wait_for_timeout(20)
        page.wait_for_timeout(60)  # a person's keys come no faster, and the kernel rests
    return panel.evaluate("panel => panel.times")
