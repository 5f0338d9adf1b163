"""A slider and a field that are one: what they are called, where they may stand, and what they tell."""

import pytest

from ticketlab.panels.controls import NUMBER, Control, levels, pick


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
