"""The parts that the panels' pictures are made of: places, words for all, and text that stays text."""

import re
from xml.etree import ElementTree

import pytest

from ticketlab.figures import drawing
from ticketlab.panels import svg


def test_a_plot_has_its_ranges_at_its_ends_and_its_y_axis_upside_down():
    plot = svg.Plot(400, (10, 30), (0, 50), "density", "accuracy")
    x, y, low = plot.x, plot.y, plot.low
    assert (x(10), x(30), x(20)) == (svg.LEFT, 400 - svg.RIGHT, (svg.LEFT + 388) / 2)
    assert (y(0), y(50)) == (low, svg.TOP) and low == svg.HEIGHT - svg.BOTTOM
    falling = svg.Plot(400, (30, 10), (0, 50), "density", "accuracy").x
    assert falling(30) == svg.LEFT < falling(10), "from dense to sparse"


def test_on_a_log_scale_equal_ratios_are_equally_far_apart():
    x = svg.Plot(400, (1000, 10), (0, 50), "weights", "accuracy", log=True).x
    assert (x(1000), x(10)) == (svg.LEFT, 400 - svg.RIGHT)
    assert x(100) == pytest.approx((svg.LEFT + 388) / 2)


def test_a_band_is_the_area_between_lowest_and_highest_and_a_ring_is_around_its_value():
    plot = svg.Plot(400, (0, 1), (0, 50), "", "")
    corners = ElementTree.fromstring(plot.band([0, 1], [10, 20], [30, 40], "#123456")).get("points")
    assert [tuple(map(float, each.split(","))) for each in corners.split()] == [
        pytest.approx((plot.x(x), plot.y(y)), abs=0.05)
        for x, y in ((0, 10), (1, 20), (1, 40), (0, 30))]
    ring = ElementTree.fromstring(plot.ring(0.5, 25, 7))
    assert [float(ring.get(name)) for name in ("cx", "cy", "r")] == pytest.approx(
        [plot.x(0.5), plot.y(25), 7], abs=0.05)


def test_ticks_stand_at_their_values_with_their_words():
    plot = svg.Plot(400, (0, 2), (0, 1e6), "level", "weights", x_ticks=[(1, "one")],
                    y_ticks=[(5e5, "half")])
    x, y, low, axes = plot.x, plot.y, plot.low, plot.frame
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>(\w+)</text>', axes)
    places = {words: (float(left), float(top)) for left, top, words in found}
    assert places["one"] == pytest.approx((x(1), low + 15), abs=0.05)
    assert places["half"] == pytest.approx((svg.LEFT - 7, y(5e5) + 4), abs=0.05)
    assert {"level", "weights"} <= set(places)
    assert ">1k<" in svg.Plot(400, (0, 2), (0, 1000), "", "").frame
    assert ">200k<" in svg.Plot(400, (0, 2), (0, 200_000), "", "").frame


@pytest.mark.parametrize("value, words", [(0, "0"), (0.5, "0.5"), (999, "999"), (1000, "1k"), (2500, "2.5k"), (10_000, "10k"), (150_000, "150k"), (10**6, "1M")])
def test_words_beside_an_axis_leave_room_for_its_name(value, words):
    """Beside "10,000" the name of the axis could not be read."""
    assert svg.amount(value) == words
    assert 7 + svg.LETTER * len(words) < svg.LEFT - 11


def test_bars_of_layers_are_as_long_as_the_share_kept():
    picture = svg.layer_bars([("hidden1", 25, 100), ("output", 1000, 1000)])
    kept = re.findall(rf'width="([\d.]+)" height="9" fill="{drawing.KEPT}"', picture)
    assert [float(each) for each in kept] == [(svg.BARS - 60) * 0.25, svg.BARS - 60]
    assert 'aria-label="Weights kept by layer: hidden1 25 of 100, 25.0 percent; output 1000 of 1000' in picture
    assert ">1,000 of 1,000<" in picture and ">25.0 %<" in picture
    assert ">5.97 of 9.95M<" in svg.layer_bars([("attention output", 5_971_980, 9_953_280)]), "runs into the name"
    many = svg.layer_bars([(f"conv{number}", 1, 2) for number in range(13)])
    height = int(re.search(r'height="(\d+)"', many)[1])
    last = max(int(each) for each in re.findall(r'<rect x="8" y="(\d+)"', many))
    assert height > svg.HEIGHT and last + 9 < height, "the last bar lies inside"


