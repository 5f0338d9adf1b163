"""The scaling panel: the numbers of the table, the dense net of equal size, silent callbacks."""

import base64
import re
from io import BytesIO

import ipywidgets
import numpy as np
import pandas
import pytest
from PIL import Image

from tests.scaling.test_widths import SEEDS, SIZES, VALIDATION, made, measure
from ticketlab.panels import scaling_panel
from ticketlab.panels.base import VIEW
from ticketlab.panels.prune.picture import WIDTHS
from ticketlab.panels.scaling.picture import WIDTH
from ticketlab.pruning import describe

RANDOM = {width: [0, values[0] - .05, .3, .1] for width, values in VALIDATION.items()}
X = re.compile(r'<polyline points="([^"]+)"')


@pytest.fixture(scope="module")
def table():
    return pandas.concat([made(), made(RANDOM, arm="random").query("level > 0")])


@pytest.fixture(scope="module")
def trained():
    return measure()


@pytest.fixture
def panel(table):
    return scaling_panel(table, net=20)


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def ring(svg):
    found = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="7"', svg)
    return float(found[1]), float(found[2])


# --- the numbers ----------------------------------------------------------------------------------

@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("width", SIZES)
def test_the_state_is_that_of_the_table(panel, table, width, level):
    panel.net, panel.level = width, level
    now = panel.state()
    rows = table[(table["width"] == width) & (table["level"] == level)]
    ticket = rows[rows["arm"] == "ticket"]["accuracy"]
    assert (now.net, now.level, now.last) == (width, level, 3)
    assert (now.weights, now.dense_weights) == (SIZES[width] // 2**level, SIZES[width])
    assert now.density == now.weights / SIZES[width] and now.sparsity == 1 - now.density
    before = SIZES[width] // 2**max(0, level - 1)
    assert now.removed == pytest.approx(1 - now.weights / before)
    assert (now.accuracy, now.lowest, now.highest) == pytest.approx(
        (ticket.mean(), ticket.min(), ticket.max()))
    assert now.dense == pytest.approx(VALIDATION[width][0])
    assert now.arms == pytest.approx({"random": RANDOM[width][level]} if level else {})
    assert now.kept == {"output": (now.weights, SIZES[width])}


def test_the_dense_net_of_as_many_weights_is_another_one_or_lies_between_two(panel):
    panel.level = 2  # width 20 with 100 weights, as many as width 10 has
    assert panel.state().equal == pytest.approx(.50) and panel.state().between == (10,)
    assert "dense net of as many weights <b>50.0 %</b> (width 10)" in panel.numbers.value
    assert "difference +8.0 points" in panel.numbers.value
    panel.level = 1  # 200: half way from 100 to 400 in the logarithm
    assert panel.state().equal == pytest.approx(.55) and panel.state().between == (10, 20)
    assert "between width 10 and 20, interpolated" in panel.numbers.value


def test_where_no_dense_net_is_as_small_it_says_so(panel):
    panel.net, panel.level = 10, 1
    assert panel.state().equal is None and panel.state().between == ()
    assert "no dense net here has as few as 50 weights" in panel.numbers.value
    assert "as many weights" not in svgs(panel)[0]


def test_the_dense_net_itself_is_the_one_of_as_many_weights(panel):
    now = panel.state()
    assert now.level == 0 and now.equal == pytest.approx(now.accuracy) and now.between == (20,)


def test_the_numbers_are_written_out(panel):
    panel.level = 2
    now, words = panel.state(), panel.numbers.value
    assert describe(now.density, now.removed).replace(", ", " · ") in words
    assert "width 20, level 2 of 3: <b>100 of 400 weights</b>" in words
    assert f"ticket <b>{100 * now.accuracy:.1f} %</b> (57.0 to 59.0)" in words
    assert "random 30.0 %" in words and "this net dense 60.0 %" in words


def test_it_reads_what_a_sweep_measured(trained):
    panel = scaling_panel(trained, level=2)
    now = panel.state()
    assert (now.net, now.last) == (9, 2), "it begins with the largest"
    rows = trained[(trained["width"] == 9) & (trained["level"] == 2)]
    ticket = rows[rows["arm"] == "ticket"]
    assert len(ticket) == len(SEEDS) and now.accuracy == pytest.approx(ticket["accuracy"].mean())
    for layer, (kept, whole) in now.kept.items():
        assert kept == ticket[f"weights_{layer}"].iloc[0]
        assert whole == {"hidden1": 108, "hidden2": 27, "output": 12}[layer]
        assert f">{kept:,} of {whole:,}</text>" in svgs(panel)[1]


def test_nets_of_different_depths_have_the_bars_of_their_own_layers(trained):
    """In a table of several depths the columns of layers that a net has not are empty."""
    deep = trained[trained["width"] != 6].rename(columns={"width": "depth"})
    deep.loc[deep["depth"] == 4, "weights_hidden2"] = float("nan")
    panel = scaling_panel(deep, by="depth", net=4)
    assert list(panel.state().kept) == ["hidden1", "output"]
    assert len(re.findall("hidden", panel.picture.value.split("aria-label")[-1])) < 4
    panel.net = 9
    assert list(panel.state().kept) == ["hidden1", "hidden2", "output"]


# --- the pictures ---------------------------------------------------------------------------------

def test_two_pictures_that_say_in_words_what_they_show(panel):
    panel.level = 1
    curve, bars = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    assert ('aria-label="Test accuracy over the weights remaining: width 20 with 200 weights 62.0 '
            "percent, random 55.0 percent, a dense net of as many weights 55.0 percent") in curve
    for words in ("ticket", "random", "dense nets", "other tickets", "dense, as many weights"):
        assert f">{words}</text>" in curve
    assert "output 200 of 400, 50.0 percent" in bars
    assert WIDTH + WIDTHS[1] < 1000, "side by side in a notebook"


def test_the_curves_are_drawn_on_one_scale_for_all_nets_and_levels(panel, table):
    """The same pixels for the same number of weights and the same accuracy, whatever is shown."""
    places = {}
    for width in SIZES:
        for level in range(4):
            panel.net, panel.level = width, level
            places[SIZES[width] // 2**level, VALIDATION[width][level]] = ring(svgs(panel)[0])
    logs, xs = np.log([size for size, _ in places]), [x for x, _ in places.values()]
    slope, start = np.polyfit(logs, xs, 1)
    assert slope < 0, "fewer weights to the right"
    np.testing.assert_allclose(xs, slope * logs + start, atol=0.1)
    values, ys = [value for _, value in places], [y for _, y in places.values()]
    slope, start = np.polyfit(values, ys, 1)
    np.testing.assert_allclose(ys, slope * np.array(values) + start, atol=0.1)
    assert min(xs) > 56 and max(xs) < WIDTH - 14 and max(ys) < 228 and min(ys) > 31
    dense = [each for each in X.findall(svgs(panel)[0]) if len(each.split()) == 3]
    assert len(dense) == 1, "one line through the three dense nets"


def test_the_square_stands_above_or_below_the_ring(panel):
    panel.level = 2
    curve = svgs(panel)[0]
    square = re.search(r'<rect x="([\d.]+)" y="([\d.]+)" width="10"', curve)
    x, y = ring(curve)
    assert float(square[1]) + 5 == pytest.approx(x, abs=0.11)
    panel.net, panel.level = 10, 0  # the dense net that the square stands for: 50 %
    assert float(square[2]) + 5 == pytest.approx(ring(svgs(panel)[0])[1], abs=0.11) and y < ring(
        svgs(panel)[0])[1]


def test_every_move_changes_picture_and_numbers(panel):
    seen = set()
    for width in SIZES:
        for level in range(4):
            panel.net, panel.level = width, level
            seen.add(shown(panel))
    assert len(seen) == 12


def test_one_net_of_one_level_can_be_shown(table):
    panel = scaling_panel(table[(table["width"] == 20) & (table["level"] == 0)])
    assert "nan" not in panel.picture.value and panel.state().last == 0
    assert "other tickets" not in panel.picture.value
    panel.figure()


# --- widgets --------------------------------------------------------------------------------------

def test_every_control_has_a_description_and_a_tip(panel):
    controls = panel.box.children[0].children
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
    for name in ("ticketlab.training.loop.forward", "ticketlab.scaling.matching.ladder",
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
        bundle = panel._repr_mimebundle_()
        texts.add(bundle["text/plain"])
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < 60_000 and Image.open(BytesIO(picture)).size == (720, 248)
    assert bundle[VIEW]["model_id"] == panel.box.model_id
    assert isinstance(panel.box, ipywidgets.Widget)
    assert texts == {repr(panel)} == {"scaling panel: sliders for width and level"}
    assert set(panel._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}


def test_the_picture_shows_the_state_of_the_panel(panel):
    panel.level = 2
    now = panel.state()
    left, right = panel.figure().axes
    square, at = left.lines[-2:]
    assert at.get_xydata()[0] == pytest.approx((now.weights, 100 * now.accuracy))
    assert square.get_xydata()[0] == pytest.approx((now.weights, 100 * now.equal))
    assert left.get_xlim()[0] > 1600 > left.get_xlim()[1]
    assert [bar.get_width() for bar in right.patches] == [25]


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
