"""The lowest versions that pyproject.toml promises, as pins for pip: `make test-lowest` installs them.

    python tools/lowest.py          torch==2.4 numpy==1.26 …, one a line

They are read from the lower bounds, so they never go out of date. Where an extra asks for more than the
library does (JupyterLab 4 for ipywidgets 8), the library's own bound counts: that is what Colab has.
"""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def pins(project):
    """`["filelock==3.12", …]` for the [project] table of a pyproject.toml.

    Raises SystemExit for a line without a lower bound. Needs nothing but the standard library, since
    it runs before anything is installed.
    """
    found = {}
    extras = project.get("optional-dependencies", {}).values()
    for line in [*project["dependencies"], *(line for lines in extras for line in lines)]:
        name = re.match(r"[\w.-]+", line)[0]
        if name == project["name"]:  # an extra that takes in other extras
            continue
        bound = re.search(r">=\s*([\w.]+)", line)
        if not bound:
            raise SystemExit(f"pyproject.toml promises no lowest version of {name}: {line!r} has no >=")
        found.setdefault(name, f"{name}=={bound[1]}")
    return list(found.values())


if __name__ == "__main__":
    print("\n".join(pins(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"])))
