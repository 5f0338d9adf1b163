"""The pictures of the tickets panel: what they say in words, and the numbers in them."""

import base64
import re
from io import BytesIO

import numpy as np
from PIL import Image

from tests.panels.made import shown, svgs
from ticketlab.panels.tickets import picture as ticket_svg


def test_black_is_the_densest_block_and_white_is_none():
    blocks = np.array([[0.0, 0.2], [0.1, 0.4]])
    picture = ticket_svg.masks([ticket_svg.Picture("output", 7, 2, 2, blocks)])
    grey = np.asarray(Image.open(BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", picture)[1]))))
    np.testing.assert_array_equal(grey, [[255, 128], [191, 0]])
    assert "black: 40 % kept" in picture


def test_three_pictures_that_say_in_words_what_they_show(panel):
    panel.level, panel.layer = 2, "hidden1"
    now = panel.state()
    histogram, mask, accuracy = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    kept = now.kept_by_layer["hidden1"]
    assert f'aria-label="Histogram of the weights of hidden1, after training: {kept} kept' in histogram
    assert f"Mask: hidden1, 9 units by 12 inputs, {kept} kept" in mask
    assert f"{100 * now.accuracy:.1f} percent with {100 * now.density:.3g} percent of the weights" in accuracy
    for name in ("ticket", "64 % a round", "reinit", "random", "dense"):
        assert f">{name}</text>" in accuracy
    assert ">unit<" in mask and ">input<" in mask and ">weights remaining (%)<" in accuracy


def test_all_layers_have_a_mask_each(panel):
    panel.level = 1
    mask = svgs(panel)[1]
    assert mask.count("<image") == 3 and all(f">{layer}<" in mask for layer in panel.state().kept_by_layer)


def test_the_ring_lies_on_the_curve_at_the_level(panel):
    for panel.level in (0, 4):
        accuracy = svgs(panel)[2]
        line = re.search(r'<polyline points="([^"]+)" fill="none" stroke="[^"]+" stroke-width="2"', accuracy)[1].split()
        ring = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="7"', accuracy)
        assert ",".join(ring.groups()) == line[panel.level]


def test_the_accuracy_axis_is_the_same_for_all_rates_and_levels(panel):
    def axis():
        return re.findall(r'text-anchor="end" >([\d.]+)<', svgs(panel)[2])

    seen = set()
    for panel.rate in (0.4, 0.64):
        for panel.level in (0, 2):
            seen.add(tuple(axis()))
    assert len(seen) == 1 and len(next(iter(seen))) > 1


def test_every_level_changes_picture_and_numbers(panel):
    seen = set()
    for panel.slider.value in range(5):
        seen.add(shown(panel))
    assert len(seen) == 5 and all(len({one[part] for one in seen}) == 5 for part in (0, 1))


def test_a_small_layer_is_shown_weight_by_weight(panel, tickets):
    panel.level, panel.layer = 3, "hidden1"
    data = re.search(r'href="data:image/png;base64,([^"]+)"', svgs(panel)[1])[1]
    black = np.asarray(Image.open(BytesIO(base64.b64decode(data)))) == 0
    np.testing.assert_array_equal(black, tickets.trials[3].masks["hidden1.weight"][0])


def test_every_arm_has_a_point_a_level(panel):
    """The search begins dense, its controls at the first level."""
    points = [len(each.split()) for each in re.findall(
        r'<polyline points="([^"]+)" fill="none" stroke="[^"]+" stroke-width="[\d.]+"/>', svgs(panel)[2])]
    assert sorted(points)[-3:] == [4, 4, 5]
