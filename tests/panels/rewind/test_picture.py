"""The pictures of the rewind panel: what they say in words, and the numbers in them."""

import re

import numpy as np
import torch

from tests.panels.made import SEEDS, STEPS, shown, svgs
from ticketlab.landscape import Line, project
from ticketlab.panels import rewind_panel
from ticketlab.panels.rewind.picture import WIDTHS
from ticketlab.panels.svg import BOTTOM, HEIGHT, LEFT, RIGHT


def polylines(svg):
    return [np.array([point.split(",") for point in points.split()], float)
            for points in re.findall(r'<polyline points="([^"]+)"', svg)]


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
                assert (drawn[:, 0] >= LEFT).all() and (drawn[:, 0] <= WIDTHS[0] - RIGHT).all()
                assert (drawn[:, 1] >= 30).all() and (drawn[:, 1] <= HEIGHT - BOTTOM).all()
    assert np.ptp(units) < 0.05 * np.mean(units)


def test_the_error_is_drawn_with_its_threshold_and_its_bar(panel, family):
    panel.k = 0
    error, line = svgs(panel)[1], family.lines[0]
    threshold, own, mean, upright, *_ = polylines(error)
    low, mean_error = HEIGHT - BOTTOM, 100 * line.error.double().mean(1).numpy()
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
