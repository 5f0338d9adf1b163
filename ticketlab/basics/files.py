"""Files that are whole or not there. Figures and pages of panels are written so, for every lesson.

What a killed training leaves has stricter rules: see ``ticketlab.runs.files``.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A context that gives another place for a file, beside ``path`` and with its name; once the body has
    written it, it goes to ``path``. If the body raises, what was at ``path`` stays, and nothing else is
    left. Raises OSError as ``os.replace`` does."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as unfinished:
        place = Path(unfinished, path.name)
        yield place
        os.replace(place, path)


def writable(folder: Path) -> bool:
    """Whether files can be written to a folder, which is made if it does not exist."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