def test_a_bar_has_its_share_of_the_length_and_stays_within_it():
    for share, long in ((-0.1, 0), (0, 0), (0.25, 30), (1, 120), (1.2, 120)):
        assert re.findall(r'width="([\d.]+)"', svg.bar(10, share, 120, "#000000")) == ["120.0", f"{long:.1f}"]


def test_a_key_wraps_before_its_words_would_run_into_one_another_or_out_of_the_picture():
    words = ["ticket", "90.85 % a round", "reinit", "dense network, to the same area"]
    parts, top = svg.keys(200, [(svg.stroke("#123456"), each) for each in words])
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)<', parts)
    assert [each for *_, each in found] == words
    ends = {}
    for x, y, each in found:
        assert float(x) > ends.get(y, 0), f"{each!r} begins where the words before it end"
        ends[y] = float(x) + svg.LETTER * len(each)
    assert len(ends) == 3 and top > max(map(float, ends)), "three rows, and the plot below"
    assert all(end <= 200 for y, end in ends.items() if y != found[-1][1])


def test_three_pictures_fit_beside_the_side_bar_and_no_words_are_below_11_pixels():
    """A cell of 840 pixels leaves the pictures 758, and JupyterLab at 1280 has a cell of 930; below they wrap."""
    from ticketlab.panels import accuracies
    from ticketlab.panels.descent import picture as descent
    from ticketlab.panels.prune import picture as prune
    from ticketlab.panels.rewind import picture as rewind
    from ticketlab.panels.scaling import picture as scaling
    from ticketlab.panels.tickets import picture as tickets

    for widths in ((*prune.WIDTHS, svg.BARS), (*tickets.WIDTHS, accuracies.WIDTH), descent.WIDTHS,
                   (*rewind.WIDTHS, accuracies.WIDTH), (scaling.WIDTH, svg.BARS)):
        assert sum(widths) + 6 * (len(widths) - 1) <= 756
    picture = svg.document(100, 50, "", [])
    assert "min-width:100px" in picture and 'font-size="11"' in picture


def test_names_that_look_like_markup_stay_text():
    """Arms and layers are named by learners."""
    picture = svg.document(10, 20, '<b>"loud" & clear', [svg.text(1, 2, "<script>", "start"),
                                                         svg.keys(99, [(svg.square("#fff"), "a < b")])[0]])
    root = ElementTree.fromstring(picture)
    assert root.get("aria-label") == '<b>"loud" & clear' and root.get("role") == "img"
    assert [each.text for each in root.iter("text")] == ["<script>", "a < b"]
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("10", "20", "0 0 10 20")


def test_nothing_but_the_upright_name_is_moved_and_nothing_is_see_through_as_a_whole():
    """Where an element has a transform or an opacity, a browser paints the page in parts: a fill's own is free."""
    curve = svg.Curve("ticket", "#123456", "D", [1, 2], [10, 20], [5, 15], [15, 25])
    plot = svg.Plot(200, (0, 3), (0, 50), "x", "y")
    drawn = plot.frame + plot.band(curve.x, curve.low, curve.high, curve.color) + svg.markers(
        curve, plot.points(curve.x, curve.mean), 3) + svg.keys(200, [(svg.stroke("#123456", curve=curve), "a")])[0]
    assert drawn.count("transform=") == 1 and " opacity=" not in drawn and 'fill-opacity="0.2"' in drawn
