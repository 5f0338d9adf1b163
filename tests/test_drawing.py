"""The palette that lesson 01 imports from ``ticketlab.drawing`` is the one the figures are drawn with."""

import re
from pathlib import Path

from ticketlab import drawing
from ticketlab.figures import drawing as palette

LESSONS = Path(__file__).parents[1] / "lessons"


def test_every_colour_is_the_one_of_the_figures():
    assert {name: getattr(drawing, name) for name in drawing.__all__} == {
        name: getattr(palette, name) for name in drawing.__all__}


def test_every_colour_that_a_lesson_imports_is_there():
    named = {name for path in LESSONS.glob("*.ipynb") for names in
             re.findall(r"from ticketlab\.drawing import ([\w, ]+)", path.read_text("utf-8"))
             for name in names.split(", ")}
    assert named and named <= set(drawing.__all__)
