"""The pictures of the descent panel: what they say in words, and the numbers in them."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.panels.made import SIZES, svgs
from ticketlab.panels.base import VIEW
from ticketlab.panels.descent.picture import WIDTHS
from ticketlab.panels.descent.table import POINTS
from ticketlab.panels.svg import BOTTOM, HEIGHT, LEFT, RIGHT
from ticketlab.scaling import curves


def polylines(svg, color):
    return [np.array([point.split(",") for point in points.split()], float) for points in
            re.findall(rf'<polyline points="([^"]+)" fill="none" stroke="{color}"', svg)]


def test_three_pictures_that_say_in_words_what_they_show(panel):
    panel.width, panel.signal = 6, 1
    errors, answers, signals = svgs(panel)
    now = panel.state()
    assert all('role="img"' in svg for svg in svgs(panel))
    assert f"at width 6 test error {100 * now.test:.1f} percent" in errors
    assert f"class {now.said} at B; the answer changes {now.changes} times" in answers
    assert f">class {now.wrong} (wrong)</text>" in answers
    assert f"the wrong label {now.wrong}" in signals


def test_the_curves_stand_where_the_table_says_and_the_ring_at_the_width(panel, found):
    rings = []
    for width in SIZES:
        panel.width = width
        svg, low = svgs(panel)[0], HEIGHT - BOTTOM
        test, train = polylines(svg, "#D55E00")[-3:-1]
        scale = (low - 41) / panel._table.top
        for line, split in ((test, "test"), (train, "train")):
            mean = 100 * curves(found.table, 0.2, f"{split}_error").mean(axis=1)
            np.testing.assert_allclose(line[:, 1], low - scale * mean, atol=0.1)
        ring = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6"', svg)
        rings.append((float(ring[1]), float(ring[2])))
        assert rings[-1] == pytest.approx(tuple(test[SIZES.index(width)]), abs=0.1)
    steps = np.diff([x for x, _ in rings])
    assert steps[1] / steps[0] == pytest.approx(np.log(4) / np.log(3), rel=0.02), "a log axis"


def test_the_signal_in_the_middle_has_the_colour_of_the_label_it_was_trained_with(panel):
    square = re.compile('<path d="M[^"a]*z" fill="#D55E00"')
    panel.noise = 0.2
    assert square.search(svgs(panel)[1])
    panel.noise = 0
    assert not square.search(svgs(panel)[1])


def test_the_probabilities_are_drawn_from_end_to_end(panel):
    panel.width, panel.noise = 24, 0.2
    own = panel._table.answers[0.2, 24, 0, 0]
    line = polylines(svgs(panel)[1], "#0072B2")[0]
    assert len(line) == POINTS and (line[0, 0], line[-1, 0]) == (LEFT, WIDTHS[1] - RIGHT)
    np.testing.assert_allclose(line[:, 1], 212 - 171 * np.array(own.right), atol=0.06)


def test_the_signal_in_the_middle_is_drawn_as_it_is(panel):
    signal = np.array([float(each) for each in panel._table.ways[0].signals[1]])
    own = max(polylines(svgs(panel)[2], "#000000"), key=len)  # the shorter one is in the key
    slope, start = np.polyfit(signal, own[:, 1], 1)
    assert slope < 0
    np.testing.assert_allclose(own[:, 1], slope * signal + start, atol=0.11)


def test_the_picture_for_stored_notebooks_shows_the_present_width(panel):
    panel.width = 6
    bundle, metadata = panel._repr_mimebundle_()
    picture = Image.open(BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.width > 900 and bundle[VIEW]["model_id"] == panel.box.model_id
    assert "at width 6 test error" in metadata["image/png"]["alt"]
