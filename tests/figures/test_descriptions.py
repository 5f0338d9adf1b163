"""The alternative text of a figure: what stands on it, and that a notebook stores it."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot

from ticketlab.figures import accuracy_by_density, words


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def test_axes_and_named_lines_are_said_with_where_they_begin_and_end():
    figure, (left, right) = pyplot.subplots(1, 2)
    figure.suptitle("two of them")
    left.plot([1, 2, 3], [60, 55.5, np.nan], label="ticket")
    left.axhline(61, label="dense")
    left.errorbar([1, 2], [9, 1200], [1, 1], label="reinit")
    left.set(title="accuracy", xlabel="weights", ylabel="test (%)")
    left.legend()
    figure.colorbar(right.imshow([[1, 2]]))
    assert words(figure) == ("two of them. accuracy: plot of test (%) over weights; ticket from 60 to 55.5; "
                             "dense at 61; reinit from 9 to 1,200. image")


def test_a_key_without_data_and_what_rounding_left_are_not_read_out():
    """A line that only stands in the legend was "empty" in words, and a difference of 2.5e-14 a number."""
    figure, ax = pyplot.subplots()
    ax.plot([], [], "--", label="random mask")
    ax.plot([0, 1, 2], [48_100, 300, 2.5e-12], label="path")
    ax.legend()
    assert words(figure) == "plot; random mask; path from 48,100 to 0"
    ax.clear()
    ax.plot([], [])
    assert words(figure) == "plot; 1 line"


def test_many_plots_are_not_all_described():
    figure, axes = pyplot.subplots(2, 5)
    for number, ax in enumerate(axes.flat):
        ax.plot([number, 1])
        ax.set_title(f"class {number}")
    said = words(figure)
    assert "class 5" in said and "class 6" not in said and said.endswith("and 4 more plots")


def test_a_figure_of_the_course_names_its_arms():
    import pandas

    table = pandas.DataFrame({"arm": ["ticket"] * 2 + ["fine_tune"] * 2, "level": [0, 1] * 2,
                              "density": [1, 0.5] * 2, "replicate": 0, "accuracy": [0.6, 0.5, 0.6, 0.4]})
    said = words(accuracy_by_density(table).figure)
    assert "test accuracy (%) over weights remaining (%)" in said
    assert "ticket from 50 to 60" in said and "fine-tune from 40 to 60" in said


def test_importing_the_package_in_ipython_gives_every_figure_its_words():
    """Also those that a cell draws with pyplot alone; elsewhere nothing of IPython is loaded."""
    code = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
shell = InteractiveShell.instance()
import ticketlab
from matplotlib.figure import Figure
select_figure_formats(shell, {"png"})
figure = Figure()
figure.subplots().set(xlabel="step", ylabel="loss")
data, metadata = shell.display_formatter.format(figure)
assert "image/png" in data
print(metadata)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "{'image/png': {'alt': 'plot of loss over step'}}"
