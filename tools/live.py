"""The panels of the site: each panel that a lesson shows, saved as a page of its own in lessons/live/.

`make lessons` runs SAVE in a lesson's kernel when its last cell is done, and `make site` puts the pages
where the stored notebook has the panel's picture.
"""

import inspect
import re
from importlib.resources import files

import names

FOLDER = "live"
SAID = re.compile(r"^(\w+) panel: ")  # what a panel calls itself: "prune panel: sliders for …"

def page_names(lesson, kinds):
    """The names of the pages of a lesson's panels, of these kinds, in their order."""
    pages = []
    for place, kind in enumerate(kinds):
        again = kinds[:place].count(kind) + 1
        pages.append(f"{lesson}-{kind}" + (f"-{again}" if again > 1 else "") + ".html")
    return pages


# Put behind a lesson while it runs, and never stored. Out holds what cells showed, in their order. It
# prints the seconds that it took, which are none of the lesson's.
SAVE = inspect.getsource(page_names) + """
import pathlib, time
from ticketlab.panels import base
_began = time.perf_counter()
for _old in pathlib.Path(FOLDER).glob(LESSON + "-*.html"):
    _old.unlink()
_panels = [_each for _each in Out.values() if isinstance(_each, base.Panel)]
_kinds = [repr(_each).partition(" ")[0] for _each in _panels]
for _each, _kind, _name in zip(_panels, _kinds, page_names(LESSON, _kinds)):
    _each.save(pathlib.Path(FOLDER, _name), title=f"{_kind} panel of lesson {LESSON}")
print(time.perf_counter() - _began)
"""


def save(stem):
    """The code that saves the panels of a lesson."""
    return f"FOLDER, LESSON = {FOLDER!r}, {names.short(stem)!r}\n{SAVE}"


def shown(notebook, stem):
    """The cells of a stored lesson that show a panel: the place of each, and the name of its page."""
    found = [(place, said[1]) for place, cell in enumerate(notebook.cells)
             for output in cell.get("outputs", [])
             if (said := SAID.match("".join(output.get("data", {}).get("text/plain", ""))))]
    pages = page_names(names.short(stem), [kind for _, kind in found])
    return [(place, page) for (place, _), page in zip(found, pages, strict=True)]


def today(text):
    """The text of a stored page with the style and the program that a panel is saved with now: only what
    the panel shows is stored for good."""
    style, program = (files("ticketlab.panels.page").joinpath(name).read_text("utf-8")
                      for name in ("page.css", "page.js"))
    head, mark, rest = text.partition("<style>\n")
    body, begin, _ = rest.partition("</style>")[2].rpartition("<script>\n")
    return f"{head}{mark}{style}</style>{body}{begin}{program}</script>\n</body>\n</html>\n"
