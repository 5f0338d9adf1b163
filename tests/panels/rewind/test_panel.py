"""The rewind panel says what is wrong. What all panels do is in ``tests/panels/test_panels.py``."""


import pytest

from ticketlab.panels import rewind_panel

# --- bad input ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, message", [
    ({"k": 5}, "k is 5; choose one of 0, 10, 20"),
    ({"level": 4}, "level is 4; the tickets have levels 0 to 3"),
    ({"level": -1}, "level is -1"),
    ({"level": True}, "level is True"),
    ({"replicate": 2}, "replicate is 2; choose one of 0, 1"),
    ({"replicate": -1}, "replicate is -1"),
])
def test_the_panel_says_what_is_wrong(family, options, message):
    with pytest.raises(ValueError, match=message):
        rewind_panel(family.children, family.lines, family.starts, family.tickets, **options)
