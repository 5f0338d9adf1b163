"""The descent panel: exact numbers, ways through wrong labels, constant text, silent callbacks."""

import base64
import re
from io import BytesIO

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image

from tests.scaling.test_double_descent import DATA, RECIPE, make_data
from ticketlab.panels import descent_panel
from ticketlab.panels.base import VIEW
from ticketlab.panels.descent.picture import WIDTHS
from ticketlab.panels.descent.table import POINTS, DescentTable
from ticketlab.scaling import curves, threshold
from ticketlab.scaling.double_descent import sweep

SIZES, NOISES = (2, 6, 24), (0, 0.2)


@pytest.fixture(scope="module")
def found():
    return sweep(DATA, SIZES, RECIPE.with_(steps=200), noises=NOISES, replicates=2, layers=1,
                 progress=False)


@pytest.fixture
def panel(found):
    return descent_panel(found, signals=5)


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def polylines(svg, color):
    return [np.array([point.split(",") for point in points.split()], float) for points in
            re.findall(rf'<polyline points="([^"]+)" fill="none" stroke="{color}"', svg)]


# --- the numbers ----------------------------------------------------------------------------------

def test_the_errors_are_those_of_the_table(panel, found):
    for noise in NOISES:
        for width in SIZES:
            panel.noise, panel.width, panel.replicate = noise, width, 1
            now = panel.state()
            test = curves(found.table, noise, "test_error").loc[width]
            train = curves(found.table, noise, "train_error").loc[width]
            assert (now.width, now.noise) == (width, noise)
            assert (now.test, now.train) == pytest.approx((test.mean(), train.mean()))
            assert (now.lowest, now.highest) == (test.min(), test.max())
            assert (now.own_test, now.own_train) == (test[1], train[1])
            limit = threshold(found.table, noise)
            assert now.fits == (limit is not None and width >= limit)
            assert f"test error <b>{100 * test.mean():.1f} %</b>" in panel.numbers.value
            assert f"training error <b>{100 * train.mean():.1f} %</b>" in panel.numbers.value
            assert f"replicate 1: {100 * test[1]:.1f}" in panel.numbers.value
    assert {panel._table.read(0.2, width, 0, 0).fits for width in SIZES} == {False, True}


def test_each_way_goes_through_a_wrong_label_between_two_right_ones_of_its_class(panel, found):
    """The two nearest, so that a smooth function would answer the same class all the way."""
    clean, noisy = found.data[0], found.data[0.2]
    wrong = (clean.y_train != noisy.y_train).nonzero()[:, 0].tolist()
    assert len(panel._table.ways) == 5
    for place, way in zip(wrong, panel._table.ways, strict=False):
        assert torch.equal(way.signals[1], clean.x_train[place])
        assert (way.right, way.wrong) == (clean.y_train[place], noisy.y_train[place])
        right = [each for each in range(60) if each not in wrong
                 and clean.y_train[each] == way.right]
        nearest = sorted(right, key=lambda each: (clean.x_train[each] - way.signals[1]).norm())
        for end, each in zip((0, 2), nearest, strict=False):
            assert torch.equal(way.signals[end], clean.x_train[each])


def test_the_answers_are_those_of_the_network_itself(panel, found):
    """Asked point by point, of the replicate and way that the controls name."""
    panel.width, panel.noise, panel.replicate, panel.signal = 6, 0.2, 1, 3
    way, net = panel._table.ways[3], found.stacks[0.2, 6].module(1)
    own, now = panel._table.answers[0.2, 6, 1, 3], panel.state()
    half, said = POINTS // 2, []
    for place in range(POINTS):
        a, b, share = ((way.signals[0], way.signals[1], place / half) if place <= half else
                       (way.signals[1], way.signals[2], place / half - 1))
        with torch.no_grad():
            p = net((a + share * (b - a))[None])[0].softmax(0)
        assert (own.right[place], own.wrong[place]) == pytest.approx(
            (p[way.right].item(), p[way.wrong].item()), abs=1e-5)
        said.append(p.argmax().item())
    assert own.said == said and now.said == said[half]
    assert now.changes == sum(a != b for a, b in zip(said, said[1:], strict=False))
    assert now.share_right == said.count(way.right) / POINTS
    assert (now.p_right, now.p_wrong) == (own.right[half], own.wrong[half])
    everyone = [panel._table.answers[0.2, 6, r, n].changes for r in range(2) for n in range(5)]
    assert now.mean_changes == pytest.approx(np.mean(everyone))


def test_a_network_that_fits_all_labels_answers_as_it_was_taught(panel):
    """With wrong labels the wrong one, with right ones the right one, at the same signal."""
    panel.width = 24
    for noise, which in ((0, "right"), (0.2, "wrong")):
        panel.noise = noise
        now = panel.state()
        assert now.own_train == 0, "the sweep must be long enough for this test"
        assert now.said == getattr(now, which)
        assert ("wrong label" in panel.numbers.value) == (noise > 0)


