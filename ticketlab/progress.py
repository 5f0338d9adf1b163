"""The one progress bar that everything here shows: training, searches, kept runs, lines.

Every function takes ``progress=``: True for a bar, a text that it then begins with, False for none,
or a tqdm bar that the caller owns, to be moved on and left open. All lessons show it.
"""

import contextlib


def progress_bar(progress, total: int, label: str, unit: str = "step"):
    """A context that gives a tqdm bar over ``total`` units; ``label`` unless ``progress`` is a text."""
    if hasattr(progress, "update"):
        return contextlib.nullcontext(progress)  # its owner closes it
    from tqdm.auto import tqdm

    return tqdm(total=total, desc=progress if isinstance(progress, str) else label, unit=unit,
                disable=progress is False)
