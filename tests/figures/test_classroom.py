"""The figure of a class: its bars, its dots and its legend."""

import pytest
from matplotlib import pyplot

from tests.classroom.test_results import ARMS, SINGLES
from ticketlab import lottery
from ticketlab.classroom.results import pool, write
from ticketlab.figures import classroom as class_figures
from ticketlab.lottery import comparisons


def test_the_figure_of_a_class_has_intervals_of_students_t(tmp_path):
    """Bars by hand for one arm and level, n in the legend, a dot a replicate, and none for n = 1."""
    for tickets, trials in SINGLES.values():
        write(tmp_path, tickets, trials)
    pooled = pool(tmp_path)
    ax = class_figures.class_accuracy(pooled)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["dense", *(f"{arm} (n = 3)" for arm in ["ticket", *ARMS])]
    bars = ax.containers[0]  # the ticket
    mean, spread = bars.lines[0].get_ydata(), bars.lines[2][0].get_segments()
    numbers = comparisons.values(pooled.table, "ticket", 1)
    low, high = comparisons.interval(numbers)
    place = int(abs(mean - numbers.mean().item()).argmin())
    assert mean[place] == pytest.approx(numbers.mean().item())
    assert spread[place][:, 1].tolist() == pytest.approx([low, high])
    alone = class_figures.class_accuracy(lottery.table(*SINGLES[0]), column="early_accuracy")
    assert all(a == b for (_, a), (_, b) in alone.containers[0].lines[2][0].get_segments())
    with pytest.raises(ValueError, match="column is 'early_step'"):
        class_figures.class_accuracy(pooled, column="early_step")
    pyplot.close("all")
