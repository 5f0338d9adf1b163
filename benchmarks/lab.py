"""Panels in JupyterLab: from a key press on a slider to the changed picture, kernel and all."""

import statistics
import tempfile
from pathlib import Path

from tests.panels import in_lab

MOVES = 40

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
    lines = [f"panels in JupyterLab, {MOVES} key presses on the first slider (ms from key to picture):"]
    with tempfile.TemporaryDirectory() as home, in_lab.shown(Path(home), "made.{0}()") as (panels, *_):
        for place, name in enumerate(in_lab.names()):
            times = sorted(_times(panels.nth(place)))
            lines.append(f"  {name:<17}median {statistics.median(times):5.1f}, 95 % "
                         f"{times[int(0.95 * (len(times) - 1))]:5.1f}, {len(times)} moves")
    return "\n".join(lines)


def _times(panel) -> list[float]:
    page = panel.page
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
