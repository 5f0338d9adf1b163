"""Saved panels in a browser: how large they are, and from a key press to the changed picture."""

import statistics
from pathlib import Path

from tests.browser import browser

LIVE = Path(__file__).resolve().parents[1] / "lessons" / "live"
MOVES = 40

# From the moment at which the page hears of the key to the one at which its pictures are others and
# laid out, in milliseconds.
WATCH = """() => {
    window.times = [];
    const pictures = document.getElementById("pictures");
    addEventListener("keydown", () => { window.began = performance.now(); }, true);
    new MutationObserver(() => {
        pictures.getBoundingClientRect();
        window.times.push(performance.now() - window.began);
    }).observe(pictures, { childList: true });
}"""


def report() -> str:
    pages = sorted(LIVE.glob("*.html"))
    if not pages:
        return f"no saved panels in {LIVE}: make lessons writes them"
    lines = [f"saved panels in a browser, {MOVES} key presses a slider (ms from key to picture):"]
    with browser() as started:
        page = started.new_page(viewport={"width": 900, "height": 700})
        for path in pages:
            times = _times(page, path)
            lines.append(f"  {path.name:<24}{path.stat().st_size / 1000:6.0f} kB  median "
                         f"{statistics.median(times):5.1f}, longest {max(times):5.1f}")
    return "\n".join(lines)


def _times(page, path) -> list[float]:
    page.goto(path.as_uri())
    page.locator("body[data-ready]").wait_for()
    page.evaluate(WATCH)
    for slider in page.get_by_role("slider").all():
        slider.press("Home")  # so that there is room for the first press
        for move in range(MOVES):  # there and back again, where there are few positions
            last = int(slider.get_attribute("max"))
            page.keyboard.press("ArrowRight" if move // max(1, last) % 2 == 0 else "ArrowLeft")
    return page.evaluate("window.times")
