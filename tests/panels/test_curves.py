"""Lines, dots and markers stand where they are put, and arms look as they do in the figures."""

from xml.etree import ElementTree

from ticketlab.figures import drawing
from ticketlab.panels import curves, svg


def test_a_line_goes_through_its_points_and_is_dashed_only_if_asked():
    line = ElementTree.fromstring(curves.polyline([(1, 2.04), (3.06, 4)], "#123456", 2, ""))
    assert line.get("points") == "1.0,2.0 3.1,4.0" and line.get("stroke-dasharray") is None
    assert (line.get("stroke"), line.get("stroke-width"), line.get("fill")) == ("#123456", "2", "none")
    assert ElementTree.fromstring(curves.polyline([(1, 2)], "#123456", 2, "4 3")).get(
        "stroke-dasharray") == "4 3"


def test_dots_and_squares_have_their_middle_where_they_are_put():
    """All of a colour are one element: a browser lays out each on its own."""
    places = [(10, 20), (15.04, 30.06)]
    discs = ElementTree.fromstring(curves.dots(places, 3, "#000000", square=False)).get("d")
    assert discs == "M7.0,20.0a3,3 0 1 0 6,0a3,3 0 1 0 -6,0zM12.0,30.1a3,3 0 1 0 6,0a3,3 0 1 0 -6,0z"
    squares = ElementTree.fromstring(curves.dots(places, 3, "#000000", square=True)).get("d")
    assert squares == "M7.0,17.0L13.0,17.0L13.0,23.0L7.0,23.0zM12.0,27.1L18.0,27.1L18.0,33.1L12.0,33.1z"
    assert svg.spot(3, "#000000", False)(10, 20) == curves.dots([(10, 20)], 3, "#000000", False)


def test_every_marker_of_the_figures_can_be_drawn_and_no_two_look_alike():
    styles = drawing.arm_styles(["ticket", "reinit", "signs", "shuffled", "random", "one_shot",
                                 "fine_tune", "untrained"])
    drawn = {}
    for name, (color, marker) in styles.items():
        curve = curves.Curve(name, color, marker, [], [], [], [])
        path = ElementTree.fromstring(curves.markers(curve, [(50, 60)], 2))
        drawn[marker] = path.get("d")
        assert path.get("fill") == color
        if "a" not in drawn[marker]:  # of the disc's path only its left end is a place
            corners = [tuple(map(float, each.split(","))) for each in drawn[marker][1:-1].split("L")]
            assert all(abs(x - 50) <= 3 and abs(y - 60) <= 3 for x, y in corners), marker
            assert min(x for x, _ in corners) < 50 < max(x for x, _ in corners)
    assert len(set(drawn.values())) == len({marker for _, marker in styles.values()})
    assert drawn["o"].startswith("M48.0,60.0a2,2")