# --- the pictures ---------------------------------------------------------------------------------

def test_three_pictures_that_say_in_words_what_they_show(panel):
    panel.width, panel.signal = 6, 1
    errors, answers, signals = svgs(panel)
    now = panel.state()
    assert all('role="img"' in svg for svg in svgs(panel))
    assert f"at width 6 test error {100 * now.test:.1f} percent" in errors
    assert f"class {now.said} at B; the answer changes {now.changes} times" in answers
    assert f">class {now.wrong} (wrong)</text>" in answers
    assert f"the wrong label {now.wrong}" in signals
    assert sum(WIDTHS) < 1000, "side by side in a notebook"


def test_the_curves_stand_where_the_table_says_and_the_ring_at_the_width(panel, found):
    rings = []
    for width in SIZES:
        panel.width = width
        svg, low = svgs(panel)[0], 228
        test, train = polylines(svg, "#D55E00")[-3:-1]
        scale = (low - 48) / panel._table.top
        for line, split in ((test, "test"), (train, "train")):
            mean = 100 * curves(found.table, 0.2, f"{split}_error").mean(axis=1)
            np.testing.assert_allclose(line[:, 1], low - scale * mean, atol=0.1)
        ring = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6"', svg)
        rings.append((float(ring[1]), float(ring[2])))
        assert rings[-1] == pytest.approx(tuple(test[SIZES.index(width)]), abs=0.1)
    steps = np.diff([x for x, _ in rings])
    assert steps[1] / steps[0] == pytest.approx(np.log(4) / np.log(3), rel=0.02), "a log axis"


def test_the_signal_in_the_middle_has_the_colour_of_the_label_it_was_trained_with(panel):
    panel.noise = 0.2
    assert 'height="10.0" fill="#D55E00"' in svgs(panel)[1]
    panel.noise = 0
    assert 'height="10.0" fill="#D55E00"' not in svgs(panel)[1]


def test_the_probabilities_are_drawn_from_end_to_end(panel):
    panel.width, panel.noise = 24, 0.2
    own = panel._table.answers[0.2, 24, 0, 0]
    line = polylines(svgs(panel)[1], "#0072B2")[0]
    assert len(line) == POINTS and (line[0, 0], line[-1, 0]) == (56, WIDTHS[1] - 14)
    np.testing.assert_allclose(line[:, 1], 228 - 180 * np.array(own.right), atol=0.06)


def test_the_picture_for_stored_notebooks_shows_the_present_width(panel):
    panel.width = 6
    errors, answers, signals = panel.figure().axes
    now = panel.state()
    ring = next(line for line in errors.lines if line.get_marker() == "o")
    np.testing.assert_allclose(ring.get_xydata(), [[6, 100 * now.test], [6, 100 * now.train]])
    own = panel._table.answers[0.2, 6, 0, 0]
    np.testing.assert_allclose(answers.lines[1].get_ydata(), own.right)
    np.testing.assert_allclose(signals.lines[1].get_ydata(), panel._table.ways[0].signals[1])
    bundle = panel._repr_mimebundle_()
    picture = Image.open(BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.size == (768, 248) and bundle[VIEW]["model_id"] == panel.box.model_id


# --- the widgets ----------------------------------------------------------------------------------

def test_slider_and_field_follow_each_other_and_have_names(panel):
    panel.slider.value = 6
    assert panel.field.value == 6 and panel.state().width == 6
    panel.field.value = 24
    assert panel.slider.value == 24 and "width 24" in panel.numbers.value
    controls = panel.box.children[0].children
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


def test_a_sweep_without_wrong_labels_or_of_other_widths_is_refused(found):
    with pytest.raises(ValueError, match="no label of this sweep is wrong"):
        descent_panel(found._replace(data={0: found.data[0]}))
    with pytest.raises(ValueError, match="the table has the widths \\[2, 6\\]"):
        descent_panel(found._replace(table=found.table[found.table["width"] < 24]))


def test_images_are_refused():
    data = make_data()
    images = type(data)(**{name: value for name, value in vars(data).items()
                           if not name.startswith(("_", "x_", "shape"))},
                        **{f"x_{split}": getattr(data, f"x_{split}").view(-1, 3, 4)
                           for split in ("train", "val", "test")}, shape=(3, 4))
    found = sweep(images, [2], RECIPE.with_(steps=20), noises=(0, 0.2), replicates=1, layers=1,
                  progress=False)
    with pytest.raises(ValueError, match=r"shape \(3, 4\); this panel draws signals"):
        descent_panel(found)
