"""The rewind panel: exact numbers, one scale for all steps, constant text, silent callbacks."""

import base64
import re
from io import BytesIO
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image

from tests.training.test_loop import DATA, NETS, RECIPES, fit
from ticketlab import landscape, stack
from ticketlab.landscape import Line, instability, project
from ticketlab.lottery import rewinding
from ticketlab.panels import rewind_panel
from ticketlab.panels.base import VIEW
from ticketlab.panels.rewind.picture import WIDTHS
from ticketlab.pruning import density, describe
from ticketlab.training import Snapshot

RECIPE, SEEDS, STEPS = RECIPES["sgd"], (0, 1), (0, 10, 20)
WAYS = [rewinding.weights(0), rewinding.weights(10), rewinding.learning_rate(10),
        rewinding.fine_tuning(10)]


@pytest.fixture(scope="module")
def family():
    start = stack.draw(NETS["cnn"], SEEDS)
    run = fit(start, RECIPE, snapshots=STEPS[1:])
    starts = {0: Snapshot(start)} | run.snapshots
    children = instability.children(starts, DATA, RECIPE, SEEDS, snapshots=[25, 33], progress=False)
    lines = instability.lines(children, DATA, points=5, progress=False)
    tickets = rewinding.search(NETS["cnn"], DATA, RECIPE, WAYS, levels=3, rate=0.4, replicates=2,
                               progress=False)
    return SimpleNamespace(children=children, lines=lines, starts=starts, tickets=tickets)


@pytest.fixture
def panel(family):
    return rewind_panel(family.children, family.lines, family.starts, family.tickets)


@pytest.fixture
def bare(family):
    """Without tickets."""
    return rewind_panel(family.children, family.lines, family.starts, replicate=1)


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


def polylines(svg):
    return [np.array([point.split(",") for point in points.split()], float)
            for points in re.findall(r'<polyline points="([^"]+)"', svg)]


# --- the numbers ----------------------------------------------------------------------------------

def test_the_barrier_is_that_of_the_line(panel, family):
    for k in STEPS:
        panel.k, panel.replicate = k, 1
        now, barrier = panel.state(), family.lines[k].barrier().double()
        assert (now.k, now.own) == (k, barrier[1])
        assert (now.barrier, now.lowest, now.highest) == (barrier.mean(), barrier.min(),
                                                          barrier.max())
        assert now.stable == (barrier.mean() < 0.02)
        assert f"k = {k}: barrier <b>{100 * barrier.mean():.1f} points</b>" in panel.numbers.value
        assert f"replicate 1: {100 * barrier[1]:.1f}" in panel.numbers.value


def test_distance_and_angle_are_those_of_the_weights(panel, family):
    panel.k, panel.replicate = 10, 1
    ends = [run.stack for run in family.children[10]]
    now = panel.state()
    assert now.apart == pytest.approx(landscape.distance(*ends)[1].item())
    cosine = landscape.cosine(*ends, family.starts[10].stack)[1].item()
    assert now.degrees == pytest.approx(np.degrees(np.arccos(cosine)))
    assert f"{now.apart:.3g} apart" in panel.numbers.value


def test_the_tickets_are_those_of_their_way_at_the_level(panel, family):
    panel.k, panel.level = 10, 2
    now, tickets = panel.state(), family.tickets["rewind to 10"]
    found = tickets.trials[2].run.last("test_accuracy").double()
    shares = [density(trial.masks)[0].item() for trial in tickets.trials]
    assert (now.way, now.level, now.last) == ("rewind to 10", 2, 3)
    assert (now.density, now.sparsity, now.removed) == (
        shares[2], 1 - shares[2], 1 - shares[2] / shares[1])
    assert now.accuracy == pytest.approx(found.mean().item())
    assert (now.accuracy_lowest, now.accuracy_highest) == pytest.approx(
        (found.min().item(), found.max().item()))
    dense = tickets.trials[0].run.last("test_accuracy").double().mean().item()
    assert now.dense == pytest.approx(dense)
    words = panel.numbers.value
    assert describe(now.density, now.removed).replace(", ", " · ") in words
    assert f"rewind to 10: test accuracy <b>{100 * now.accuracy:.1f} %</b>" in words
    assert f"difference {100 * (now.accuracy - dense):+.1f} points" in words


