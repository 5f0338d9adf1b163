"""A notebook with every panel of the course, run in a JupyterLab of its own: for a test and a benchmark."""

import contextlib

from tests import jupyter
from tests.browser import SECOND, browser
from tests.panels import made

BEGIN = f"import sys\nsys.path.insert(0, {str(jupyter.ROOT)!r})\nfrom tests.panels import made"


def names():
    return [name for name in sorted(vars(made)) if name.endswith("_panel")]


@contextlib.contextmanager
def shown(home, cell):
    """The panels on the page, in the order of ``names``; the folder that is served; and the browser. cell: the
    code that makes and shows one, with {0} in place of its name."""
    own = names()
    with jupyter.lab(home) as (folder, address), browser() as started:
        page = started.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60 * SECOND)
        jupyter.write(folder / "panels.ipynb", BEGIN, *(cell.format(name) for name in own))
        jupyter.open_notebook(page, address, "panels.ipynb")
        jupyter.choose(page, "Run", "Run All Cells")
        panels = page.locator(".widget-vbox[class*=ticketlab-]")
        panels.nth(len(own) - 1).wait_for(timeout=300 * SECOND)
        page.wait_for_function(jupyter.KERNEL_RESTS, timeout=300 * SECOND)
        yield panels, folder, started
