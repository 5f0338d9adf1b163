"""What all figures share: round ticks, the house style, and settings left alone."""

import matplotlib
import pytest

from ticketlab import figures
from ticketlab.figures import drawing


def test_figures_leave_the_global_settings_alone(initial, final, masks, run_frame, results):
    before = matplotlib.rcParams.copy()
    figures.histograms(final, initial, masks=masks)
    figures.curves(run_frame)
    figures.accuracy_by_density(results)
    assert matplotlib.rcParams == before


@pytest.mark.parametrize("low, high, expected", [
    (0, 100, [0, 20, 40, 60, 80, 100]), (-0.3, 0.3, [-0.2, 0, 0.2]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (0, 3012, [0, 1000, 2000, 3000]), (2, 2, [2]),
])  # fmt: skip
def test_ticks_are_round_numbers_inside_the_range(low, high, expected):
    assert drawing.ticks(low, high) == expected
