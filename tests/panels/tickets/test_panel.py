"""The ticket panel: the numbers of the search that is shown, ranges that follow it, and where it begins. What all
panels do is in ``tests/panels/test_panels.py``."""

from dataclasses import replace

import pytest

import ticketlab as tl
from tests.panels.made import svgs
from ticketlab import panels
from ticketlab.panels.tickets.table import START

# ---- the numbers ----------------------------------------------------------------------------------


def test_the_numbers_are_written_out(panel):
    panel.level = 3
    now, words = panel.state(), panel.numbers.value
    assert tl.masks.describe(now.density, now.removed).replace(", ", " · ") in words
    assert "level 3 of 4" in words and f"{now.kept} of 199 weights kept" in words
    assert f"<b>{100 * now.accuracy:.1f} %</b>" in words and f"dense {100 * now.dense:.1f} %" in words


# ---- moving ---------------------------------------------------------------------------------------


def test_another_rate_has_its_own_levels_and_stays_at_the_nearest_density(panel, tickets, faster):
    panel.level = 4
    panel.rate = 0.64
    assert (panel.slider.max, panel.field.max, panel.level) == (2, 2, faster.nearest(tickets.densities[4]))
    assert panel.level == 2 and panel.field.value == 2
    assert panel.state().density == faster.densities[2] and "level 2 of 2" in panel.numbers.value
    panel.rate = 0.4
    assert (panel.slider.max, panel.level) == (4, 4)
    assert panel.state().rate == 0.4


def test_a_change_of_rate_draws_once(panel, monkeypatch):
    panel.level, drawn = 4, []
    own = panel._draw
    monkeypatch.setattr(panel, "_draw", lambda: drawn.append((panel.rate, panel.level)) or own())
    panel.rate = 0.64
    assert drawn == [(0.64, 2)]


# ---- what the searches are ------------------------------------------------------------------------


def test_one_search_has_its_rate_and_a_slider_that_cannot_move(tickets):
    panel = panels.ticket_panel(tickets, level=4)
    assert panel.rate == 0.4 and panel._rates.disabled and panel._rate_field.disabled
    assert panel.state().level == 4 and panel.slider.max == 4


def test_where_the_controls_begin_can_be_chosen(tickets, faster):
    panel = panels.ticket_panel({0.4: tickets, 0.64: faster}, rate=0.64, level=1, layer="hidden2", replicate=2, shows=START)
    assert (panel.rate, panel.level, panel.layer, panel.replicate, panel.shows) == (0.64, 1, "hidden2", 2, START)
    assert "Histogram of the weights of hidden2, at the start" in svgs(panel)[0]


def test_why_a_search_ended_early_is_said_at_its_last_level(tickets):
    panel = panels.ticket_panel(replace(tickets, stopped="layer <x> would be empty"), level=4)
    assert "layer &lt;x&gt; would be empty" in panel.numbers.value
    panel.level = 3
    assert "would be empty" not in panel.numbers.value


# ---- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, message", [
    ({"level": 5}, "level is 5; the search with rate 0.4 has levels 0 to 4"),
    ({"level": -1}, "level is -1"),
    ({"rate": 0.5}, "rate is 0.5; choose one of 0.4"),
    ({"layer": "hidden9"}, "layer is 'hidden9'.*'all layers', 'hidden1'"),
    ({"replicate": 3}, "replicate is 3; choose one of 0, 1, 2"),
    ({"shows": "after"}, "shows is 'after'.*'after training', 'at the start'"),
    ({"controls": {0.6: []}}, "the rate of controls is 0.6; choose one of 0.4"),
])  # fmt: skip
def test_the_panel_says_what_is_wrong(tickets, options, message):
    with pytest.raises(ValueError, match=message):
        panels.ticket_panel(tickets, **options)
