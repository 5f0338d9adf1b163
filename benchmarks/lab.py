"""Panels in JupyterLab: from a key press on a slider to the changed picture, kernel and all."""

import statistics
import tempfile
from pathlib import Path

from tests.panels import in_lab

MOVES = 40

# From the moment at which the page hears of the key to the one at which the pictures are others and laid
# out, in milliseconds. An answer that comes later (an exact accuracy, at rest) is of no key.
WATCH = """panel => {
    let began = null, done;
    panel.times = [];
    const picture = panel.querySelector("svg").closest(".widget-html");
    addEventListener("keydown", () => {
        began = performance.now();
        panel.changed = new Promise(resolve => { done = resolve; });
    }, true);
    new MutationObserver(() => {
        if (began === null || !picture.querySelector("svg")) return;
        picture.getBoundingClientRect();
        panel.times.push(performance.now() - began);
        began = null;
        done();
    }).observe(picture, { childList: true, subtree: true });
}"""

CHANGED = "panel => Promise.race([panel.changed, new Promise(late => setTimeout(late, 1000))])"


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
        # where there are many, one place further on may look the same
        keys = ("PageUp", "PageDown") if high - low > 50 else ("ArrowRight", "ArrowLeft")
        page.keyboard.press(keys[direction < 0])
        panel.evaluate(CHANGED)  # the page says so itself: to ask it again and again would slow it down
        page.wait_for_timeout(60)  # a person's keys come no faster, and the kernel rests
    return panel.evaluate("panel => panel.times")
