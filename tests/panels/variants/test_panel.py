"""The panels of lesson 07: controls with names, silent callbacks, errors shown, a quick move."""

import time

import pytest

from ticketlab.panels import pressure_panel, rotation_panel


def shown(panel):
    return panel.picture.value, panel.numbers.value


@pytest.fixture(params=["rotations", "pressures"])
def panel(request):
    return request.getfixturevalue(request.param)


def test_every_control_has_a_description_and_a_tip(panel):
    controls = [each for each in panel.box.children[0].children if each.description]
    assert all(control.description and (getattr(control, "tooltip", None) or control.description_tooltip)
               for control in controls)
    assert [type(control).__name__ for control in controls[:4]] == ["IntSlider", "BoundedIntText"] * 2


def test_fields_and_sliders_are_one_and_angles_stand_on_their_grid(rotations):
    rotations.field.value, rotations.rate_field.value = 52, 33
    assert (rotations.angle, rotations.slider.value, rotations.rate) == (45, 45, 0.35)
    assert rotations.state().label == "45°" and rotations.state().rate == 0.35


def test_numbers_are_those_of_the_state_and_every_move_changes_them(rotations):
    rotations.place, rotations.angle, rotations.rate = "ReLU layer", 90, 0.8
    now, words = rotations.state(), rotations.numbers.value
    assert f"exact zeros <b>{100 * now.zeros:.1f} %</b>" in words and f"<b>{100 * now.accuracy:.1f} %</b>" in words
    before = shown(rotations)
    rotations.angle = 75
    assert shown(rotations) != before


def test_a_pressure_has_as_many_strengths_as_were_trained(pressures):
    pressures.pressure = "powerpropagation"
    pressures.strength = 2
    assert pressures.state().label == "α = 3"
    pressures.pressure = "L2"
    assert pressures.strength == 1 == pressures.slider.max and pressures.state().label == "weak"
    with pytest.raises(ValueError, match="strength is 2; the slider goes from 0 to 1 in steps of 1"):
        pressures.strength = 2


def test_callbacks_compute_nothing_and_a_move_takes_less_than_16_ms(panel, monkeypatch, capsys):
    for name in ("rotate", "measure"):
        monkeypatch.setattr(f"ticketlab.panels.variants.panel.{name}", None)
    moves = []
    for setting in range(0, panel.slider.max + 1, panel._step):
        began = time.process_time()
        panel._settings.value = setting
        moves.append(time.process_time() - began)
    assert sorted(moves)[len(moves) // 2] < 0.016
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("attribute, value, message", [
    ("angle", 361, "angle is 361; the slider goes from 0 to 360 in steps of 15"),
    ("angle", 7, "in steps of 15"), ("angle", 45.0, "angle is 45.0"), ("angle", True, "angle is True"),
    ("rate", 0.52, "rate is 0.52; the slider goes from 0 to 0.95 in steps of 0.05; write 20 % as 0.2"),
    ("rate", 1.0, "rate is 1.0"), ("place", "pair", "place is 'pair'")])
def test_what_does_not_fit_is_named_and_leaves_the_panel_as_it_was(rotations, attribute, value, message):
    before = shown(rotations)
    with pytest.raises(ValueError, match=message):
        setattr(rotations, attribute, value)
    assert shown(rotations) == before


def test_what_cannot_be_turned_or_stacked_is_named(rotations, trained, some_data):
    plain = trained["L2"]["none"]
    with pytest.raises(ValueError, match="'output' is no place"):
        rotation_panel({"last": (plain, "output", some_data)})
    from tests.landscape.test_symmetries import PAIR, sparse
    with pytest.raises(ValueError, match="another architecture"):
        pressure_panel({"L2": {"none": plain, "other": sparse(PAIR)[0]}}, some_data)


@pytest.mark.parametrize("networks, message", [({}, "there are no networks; give at least one"),
                                               ({"L2": {}}, "there are no networks of 'L2'")])
def test_a_panel_of_no_networks_says_so(networks, message):
    with pytest.raises(ValueError, match=message):
        pressure_panel(networks, None)
