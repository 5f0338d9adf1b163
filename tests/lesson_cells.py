"""A lesson's own cells, run in the process of a test: quicker than a kernel, and what they made can be seen."""

import ast
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat

LESSONS = Path(__file__).resolve().parents[1] / "lessons"


def sources(lesson: str) -> list[str]:
    """The code of a lesson but for its setup cell. lesson: how its file begins, such as "10"."""
    (path,) = LESSONS.glob(f"{lesson}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", [])]


def run(lesson: str, monkeypatch, each=lambda number: None) -> tuple[dict, list]:
    """Run them in turn, in the folder of the lessons. each: called with its number after every cell. Gives
    the names that they made, and what the last lines of the cells showed."""
    monkeypatch.chdir(LESSONS)
    plt.close("all")
    names, shown = {}, []
    for number, source in enumerate(sources(lesson)):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"lesson {lesson}, cell {number}", "exec"), names)  # noqa: S102 - our own cells
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), f"lesson {lesson}, cell {number}",  # noqa: S307
                                      "eval"), names))
        each(number)
    return names, shown
