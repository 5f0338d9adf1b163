"""The panel is shown at each position, stands as before afterwards, and says where it is coarser."""

from math import prod

import pytest

from ticketlab.panels.page import walking
from ticketlab.panels.page.walking import walk


def place(seen, **where):
    """The frame where the controls with these names stand at these labels."""
    index = 0
    for stop in seen.stops:
        index = index * len(stop.labels) + stop.labels.index(where[stop.name.split(" ")[0]])
    return seen.frames[index]


def test_every_frame_is_what_the_panel_shows_there(panel):
    seen = walk(panel, positions=11)
    assert len(seen.frames) == prod(len(stop.labels) for stop in seen.stops)
    numbers, pictures = place(seen, share="20", level="3", rate="all", shape="X & Y")
    assert numbers == "<b>level 3</b>, share 20 %, rate 1.0, cross"
    assert 'cx="40"' in pictures and 'aria-label="cross"' in pictures


def test_beyond_the_reach_of_a_slider_there_is_no_frame(panel):
    """Else a page would show level 2 where it says level 3."""
    seen = walk(panel, positions=5)
    levels = {stop.name: stop.labels for stop in seen.stops}["level"]
    assert levels == ["0", "1", "2", "3", "4"]
    for rate, there in (("half", 3), ("all", 5)):
        found = [place(seen, share="0", level=level, rate=rate, shape="O") for level in levels]
        assert [frame is not None for frame in found] == [True] * there + [False] * (5 - there)


def test_positions_are_spread_and_hold_both_ends_and_the_one_where_the_panel_stands(panel):
    seen = walk(panel, positions=11)
    share = next(stop for stop in seen.stops if stop.name == "share (%)")
    assert share.values == [0, 10, 20, 30, 33.5, 40, 50, 60, 70, 80, 90, 99.5]
    assert share.labels[share.start] == "33.5" and seen.coarser == ["share (%)"]
    assert all(stop.words for stop in seen.stops) and not next(s for s in seen.stops if s.name == "shape").slider


def test_all_positions_where_they_are_few(panel):
    seen = walk(panel, positions=200)
    assert seen.coarser == [] and len(next(s for s in seen.stops if s.name == "share (%)").labels) == 200


def test_the_panel_stands_as_before_and_shows_it(panel):
    before = panel.numbers.value, panel.picture.value, panel.level.slider.max
    walk(panel, positions=3)
    assert (panel.numbers.value, panel.picture.value, panel.level.slider.max) == before


def test_the_panel_stands_as_before_also_after_an_error(panel, monkeypatch):
    before, draw, count = panel.numbers.value, panel._draw, panel.drawn

    def fails():
        if count + 5 < panel.drawn < count + 7:
            panel.drawn += 1
            raise ArithmeticError("no picture today")
        draw()

    monkeypatch.setattr(panel, "_draw", fails)
    with pytest.raises(ArithmeticError, match="no picture today"):
        walk(panel, positions=3)
    assert panel.numbers.value == before


def test_while_it_walks_nothing_is_sent_to_a_browser(panel, monkeypatch):
    """A thousand pictures through the kernel's line would hold up the notebook for minutes."""
    sent = []
    monkeypatch.setattr("ipywidgets.Widget.send_state", lambda self, key=None: sent.append(self))
    walk(panel, positions=3)
    assert len(sent) == len(set(sent)) <= 12  # each widget once, when all stand as before


def test_too_many_pictures_are_refused_before_any_is_drawn(panel, monkeypatch):
    monkeypatch.setattr(walking, "FRAMES", 100)
    drawn = panel.drawn
    with pytest.raises(ValueError, match=r"would be 260 pictures \(2 of rate, 2 of shape, 13 of share \(%\), 5 of "
                                         r"level\); a page holds 100\. Make a panel of fewer .* positions than 12"):
        walk(panel, positions=12)
    assert panel.drawn <= drawn + 1
