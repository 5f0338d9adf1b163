"""The accuracies that several panels share: the axis leaves room, and the current curve lies on top."""

import re

import pytest

from ticketlab.figures import drawing
from ticketlab.panels import accuracies
from ticketlab.panels.svg import Curve


def curve(name, values, low=None, high=None):
    color, marker = drawing.arm_styles([name])[name]
    return Curve(name, color, marker, [100, 50, 25], values, low or values, high or values, [0, 1, 2])


@pytest.mark.parametrize("values, ends", [([40, 50, 90], (37, 93)), ([50, 50, 50], (49, 51)), ([1, 50, 99], (0, 100))])
def test_an_axis_of_percentages_leaves_room_and_ends_at_0_and_100(values, ends):
    assert accuracies.percent_axis(accuracies.spread([curve("ticket", [50, 50, 50], values, values)])) == pytest.approx(ends)


def test_the_current_curve_lies_on_top_in_its_band_and_its_ring_stands_at_the_density():
    curves = [curve("ticket", [60, 62, 64]), curve("reinit", [60, 55, 50])]
    for current, line in enumerate(curves):
        picture = accuracies.picture(curves, current, 50, (60, 58, 61), (40, 70), "in words", 10)
        top = re.findall(r'<polyline points="([^"]+)" fill="none" stroke="([^"]+)" stroke-width="2"', picture)
        assert [color for _, color in top] == [line.color]
        x, y = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="7"', picture).groups()
        assert f"{x},{y}" == top[0][0].split()[1]
        assert picture.count("<polygon") == 1 and "chance" not in picture, "10 is below this axis"
    assert 'aria-label="in words; curves: ticket, reinit"' in picture
    assert "<polygon" not in accuracies.picture(curves, None, 50, (60, 58, 61), (40, 70), "", 45)


def test_over_a_share_there_are_lines_across_for_what_is_given_and_for_nothing_else():
    curves = [curve("ticket", [60, 62, 64]), curve("reinit", [60, 55, 50])]
    bare = accuracies.by_share(300, "weights used (%)", curves, 1, (50, 55), (0, 100), "in words")
    assert 'aria-label="in words"' in bare and ">weights used (%)<" in bare and bare.count("<polygon") == 1
    assert "all trained" not in bare and 'stroke-dasharray="5 3"' not in bare and ">chance<" not in bare
    both = accuracies.by_share(300, "", curves, 0, (50, 62), (0, 100), "", chance=10, trained=80)
    assert ">all trained<" in both and both.count('stroke-dasharray="5 3"') == 2 and ">chance<" in both
