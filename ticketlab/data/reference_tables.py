"""Tables of results that the lessons compare with: what took too long for a lesson, or is published.

They lie beside the lessons, in ``lessons/reference``, and a copied lesson finds them still.
Lessons 04, 05 and 06 build on this file.
"""

import difflib
from pathlib import Path

FOLDER = Path("reference")
# of the clone from which this package was installed with `pip install -e`, or is imported
CLONE = Path(__file__).resolve().parents[2] / "lessons" / "reference"


def reference_table(name: str) -> Path:
    """Where a table of results lies, such as ``"lenet_mnist.csv"``: in the folder ``reference`` beside
    the notebook, else in ``lessons/reference`` of the course's clone.

    Raises FileNotFoundError, saying where it was looked for and what to do. Lesson 04.
    """
    folders = [FOLDER.absolute(), CLONE]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    there = sorted({path.name for folder in folders if folder.is_dir() for path in folder.iterdir()})
    close = difflib.get_close_matches(name, there, n=1)
    if close:
        raise FileNotFoundError(f"there is no reference table {name!r}; did you mean {close[0]!r}?")
    raise FileNotFoundError(
        f"the reference table {name!r} is neither in {folders[0]} nor in {folders[1]}; it comes with the "
        "course, in its folder lessons/reference: copy that folder beside your notebook, as "
        f"{FOLDER.name}, or open the notebook in the course's folder lessons")
