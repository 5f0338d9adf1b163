"""The links at the top and at the bottom of every lesson: the one before, the map, the next one.

`make lessons` stamps them into each lesson, as it stamps the setup cell; nobody writes them by hand.
"""

from nbformat.v4 import new_markdown_cell

MAP = "[map of the course](start.md)"
WORDS = "[glossary](glossary.md)"
TAG = "navigation"


def words(stem):
    """`05_rewinding` as a reader calls it: `5 rewinding`."""
    number, _, name = stem.partition("_")
    return f"{int(number)} {name.replace('_', ' ')}" if number.isdigit() else stem.replace("_", " ")


def line(stem, stems):
    """The links of one lesson. stems: the names of all lessons, in their order."""
    place = stems.index(stem)
    before = [f"[← {words(stems[place - 1])}]({stems[place - 1]}.ipynb)"] if place else []
    after = [f"[{words(each)} →]({each}.ipynb)" for each in stems[place + 1:place + 2]]
    return " · ".join([*before, MAP, WORDS, *after])


def stamp(notebook, stem, stems):
    """Put the links into a lesson, in place: above its title, and below everything else."""
    number = stem.partition("_")[0]
    notebook.cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    top, bottom = (new_markdown_cell(line(stem, stems), id=f"{number}-links-{place}",
                                     metadata={"tags": [TAG]}) for place in ("top", "bottom"))
    notebook.cells = [top, *notebook.cells, bottom]
