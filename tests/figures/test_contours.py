"""The contour map shows the measured error, three corners, and says how much lies outside of the plane."""

import pytest

from tests.landscape.test_surface import RUN, START, surface
from ticketlab import figures, landscape


def test_corners_paths_and_what_lies_outside_are_drawn_and_said():
    seen = surface()
    moments = [START[0], RUN.snapshots[10].stack[0], RUN.stack[0]]
    ax = figures.surface(seen, ["start", "first", "second"], {"first": moments})
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    share = 100 * landscape.paths(seen, moments)[1].max().item()
    assert labels == [f"first: up to {share:.0f} % outside of the plane", "start", "first", "second"]
    drawn = {line.get_label(): line.get_xydata() for line in ax.lines}
    for name, corner in zip(["start", "second"], seen.corners[[0, 2]], strict=True):
        assert drawn[name][0] == pytest.approx(corner.tolist())
    assert ax.get_aspect() == 1, "distances are true in every direction"


def test_three_corners_have_three_names():
    with pytest.raises(ValueError, match="there are 2 names for the three corners"):
        figures.surface(surface(), ["start", "end"])
