"""What all figures share: round ticks, the house style, and settings left alone."""

import matplotlib
import pytest

from ticketlab import figures
from ticketlab.figures import drawing


def test_figures_leave_the_global_settings_alone(initial, final, masks, run_frame, results):
    before = matplotlib.rcParams.copy()
    figures.histograms(final, initial, masks=masks)
    figures.curves(run_frame)
    figures.accuracy_by_density(results)
    assert matplotlib.rcParams == before


@pytest.mark.parametrize("low, high, expected", [
    (0, 100, [0, 20, 40, 60, 80, 100]), (-0.3, 0.3, [-0.2, 0, 0.2]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (0, 3012, [0, 1000, 2000, 3000]), (2, 2, [2]),
])  # fmt: skip
def test_ticks_are_round_numbers_inside_the_range(low, high, expected):
    assert drawing.ticks(low, high) == expected


@pytest.fixture
def nothing_given(monkeypatch):
    monkeypatch.setattr(drawing, "_GIVEN", {})


def test_an_arm_keeps_its_colour_whatever_it_is_drawn_with(nothing_given):
    """Lesson 05's rewind steps had one colour in a figure and another one in the panel."""
    first = drawing.arm_styles(["rewind to 0", "rewind to 10", "rewind to 100", "fine_tune"])
    assert first["rewind to 0"] == drawing.ARMS["ticket"], "that is what it is"
    again = drawing.arm_styles(["rewind to 100", "reinit", "rewind to 10"])
    assert drawing.arm_styles(["lr rewind to 10"])["lr rewind to 10"] == drawing.ARMS["lr_rewind"]
    assert {arm: again[arm] for arm in ("rewind to 10", "rewind to 100")} == {
        arm: first[arm] for arm in ("rewind to 10", "rewind to 100")}
    for styles in (first, again):
        assert len({color for color, _ in styles.values()}) == len(styles)


def test_arms_that_were_given_one_colour_apart_get_two_together(nothing_given):
    one, two = (drawing.arm_styles([arm]) for arm in ("mine", "ticket"))
    both = drawing.arm_styles(["mine", "ticket"])
    assert both == one | two
    drawing._GIVEN["mine"] = drawing.ARMS["ticket"]
    both = drawing.arm_styles(["mine", "ticket"])
    assert both["ticket"] == drawing.ARMS["ticket"] and both["mine"][0] != both["ticket"][0]


@pytest.mark.parametrize("together", [
    ["everything", "everything, with norms", "last layer", "first layer", "biases", "norms"],
    ["signed constant", "Kaiming normal", "magnitude", "magnitude, constant", "random", "dense"],
    ["everything", "supermask", "last layer"]])
def test_arms_that_lesson_08_draws_together_have_colours_of_their_own(together):
    styles = drawing.arm_styles(together)
    assert all(arm in drawing.ARMS for arm in together), "so that they look alike in all its figures"
    assert len({color for color, _ in styles.values()}) == len(together)


def test_every_arm_can_be_seen_on_white():
    """Yellow could not: its contrast with the paper was 1.3 to 1."""
    def light(color):
        parts = [int(color[place:place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert {arm: round(1.05 / (light(color) + 0.05), 1) for arm, (color, _) in drawing.ARMS.items()
            if 1.05 / (light(color) + 0.05) < 2} == {}


def test_fine_tune_is_spelt_in_one_way():
    assert [drawing.arm_name(arm) for arm in ("fine_tune", "one_shot", "rewind to 5")] == [
        "fine-tune", "one shot", "rewind to 5"]
