"""What people see of a run: the one progress bar of training, searches, kept runs and lines, and
warnings.

Every function takes ``progress=``: True for a bar, a text that it then begins with, False for none,
or a tqdm bar that the caller owns, to be moved on and left open. All lessons show it.
"""

import contextlib
import io
import sys
import uuid
import warnings
from collections.abc import Callable
from functools import partial

from ticketlab.basics.notebooks import Sentence, shell


class Interrupted(Sentence, KeyboardInterrupt):
    """Somebody stopped what was going on."""

    def __init__(self, what: str):
        super().__init__(
            f"Stopped: {what}. What a call with keep=... has finished is on disk: run this cell again, "
            "and it goes on from there. After a restart of the kernel, run the lesson from the top.")


_WITHOUT_RATE = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


@contextlib.contextmanager
def progress_bar(progress, total: int, label: str, unit: str = "step"):
    """A context that gives a tqdm bar over ``total`` units; ``label`` unless ``progress`` is a text.
    In percent (``unit="%"``) it shows the time that is left, and no rate: nobody reads seconds a percent.

    Raises Interrupted, a KeyboardInterrupt that says what is kept, when its body is interrupted.
    """
    if hasattr(progress, "update"):
        yield progress  # its owner closes it
        return
    what = progress if isinstance(progress, str) else label
    with bar_class()(total=total, desc=what, unit=unit, disable=progress is False,
                     bar_format=_WITHOUT_RATE if unit == "%" else None) as bar:
        try:
            yield bar
        except Interrupted:
            raise
        except KeyboardInterrupt:
            raise Interrupted(what) from None


def bar_class():
    """tqdm for a terminal; in a notebook one whose text is the cell's output, renewed in place.

    tqdm's own bar for notebooks is a widget, of which a saved notebook that is opened again shows
    "Error displaying widget: model not found".
    """
    from tqdm.std import tqdm

    here = shell()
    if not hasattr(here, "kernel"):
        return tqdm

    class NotebookBar(tqdm):
        @staticmethod
        def status_printer(file):
            where, shown = {"display_id": uuid.uuid4().hex}, []

            def show(text):
                if text.strip():
                    here.display_pub.publish({"text/plain": text}, transient=where, update=bool(shown))
                    shown.append(text)
            return show

    # what tqdm itself would write is dropped
    return partial(NotebookBar, file=io.StringIO(), ascii=False)


def skip(bar, steps: int) -> None:
    """Move a bar on by steps that were found done, which say nothing of how fast the others are."""
    if not {"initial", "last_print_n"} <= vars(bar).keys():  # not tqdm's own
        bar.update(steps)
        return
    bar.initial += steps
    bar.n += steps
    bar.last_print_n += steps
    bar.refresh()


def shared(bar, networks: int, steps: int) -> Callable[[slice], Callable[[], None]]:
    """A bar over the steps of a stack whose parts are trained one after another, ``steps`` each: part ->
    the function to call after each of its steps.

    It moves on by a step when all networks have, on average, and never back: a part that failed is made
    good, in smaller ones, before it moves again.
    """
    shown = 0

    def part(which: slice) -> Callable[[], None]:
        done = which.start * steps  # of those before, network by network

        def step() -> None:
            nonlocal done, shown
            done += which.stop - which.start
            due = done // networks - shown
            if due > 0:
                shown += due
                bar.update(due)

        return step

    return part


def warn(text: str) -> None:
    """Warn at the line outside this package that asked for what is going on."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] == "ticketlab":
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)
