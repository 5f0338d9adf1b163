"""A slider and a field that are one: what they are called, where they may stand, and what they tell."""

import numpy as np
import pytest

from ticketlab.panels.controls import NUMBER, WHOLE, Control, levels, pick, stepped


@pytest.fixture
def percent():
    return Control(NUMBER, ("share (%)", "%"), ("share: by slider", "share: as a number"),
                   ("300px", "99px"), snap=lambda value: round(round(value * 2) / 2, 1),
                   min=0, max=99.5, step=0.5)


@pytest.mark.parametrize("make, values", [
    (lambda: levels(4), (3, 1)),
    (lambda: pick(("k", "k"), "k: the step", [("none", 0), ("ten", 10), ("many", 1000)], "99px"), (1000, 10)),
    (lambda: Control(NUMBER, ("a", "b"), ("c", "d"), ("1px", "2px"), min=0, max=9), (2.5, 7.0)),
])  # fmt: skip
def test_slider_and_field_follow_each_other_and_tell_once(make, values):
    control, told = make(), []
    control.observe(lambda change: told.append((control.slider.value, control.field.value)))
    control.slider.value = values[0]
    assert control.field.value == control.value == values[0]
    control.field.value = values[1]
    assert control.slider.value == control.value == values[1]
    control.value = values[0]
    assert told == [(each, each) for each in (*values, values[0])]


def test_slider_and_field_have_names_and_tips_and_the_slider_no_number_of_its_own(percent):
    assert (percent.slider.description, percent.field.description) == ("share (%)", "%")
    tips = [getattr(each, "tooltip", None) or each.description_tooltip
            for each in (percent.slider, percent.field)]
    assert tips == ["share: by slider", "share: as a number"]
    assert not percent.slider.readout and percent.slider.continuous_update


@pytest.mark.parametrize("mover", ["slider", "field"])
@pytest.mark.parametrize("given, nearest", [(85.3, 85.5), (36.499999999999996, 36.5), (0.2, 0), (120, 99.5)])
def test_a_value_between_two_steps_goes_to_the_nearer_and_is_told_once(percent, mover, given, nearest):
    percent.value, told = 50, []
    percent.observe(lambda change: told.append(percent.value))
    getattr(percent, mover).value = given
    assert (percent.slider.value, percent.field.value, told) == (nearest, nearest, [nearest])
    getattr(percent, mover).value = given  # again, from where it already stands
    assert (percent.slider.value, percent.field.value) == (nearest, nearest)


@pytest.mark.parametrize("value", [5, -1, 1.5, True, "2", None])
def test_a_level_outside_the_range_is_refused_with_the_message(value):
    control = levels(4)
    control.value = 2
    with pytest.raises(ValueError) as error:
        control.go("level", value, "the net has")
    assert str(error.value) == f"level is {value!r}; the net has levels 0 to 4"
    assert control.slider.value == control.field.value == 2
    control.go("level", 4, "the net has")
    assert control.field.value == 4


def test_a_shorter_range_takes_slider_and_field_along():
    control = levels(4)
    control.value = 4
    control.reach(2)
    assert (control.slider.max, control.field.max, control.value, control.field.value) == (2, 2, 2, 2)
    control.reach(6)
    control.field.value = 6
    assert control.value == 6


def test_where_a_slider_begins_and_ends_stands_beside_it():
    control = levels(4)
    assert control.row[1].value == "0 to 4"
    control.reach(12)
    assert control.row[1].value == "0 to 12"
    assert pick(("k", "k"), "k", [("none", 0), ("many", 9)], "9px").row[1].value == "none to many"


class Stepped:
    """An owner of three controls: percent, whole degrees and pixels, as panels have them."""

    rate = stepped("_rate", "rate", "A share.", 100)
    angle = stepped("_angle", "angle", "In degrees.")
    width = stepped("_width", "width", "In pixels.")

    def __init__(self):
        self._rate, self._angle, self._width = (
            Control(kinds, ("a", "b"), ("a", "b"), ("99px", "99px"), min=low, max=high, step=step)
            for kinds, low, high, step in ((WHOLE, 0, 95, 5), (WHOLE, 0, 360, 15), (NUMBER, 0.5, 5, 0.1)))


@pytest.mark.parametrize("name, value, at", [
    ("rate", 0.3, 30), ("rate", 0.95, 95), ("rate", 0, 0), ("angle", 360, 360), ("angle", np.int32(45), 45),
    ("width", 0.8, 0.8), ("width", 5, 5)])
def test_a_property_moves_its_control_to_a_step(name, value, at):
    owner = Stepped()
    setattr(owner, name, value)
    assert getattr(owner, f"_{name}").slider.value == at and getattr(owner, name) == pytest.approx(float(value))


@pytest.mark.parametrize("name, value, message", [
    ("rate", 0.96, "rate is 0.96; the slider goes from 0 to 0.95 in steps of 0.05; write 20 % as 0.2"),
    ("rate", 0.52, "rate is 0.52; "), ("rate", -0.05, "rate is -0.05; "), ("rate", float("nan"), "rate is nan; "),
    ("angle", 7, "angle is 7; the slider goes from 0 to 360 in steps of 15$"), ("angle", 375, "angle is 375; "),
    ("angle", 45.0, "angle is 45.0; "), ("angle", False, "angle is False; "),
    ("width", 0.4, "width is 0.4; the slider goes from 0.5 to 5 in steps of 0.1$"), ("width", 0.85, "width is 0.85")])
def test_a_property_refuses_what_is_no_step_and_leaves_its_control(name, value, message):
    owner = Stepped()
    before = getattr(owner, name)
    with pytest.raises(ValueError, match=message):
        setattr(owner, name, value)
    assert getattr(owner, name) == before
