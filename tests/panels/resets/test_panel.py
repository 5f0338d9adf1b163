"""The reset panel begins where it is told, all the way back if it is told nothing."""

import re

import pytest

from tests.panels import made
from ticketlab.panels import reset_panel


def test_it_begins_where_it_is_told():
    assert (made.reset_panel().layer, made.reset_panel().share) == ("hidden1", 1)
    panel = reset_panel(made.reset_table(), layer="output", share=0.5)
    assert (panel.layer, panel.share) == ("output", 0.5)
    with pytest.raises(ValueError, match="layer is 'hiden1'.*did you mean 'hidden1'"):
        panel.layer = "hiden1"
    with pytest.raises(ValueError, match="share is 0.4; choose one of"):
        reset_panel(made.reset_table(), share=0.4)


def test_the_axes_stay_while_the_panel_moves():
    """Or two positions could not be compared."""
    panel = made.reset_panel()
    ticks = set()
    for layer, share in (("hidden1", 0), ("output", 0.5), ("hidden2", 1)):
        panel.layer, panel.share = layer, share
        ticks.add(tuple(re.findall(r"M50,([\d.]+)h-4", made.svgs(panel)[0])))
    assert len(ticks) == 1 and len(ticks.pop()) > 2
