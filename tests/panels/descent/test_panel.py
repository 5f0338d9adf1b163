"""The descent panel: exact numbers, ways through wrong labels, constant text, silent callbacks."""

import re

import ipywidgets
import numpy as np
import pytest

from ticketlab.panels import descent_panel
from ticketlab.panels.descent.table import DescentTable

SIZES, NOISES = (2, 6, 24), (0, 0.2)


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def polylines(svg, color):
    return [np.array([point.split(",") for point in points.split()], float) for points in
            re.findall(rf'<polyline points="([^"]+)" fill="none" stroke="{color}"', svg)]


# --- the pictures ---------------------------------------------------------------------------------

# --- the widgets ----------------------------------------------------------------------------------

def test_slider_and_field_follow_each_other_and_have_names(panel):
    panel.slider.value = 6
    assert panel.field.value == 6 and panel.state().width == 6
    panel.field.value = 24
    assert panel.slider.value == 24 and "width 24" in panel.numbers.value
    controls = [each for each in panel.box.children[0].children if each.description]
    assert [each.description for each in controls] == ["width", "units", "labels", "signal",
                                                       "replicate"]
    trait = "tooltip" if "tooltip" in ipywidgets.FloatSlider.class_trait_names() else \
        "description_tooltip"
    assert all(getattr(each, trait) for each in controls)


def test_moves_look_up_and_neither_compute_nor_print(panel, monkeypatch, capsys):
    """A move takes about a millisecond only because no network runs."""
    def never(*_, **__):
        raise AssertionError("a network ran")

    monkeypatch.setattr("ticketlab.panels.descent.table.forward", never)
    seen = set()
    for control, values in ((panel.slider, SIZES), (panel._choices["labels"], NOISES),
                            (panel._choices["signal"], range(5)),
                            (panel._choices["replicate"], range(2))):
        for value in values:
            control.value = value
            seen.add(shown(panel))
            assert "AssertionError" not in panel.numbers.value
    assert len(seen) > 7 and capsys.readouterr() == ("", "")
    assert repr(panel) == "descent panel: sliders for width, labels, signal and replicate"


def test_an_error_in_a_callback_is_shown(panel, monkeypatch):
    monkeypatch.setattr(DescentTable, "read", lambda *_: 1 / 0)
    panel.slider.value = 24
    assert "ZeroDivisionError" in panel.numbers.value


# --- bad input ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, message", [
    ({"width": 5}, "width is 5; choose one of 2, 6, 24"), ({"noise": 0.1}, "noise is 0.1"),
    ({"signal": 8}, "signal is 8"), ({"replicate": 2}, "replicate is 2"),
    ({"signals": 0}, "ways is 0")])
def test_the_panel_says_what_is_wrong(found, options, message):
    with pytest.raises(ValueError, match=message):
        descent_panel(found, **options)


def test_a_refused_setting_leaves_the_panel_as_it_was(panel):
    before = shown(panel)
    for attribute in ("width", "noise", "signal", "replicate"):
        with pytest.raises(ValueError, match=f"{attribute} is 77"):
            setattr(panel, attribute, 77)
    assert shown(panel) == before
