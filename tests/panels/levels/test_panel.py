"""The levels panel: controls with names, silent callbacks, errors shown, a constant text."""

import time
from dataclasses import replace

import pytest

from ticketlab.panels import levels_panel


def test_levels_follow_the_search(panel):
    panel.level = 2
    panel.search = "short"
    assert panel.level == panel.slider.max == 0 and panel.state().search == "short"
    with pytest.raises(ValueError, match="level is 1; short: the lines begin at levels 0 to 0"):
        panel.level = 1


def test_a_move_looks_up_and_takes_less_than_16_ms(panel, monkeypatch, capsys):
    monkeypatch.setattr("ticketlab.panels.levels.table.LevelsTable.__init__", None)
    moves = []
    for level in (1, 2, 0, 2, 1):
        began = time.process_time()
        panel.level = level
        moves.append(time.process_time() - began)
    assert sorted(moves)[2] < 0.016 and capsys.readouterr() == ("", "")


def test_lines_without_any_error_are_drawn(searches):
    tickets, lines = searches["short"]
    flat = [replace(line, error=line.error * 0) for line in lines]
    panel = levels_panel({"short": tickets}, {"short": flat})
    assert panel.state().barrier == 0 and "nan" not in panel.picture.value
