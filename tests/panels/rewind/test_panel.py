"""The rewind panel: exact numbers, one scale for all steps, constant text, silent callbacks."""

import base64
import re
from io import BytesIO

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from tests.training.test_loop import RECIPES
from ticketlab.lottery import rewinding
from ticketlab.panels import rewind_panel
from ticketlab.panels.base import VIEW

RECIPE, SEEDS, STEPS = RECIPES["sgd"], (0, 1), (0, 10, 20)
WAYS = [rewinding.weights(0), rewinding.weights(10), rewinding.learning_rate(10),
        rewinding.fine_tuning(10)]


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def polylines(svg):
    return [np.array([point.split(",") for point in points.split()], float)
            for points in re.findall(r'<polyline points="([^"]+)"', svg)]


# --- widgets --------------------------------------------------------------------------------------

def test_every_control_has_a_description_and_a_tip(panel):
    controls = [each for each in panel.box.children[0].children if each.description]
    assert [control.description for control in controls] == [
        "rewind step k", "k", "level", "level", "replicate"]
    for control in controls:
        assert getattr(control, "tooltip", None) or control.description_tooltip
    assert panel.slider.continuous_update and panel.levels.continuous_update
    assert "ticketlab-rewind-panel" in panel.box._dom_classes
    assert "ticketlab-numbers" in panel.numbers._dom_classes


def test_fields_and_sliders_are_one(panel):
    panel.field.value = 20
    panel.level_field.value = 3
    assert (panel.k, panel.level, panel.state().k, panel.state().level) == (20, 3, 20, 3)
    panel.k, panel.level = 10, 1
    assert (panel.field.value, panel.level_field.value) == (10, 1)


def test_callbacks_print_display_and_compute_nothing(panel, capsys, monkeypatch):
    from IPython.core import display_functions

    published = []
    monkeypatch.setattr(display_functions, "publish_display_data",
                        lambda *a, **k: published.append(a))
    for name in ("ticketlab.training.evaluation.forward", "ticketlab.landscape.lines.line",
                 "ticketlab.panels.rewind.table.project", "ticketlab.panels.rewind.table.table"):
        monkeypatch.setattr(name, None)
    for change in (("k", 20), ("level", 2), ("replicate", 1), ("k", 0)):
        before = shown(panel)
        setattr(panel, *change)
        assert shown(panel) != before
    assert capsys.readouterr() == ("", "") and not published


def test_an_error_in_a_callback_is_shown_and_not_raised_into_the_loop(panel, monkeypatch):
    def broken(*_):
        raise ArithmeticError("no <paths> today")

    monkeypatch.setattr("ticketlab.panels.rewind.picture.paths", broken)
    panel.k = 10
    assert "ArithmeticError" in panel.numbers.value
    assert "no &lt;paths&gt; today" in panel.numbers.value
    monkeypatch.undo()
    panel.k = 20
    assert "barrier" in panel.numbers.value


def test_two_panels_do_not_disturb_one_another(panel, family):
    other = rewind_panel(family.children, family.lines, family.starts, family.tickets)
    before = shown(other)
    panel.k, panel.level, panel.replicate = 20, 3, 1
    assert shown(other) == before and (other.k, other.level, other.replicate) == (0, 0, 0)


# --- what a notebook stores -----------------------------------------------------------------------

def test_the_text_is_constant_and_a_small_picture_is_stored_beside_the_widget(panel, bare):
    texts = set()
    for each in (panel, bare):
        for k in (0, 20):
            each.k = k
            bundle = each._repr_mimebundle_()[0]
            texts.add(bundle["text/plain"])
        picture = base64.b64decode(bundle["image/png"])
        assert len(picture) < 60_000
        assert Image.open(BytesIO(picture)).size[0] >= 500
        assert bundle[VIEW]["model_id"] == each.box.model_id
        assert isinstance(each.box, ipywidgets.Widget)
    assert texts == {repr(panel)} == {"rewind panel: sliders for rewind step, level and replicate"}
    assert set(panel._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}


# --- bad input ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, message", [
    ({"k": 5}, "k is 5; choose one of 0, 10, 20"),
    ({"level": 4}, "level is 4; the tickets have levels 0 to 3"),
    ({"level": -1}, "level is -1"),
    ({"level": True}, "level is True"),
    ({"replicate": 2}, "replicate is 2; .*0 to 1"),
    ({"replicate": -1}, "replicate is -1"),
])
def test_the_panel_says_what_is_wrong(family, options, message):
    with pytest.raises(ValueError, match=message):
        rewind_panel(family.children, family.lines, family.starts, family.tickets, **options)


@pytest.mark.parametrize("attribute, value", [("k", 7), ("level", 9), ("replicate", 3)])
def test_a_refused_setting_leaves_the_panel_as_it_was(panel, attribute, value):
    before = shown(panel)
    with pytest.raises(ValueError, match=f"{attribute} is"):
        setattr(panel, attribute, value)
    assert shown(panel) == before