def test_learning_rate_rewinding_and_fine_tuning_do_not_stand_in_for_rewound_weights(family):
    """Their survivors never go back to the weights of step k, though their schedule does."""
    others = {name: family.tickets[name] for name in ("lr rewind to 10", "fine_tune")}
    assert {found.stem.step for found in others.values()} == {10}
    now = rewind_panel(family.children, family.lines, family.starts, others, k=10).state()
    assert now.way is None and now.accuracy is None and now.dense > 0


def test_a_step_without_tickets_says_so(panel):
    panel.k, panel.level = 20, 1
    now = panel.state()
    assert now.way is None and now.accuracy is None and now.density < 1
    assert "no tickets were rewound to step 20" in panel.numbers.value
    assert "none rewound to this step" in svgs(panel)[2]


def test_tickets_may_be_named_by_their_step(family, panel):
    byk = {k: family.tickets[f"rewind to {k}"] for k in (0, 10)}
    other = rewind_panel(family.children, family.lines, family.starts, byk, k=10, level=2)
    panel.k, panel.level = 10, 2
    assert other.state() == panel.state()


def test_without_tickets_there_are_two_pictures_and_no_level(bare):
    assert len(svgs(bare)) == 2 and bare.level is None and bare.state().density is None
    assert "level" not in bare.numbers.value
    descriptions = [control.description for control in bare.box.children[0].children]
    assert descriptions == ["rewind step k", "k", "replicate"]
    with pytest.raises(ValueError, match="level is 1, and this panel has no tickets"):
        bare.level = 1


# --- the pictures ---------------------------------------------------------------------------------

def test_three_pictures_that_say_in_words_what_they_show(panel):
    panel.k, panel.level = 10, 1
    paths, error, accuracy = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    now = panel.state()
    assert 'aria-label="Paths of two children of the weights of step 10' in paths
    assert f"{now.apart:.3g} apart" in paths and "start: step 10" in paths
    assert f"barrier {100 * now.barrier:.1f} points" in error
    assert f"{100 * now.accuracy:.1f} percent for rewind to 10" in accuracy
    for name in ("rewind to 0", "rewind to 10", "lr rewind to 10", "fine-tune", "dense"):
        assert f">{name}</text>" in accuracy
    for words in ("first child", "second child", "weight distance"):
        assert words in paths
    assert sum(WIDTHS) < 1000, "side by side in a notebook"


def test_the_paths_are_the_projections_on_one_scale_for_all_steps(panel, family):
    """The same pixels for the same distance, across and up, whatever step and replicate."""
    units = []
    for k in STEPS:
        for replicate in SEEDS:
            panel.k, panel.replicate = k, replicate
            seen = project(family.children[k], family.starts[k], replicate)
            for way, drawn in zip(seen[:2], polylines(svgs(panel)[0])[:2], strict=True):
                moved = drawn - drawn[0]
                for axis, sign in ((0, 1), (1, -1)):
                    big = np.abs(way[:, axis]).argmax()
                    units.append(sign * moved[big, axis] / way[big, axis])
                np.testing.assert_allclose(moved, way * [units[0], -units[0]], atol=0.16)
                assert (drawn[:, 0] >= 56).all() and (drawn[:, 0] <= WIDTHS[0] - 14).all()
                assert (drawn[:, 1] >= 30).all() and (drawn[:, 1] <= 228).all()
    assert np.ptp(units) < 0.05 * np.mean(units)


def test_the_error_is_drawn_with_its_threshold_and_its_bar(panel, family):
    panel.k = 0
    error, line = svgs(panel)[1], family.lines[0]
    threshold, own, mean, upright, *_ = polylines(error)
    low, mean_error = 228, 100 * line.error.double().mean(1).numpy()
    # two points of the mean curve give the scale
    unit = (mean[0, 1] - low) / mean_error[0]
    np.testing.assert_allclose(mean[:, 1], low + unit * mean_error, atol=0.2)
    np.testing.assert_allclose(own[:, 1], low + 100 * unit * line.error[:, 0].numpy(), atol=0.2)
    foot = (mean_error[0] + mean_error[-1]) / 2
    np.testing.assert_allclose(threshold[:, 1], low + unit * (foot + 2), atol=0.2)
    length = 100 * line.barrier().mean().item()
    np.testing.assert_allclose(upright[:, 1], [low + unit * foot, low + unit * (foot + length)],
                               atol=0.2)


