"""The numbers of the levels panel are those of the lines and of the search."""

import pytest

from ticketlab.panels import levels_panel


def test_each_level_has_its_own_line_and_what_the_sparser_end_lost(panel, searches):
    tickets, lines = searches["long"]
    for level in range(3):
        panel.level = level
        now = panel.state()
        assert now.barrier == pytest.approx(lines[level].barrier().mean().item())
        accuracy = [tickets.trials[each].run.last("test_accuracy").mean().item() for each in (0, level + 1)]
        assert now.lost == pytest.approx(accuracy[0] - accuracy[1], abs=1e-6)
        assert now.density == tuple(tickets.densities[level:level + 2])


def test_lines_that_do_not_belong_to_the_search_are_named(searches):
    tickets, lines = searches["long"]
    with pytest.raises(ValueError, match="'long' has 4 levels and 2 lines; give one line"):
        levels_panel({"long": tickets}, {"long": lines[:2]})
    with pytest.raises(ValueError, match=r"tickets of \['long'\] and lines of \['other'\]"):
        levels_panel({"long": tickets}, {"other": lines})
    with pytest.raises(ValueError, match="at least one"):
        levels_panel({}, {})
