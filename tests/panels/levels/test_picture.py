"""The pictures of the levels panel say in words what they show, and ring the level that is shown."""

import re

from ticketlab.panels.levels.picture import WIDTHS


def test_two_pictures_that_say_in_words_what_they_show(panel):
    panel.level = 1
    now, (left, right) = panel.state(), re.findall(r"<svg.*?</svg>", panel.picture.value)
    assert 'role="img"' in left and 'role="img"' in right and sum(WIDTHS) <= 750
    words = f"barrier {100 * now.barrier:.1f} points from level 1 to 2"
    assert f"Test error on the line: {words}" in left and f"level by level: {words}, lost {100 * now.lost:.1f}" in right
    for name in ("barrier to the next level", "accuracy lost there"):
        assert f">{name}</text>" in right


def test_the_ring_moves_with_the_level(panel):
    places = set()
    for level in range(3):
        panel.level = level
        places.add(re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="8"', panel.picture.value).groups())
    assert len(places) == 3