def test_the_ring_stands_at_the_tickets_of_the_present_step_and_level(panel):
    rings = set()
    for k in (0, 10):
        for level in range(4):
            panel.k, panel.level = k, level
            ring = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="7"', svgs(panel)[2])
            rings.add((float(ring[1]), k))
    assert len({x for x, _ in rings}) == 4
    panel.k = 20
    assert 'r="7"' not in svgs(panel)[2]


def test_every_move_changes_picture_and_numbers(panel):
    seen = set()
    for k in STEPS:
        for level in range(4):
            for replicate in SEEDS:
                panel.k, panel.level, panel.replicate = k, level, replicate
                seen.add(shown(panel))
    assert len(seen) == 3 * 4 * 2


def test_ends_at_one_error_and_lines_without_error_can_be_drawn(family):
    """A net that makes no mistake anywhere: the axis must not collapse."""
    flat = {k: Line(line.alphas, torch.zeros_like(line.error), line.loss)
            for k, line in family.lines.items()}
    panel = rewind_panel(family.children, flat, family.starts)
    assert panel.state().barrier == 0 and panel.state().stable
    assert "nan" not in panel.picture.value and "inf" not in panel.picture.value
    panel.figure()


# --- widgets --------------------------------------------------------------------------------------

def test_every_control_has_a_description_and_a_tip(panel):
    controls = panel.box.children[0].children
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
    for name in ("ticketlab.training.loop.forward", "ticketlab.landscape.lines.line",
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
            bundle = each._repr_mimebundle_()
            texts.add(bundle["text/plain"])
        picture = base64.b64decode(bundle["image/png"])
        assert len(picture) < 60_000
        assert Image.open(BytesIO(picture)).size[0] >= 500
        assert bundle[VIEW]["model_id"] == each.box.model_id
        assert isinstance(each.box, ipywidgets.Widget)
    assert texts == {repr(panel)} == {"rewind panel: sliders for rewind step, level and replicate"}
    assert set(panel._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}


def test_the_picture_shows_the_state_of_the_panel(panel, family):
    panel.k, panel.level, panel.replicate = 10, 2, 1
    now = panel.state()
    paths, error, accuracy = panel.figure().axes
    least, most = np.array([paths.get_xlim(), paths.get_ylim()]).T
    assert (least < np.concatenate([seen[0] for seen in panel._table.paths.values()]).min(0)).all()
    seen = project(family.children[10], family.starts[10], 1)
    np.testing.assert_allclose(paths.lines[0].get_xydata(), seen.first)
    np.testing.assert_allclose(paths.lines[1].get_xydata(), seen.second)
    np.testing.assert_allclose(error.lines[0].get_ydata(),
                               100 * family.lines[10].error.double().mean(1).numpy())
    assert accuracy.lines[-1].get_xydata()[0] == pytest.approx(
        (100 * now.density, 100 * now.accuracy))
    assert paths.get_aspect() == 1


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


@pytest.mark.parametrize("change, message", [
    (lambda f: {"lines": {}}, "there are no lines"),
    (lambda f: {"lines": f.children}, "stands a tuple, not a landscape.Line"),
    (lambda f: {"lines": {"start": f.lines[0]}}, "'start' is no rewind step"),
    (lambda f: {"children": {0: f.children[0]}}, "children has no k = 10, and lines has"),
    (lambda f: {"starts": {0: f.starts[0]}}, "starts has no k = 10, and lines has"),
    (lambda f: {"starts": f.starts | {20: f.starts[10]}}, "under k = 20 stands at step 10"),
    (lambda f: {"starts": f.starts | {0: Snapshot(f.starts[0].stack[[0]])}},
     "different numbers of replicates"),
    (lambda f: {"tickets": {0: f.children}}, "tickets has a dict under 'rewind to 0'"),
])
def test_what_does_not_belong_together_is_refused(family, change, message):
    with pytest.raises(ValueError, match=message):
        rewind_panel(**(vars(family) | change(family)))


def test_tickets_on_different_ladders_are_refused(family):
    other = rewinding.search(NETS["cnn"], DATA, RECIPE, [rewinding.weights(10)], levels=1, rate=0.2,
                             replicates=2, progress=False)
    with pytest.raises(ValueError, match="different densities: 'rewind to 10' at"):
        rewind_panel(family.children, family.lines, family.starts,
                     {0: family.tickets["rewind to 0"], 10: other["rewind to 10"]})
