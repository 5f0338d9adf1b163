"""What stops a whole notebook: an error in its first cell that every later cell says again.

"Run All" ends at the bottom of a notebook, far below the cell that failed, and a cell that is run there
by hand would only say that some name is not defined. ``scales`` stops a lesson whose scale is misspelt.
"""

import sys
from collections.abc import Callable


class Sentence:
    """Beside an error's class: an error of which a notebook shows the sentence, and no traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for it
        return [str(self)]


class Stopped(Sentence, ValueError):
    """A setting keeps a notebook from running."""


def shell():
    """IPython's shell, or None: asked without importing IPython, which is there if a notebook is."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def stop(sentence: str, name: str, cured: Callable[[], bool]) -> Stopped:
    """The error to raise. In a notebook each cell that is run later raises it, too, until ``cured()``;
    cells that hold ``name`` are run, since they may cure it."""
    here = shell()
    if here is not None:
        before = [each for each in here.input_transformers_post if getattr(each, "name", None) == name]
        for each in before:
            here.input_transformers_post.remove(each)

        def instead(lines: list[str]) -> list[str]:
            if cured():
                here.input_transformers_post.remove(instead)
                return lines
            if any(name in line for line in lines) or not any(map(str.strip, lines)):
                return lines
            return ["from ticketlab.basics.notebooks import Stopped\n", f"raise Stopped({sentence!r})\n"]

        instead.name = name
        here.input_transformers_post.append(instead)
    return Stopped(sentence)
