"""The links at the top and at the bottom of every lesson: the one before, the map, the next one.

A page that has no number stands outside the order, and has the map alone. `make lessons` stamps them
into each lesson, as it stamps the setup cell; nobody writes them by hand.
"""

import names
from nbformat.v4 import new_markdown_cell

MAP = "[map of the course](start.md)"
WORDS = "[glossary](glossary.md)"
TAG = "navigation"


def line(stem, stems):
    """The links of one lesson. stems: the names of all lessons, in their order."""
    order = [each for each in stems if names.numbered(each)]
    place = order.index(stem) if stem in order else len(order) + 1
    before = [f"[← {names.words(each)}]({each}.ipynb)" for each in order[:place][-1:] if stem in order]
    after = [f"[{names.words(each)} →]({each}.ipynb)" for each in order[place + 1:place + 2]]
    return " · ".join([*before, MAP, WORDS, *after])


def stamp(notebook, stem, stems):
    """Put the links into a lesson, in place: above its title, and below everything else."""
    notebook.cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    top, bottom = (new_markdown_cell(line(stem, stems), id=f"{names.slug(stem)}-links-{place}",
                                     metadata={"tags": [TAG]}) for place in ("top", "bottom"))
    notebook.cells = [top, *notebook.cells, bottom]
