"""The scaling panel: the numbers of the table, the dense net of equal size, silent callbacks."""

import base64
import re
from io import BytesIO

import ipywidgets
import pytest
from PIL import Image

from tests.scaling.test_matching import SIZES, VALIDATION
from ticketlab.panels import scaling_panel
from ticketlab.panels.base import VIEW
from ticketlab.pruning import describe

RANDOM = {width: [0, values[0] - .05, .3, .1] for width, values in VALIDATION.items()}
X = re.compile(r'<polyline points="([^"]+)"')


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def ring(svg):
    found = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="7"', svg)
    return float(found[1]), float(found[2])


# --- the numbers ----------------------------------------------------------------------------------

def test_the_numbers_are_written_out(panel):
    panel.level = 2
    now, words = panel.state(), panel.numbers.value
    assert describe(now.density, now.removed).replace(", ", " · ") in words
    assert "width 20, level 2 of 3: <b>100 of 400 weights</b>" in words
    assert f"ticket <b>{100 * now.accuracy:.1f} %</b> (57.0 to 59.0)" in words
    assert "random 30.0 %" in words and "this net dense 60.0 %" in words


# --- widgets --------------------------------------------------------------------------------------

def test_every_control_has_a_description_and_a_tip(panel):
    controls = [each for each in panel.box.children[0].children if each.description]
    assert [control.description for control in controls] == ["width", "width", "level", "level"]
    for control in controls:
        assert getattr(control, "tooltip", None) or control.description_tooltip
    assert panel.slider.continuous_update and panel.levels.continuous_update
    assert "ticketlab-scaling-panel" in panel.box._dom_classes
    assert "ticketlab-numbers" in panel.numbers._dom_classes


def test_fields_and_sliders_are_one(panel):
    panel.field.value, panel.level_field.value = 40, 3
    assert (panel.net, panel.level, panel.state().net, panel.state().level) == (40, 3, 40, 3)
    panel.net, panel.level = 10, 1
    assert (panel.field.value, panel.level_field.value) == (10, 1)


def test_levels_follow_the_net(table):
    """A narrow net whose search ended early has fewer of them."""
    panel = scaling_panel(table[(table["width"] > 10) | (table["level"] < 2)], net=40, level=3)
    panel.net = 10
    assert panel.level == panel.levels.max == panel.level_field.max == panel.state().last == 1
    panel.net = 40
    panel.level = 3
    assert panel.state().level == 3


def test_callbacks_print_display_and_compute_nothing(panel, capsys, monkeypatch):
    from IPython.core import display_functions

    published = []
    monkeypatch.setattr(display_functions, "publish_display_data",
                        lambda *a, **k: published.append(a))
    for name in ("ticketlab.training.evaluation.forward", "ticketlab.scaling.matching.ladder",
                 "ticketlab.panels.scaling.table._line"):
        monkeypatch.setattr(name, None)
    for change in (("net", 40), ("level", 2), ("net", 10), ("level", 0)):
        before = shown(panel)
        setattr(panel, *change)
        assert shown(panel) != before
    assert capsys.readouterr() == ("", "") and not published


def test_an_error_in_a_callback_is_shown_and_not_raised_into_the_loop(panel, monkeypatch):
    def broken(*_):
        raise ArithmeticError("no <curve> today")

    monkeypatch.setattr("ticketlab.panels.scaling.picture.accuracy", broken)
    panel.level = 1
    assert "ArithmeticError" in panel.numbers.value
    assert "no &lt;curve&gt; today" in panel.numbers.value
    monkeypatch.undo()
    panel.level = 2
    assert "level 2 of 3" in panel.numbers.value


def test_two_panels_do_not_disturb_one_another(panel, table):
    other = scaling_panel(table, net=20)
    before = shown(other)
    panel.net, panel.level = 40, 3
    assert shown(other) == before and (other.net, other.level) == (20, 0)


# --- what a notebook stores -----------------------------------------------------------------------

def test_the_text_is_constant_and_a_small_picture_is_stored_beside_the_widget(panel):
    texts = set()
    for width in SIZES:
        panel.net = width
        bundle = panel._repr_mimebundle_()[0]
        texts.add(bundle["text/plain"])
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < 60_000 and Image.open(BytesIO(picture)).size == (720, 248)
    assert bundle[VIEW]["model_id"] == panel.box.model_id
    assert isinstance(panel.box, ipywidgets.Widget)
    assert texts == {repr(panel)} == {"scaling panel: sliders for width and level"}
    assert set(panel._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}


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


@pytest.mark.parametrize("attribute, value", [("net", 7), ("level", 9)])
def test_a_refused_setting_leaves_the_panel_as_it_was(panel, attribute, value):
    before = shown(panel)
    with pytest.raises(ValueError, match="is [79]"):
        setattr(panel, attribute, value)
    assert shown(panel) == before
