"""A panel as one HTML file: no network, no library, no kernel."""

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from ticketlab.basics import whole, whole_file
from ticketlab.panels.page.packing import pack
from ticketlab.panels.page.walking import POSITIONS, TooManyPictures, Walk, walk

MOST = 1_500_000  # bytes of a page
FEWEST = 5  # positions of a slider, to which a page that would be too large goes down by itself


def save(panel, path, *, title: str | None = None, positions: int = POSITIONS) -> Path:
    """Write a panel as a page whose sliders move; gives where it lies.

    The page holds what the panel shows at each position of its controls, at most ``positions`` of a
    slider, and fewer if it were larger than MOST bytes or took minutes to make; it says so. title:
    its heading, by default the panel's name. The file is complete or not there.
    Raises ValueError for a name that does not end in .html, for fewer than 2 positions, and for a
    panel that does not fit into a page.
    """
    path = Path(path).expanduser()
    if path.suffix != ".html":
        raise ValueError(f"the page would be {path.name!r}; give it a name that ends in .html, such as "
                         f"{path.with_suffix('.html').name!r}")
    if (whole(positions) or 0) < 2:
        raise ValueError(f"positions is {positions!r}; a slider needs a whole number of 2 or more")
    while True:
        try:
            text = render(walk(panel, positions), title or repr(panel).partition(":")[0])
        except TooManyPictures:
            if positions <= FEWEST:
                raise
        else:
            size = len(text.encode())
            if size <= MOST:
                break
            if positions <= FEWEST:
                raise ValueError(
                    f"the page would have {size / 1e6:.1f} MB with {positions} positions a slider; "
                    f"{MOST / 1e6:g} MB is the most. Make a panel of fewer networks, scores or "
                    "replicates")
        positions = max(FEWEST, positions // 2 + 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as place:
        place.write_text(text, "utf-8")
    return path


def render(seen: Walk, title: str) -> str:
    """The page as text."""
    here = 0
    for stop in seen.stops:
        here = here * len(stop.labels) + stop.start
    numbers, pictures = seen.frames[here]
    coarser = "" if not seen.coarser else (
        f"In the notebook there are more positions of {' and '.join(seen.coarser)}.")
    own = files(__package__)
    return Template(own.joinpath("page.html").read_text("utf-8")).substitute(
        title=escape(title), style=own.joinpath("page.css").read_text("utf-8"),
        program=own.joinpath("page.js").read_text("utf-8"), numbers=numbers, pictures=pictures,
        note=escape(coarser), frames=pack(seen.frames),
        stops=json.dumps([stop._asdict() for stop in seen.stops]).replace("<", "\\u003c"))
