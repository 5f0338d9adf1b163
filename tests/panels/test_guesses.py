"""The guess of a lesson: a slider and a field that are one, stored as question and answer."""

import math

import pytest

from ticketlab import claims, panels
from ticketlab.panels import guesses


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(guesses, "_MOVED", {})


def test_a_guess_begins_in_the_middle_and_is_where_the_slider_was_moved_to():
    guess = panels.guess("How many weights can go?", low=0, high=99, step=1, unit="%")
    assert guess.slider.value == 50
    guess.slider.value = 80
    assert guess.value == 80
    assert panels.guess("?", low=0, high=1, step=0.1, value=0.3).slider.value == 0.3


def test_where_the_slider_begins_is_nobodys_guess():
    """Run All passes the slider by; the table of verdicts must not put words into a mouth."""
    guess = panels.guess("Is a < b?", low=0, high=20, step=0.5, unit="pp", value=2.5)
    assert math.isnan(guess.value)
    assert repr(guess) == "Is a < b?\nno guess yet"
    table = claims.Verdicts(claims.Claim("a < b", claims.Band(low=0), [1.0], guess=guess.value))
    assert table.rows()[0][-1] == "no guess yet" and "no guess yet" in table._repr_html_()


def test_a_guess_outlives_a_second_run_of_its_cell_and_no_other_question_has_it():
    options = {"low": 0, "high": 20, "step": 0.5, "unit": "pp"}
    first = panels.guess("Is a < b?", **options)
    first.field.value = 7.5
    again = panels.guess("Is a < b?", **options)
    assert again.value == again.slider.value == 7.5
    assert math.isnan(panels.guess("Is b < a?", **options).value)
    first.field.value = 10.0  # back where it began is a guess, too
    assert panels.guess("Is a < b?", **options).value == 10


def test_a_guess_is_stored_as_question_and_answer():
    guess = panels.guess("Is a < b?", low=0, high=20, step=0.5, unit="pp")
    guess.slider.value = 2.5
    bundle, _ = guess._repr_mimebundle_()
    assert bundle["text/plain"] == "Is a < b?\nyour guess: 2.5 pp"
    assert bundle["text/html"] == "<p><b>Is a &lt; b?</b><br>your guess: 2.5 pp</p>"


def test_a_guess_can_be_typed_and_every_control_has_a_description_and_a_tip():
    guess = panels.guess("How many?", low=0, high=20, step=0.5, unit="pp")
    guess.field.value = 7.5
    assert guess.value == 7.5
    assert [guess.slider.description, guess.field.description] == ["your guess (pp)", "guess (pp)"]
    for control in (guess.slider, guess.field):
        assert "How many?" in (getattr(control, "tooltip", None) or control.description_tooltip)


@pytest.mark.parametrize("options, message", [
    ({"low": 5, "high": 5, "step": 1}, "low is 5, high is 5"),
    ({"low": 0, "high": 5, "step": 0}, "step is 0"),
    ({"low": 0, "high": 5, "step": 1, "value": 6}, "value is 6.*from 0 to 5"),
])  # fmt: skip
def test_a_guess_says_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        panels.guess("?", **options)
