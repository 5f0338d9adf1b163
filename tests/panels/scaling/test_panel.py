"""The scaling panel: the numbers of the table, the dense net of equal size, levels that follow the net. What
all panels do is in ``tests/panels/test_panels.py``."""


import pytest

from ticketlab.panels import scaling_panel
from ticketlab.pruning import describe

# --- the numbers ----------------------------------------------------------------------------------

def test_the_numbers_are_written_out(panel):
    panel.level = 2
    now, words = panel.state(), panel.numbers.value
    assert describe(now.density, now.removed).replace(", ", " · ") in words
    assert "width 20, level 2 of 3: <b>100 of 400 weights</b>" in words
    assert f"ticket <b>{100 * now.accuracy:.1f} %</b> (57.0 to 59.0)" in words
    assert "random 30.0 %" in words and "this net dense 60.0 %" in words


# --- widgets --------------------------------------------------------------------------------------

def test_levels_follow_the_net(table):
    """A narrow net whose search ended early has fewer of them."""
    panel = scaling_panel(table[(table["width"] > 10) | (table["level"] < 2)], net=40, level=3)
    panel.net = 10
    assert panel.level == panel.levels.max == panel.level_field.max == panel.state().last == 1
    panel.net = 40
    panel.level = 3
    assert panel.state().level == 3


# --- bad input ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, message", [
    ({"net": 5}, "width is 5; choose one of 10, 20, 40"),
    ({"net": 10, "level": 4}, "level is 4; width 10 has levels 0 to 3"),
    ({"level": -1}, "level is -1"), ({"level": True}, "level is True"),
    ({"by": "depth"}, "no column 'depth'"),
])
def test_the_panel_says_what_is_wrong(table, options, message):
    with pytest.raises(ValueError, match=message):
        scaling_panel(table, **options)


def test_a_table_that_does_not_fit_is_named(table):
    with pytest.raises(ValueError, match="no columns weights_... for the layers of 10"):
        scaling_panel(table.drop(columns="weights_output"))
    mixed = table.assign(width=[10 if width == 10 else str(width) for width in table["width"]])
    with pytest.raises(ValueError, match="labels .* which have no order"):
        scaling_panel(mixed)
