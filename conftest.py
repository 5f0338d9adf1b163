"""How pytest treats the lessons, wherever they are named: the longest first, and with time to answer."""

import json
import math
from pathlib import Path

LESSONS = Path(__file__).parent / "lessons"
# nbval waits that long for each sign of life of a kernel. Its own 5 s are over on a busy machine
# before a figure is drawn, and the cells that follow are then taken for failures, too.
SECONDS_FOR_AN_OUTPUT = 120


def pytest_collection_modifyitems(items):
    """The costliest lessons come first: two workers that begin with short ones would end with one of
    them idle while the other goes through the longest. A file stays together, and so does the rest.
    """
    costs = json.loads((LESSONS / "costs.json").read_text("utf-8"))["lessons"]
    items.sort(key=lambda item: -_seconds(item.path, costs))  # stable: the rest stays in order
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = SECONDS_FOR_AN_OUTPUT


def _seconds(path: Path, costs: dict) -> float:
    """Of the lesson in that file; a lesson whose costs are not known yet may take any time."""
    if path.suffix != ".ipynb":
        return 0
    return costs.get(path.name[:2], {}).get("quick", {}).get("seconds", math.inf)
