"""The descent panel says what is wrong. What all panels do is in ``tests/panels/test_panels.py``."""


import pytest

from ticketlab.panels import descent_panel

# --- bad input ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, message", [
    ({"width": 5}, "width is 5; choose one of 2, 6, 24"), ({"noise": 0.1}, "noise is 0.1"),
    ({"signal": 8}, "signal is 8"), ({"replicate": 2}, "replicate is 2"),
    ({"signals": 0}, "ways is 0")])
def test_the_panel_says_what_is_wrong(found, options, message):
    with pytest.raises(ValueError, match=message):
        descent_panel(found, **options)
