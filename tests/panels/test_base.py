"""What all panels share: one draw a move, errors that are shown, lines, and how a panel is stored."""

import pytest

from ticketlab.panels.base import Panel, points, spread
from ticketlab.panels.controls import choice, levels, pick
from ticketlab.panels.svg import document


class Small(Panel):
    """A panel of three controls that counts how often it is drawn."""

    shape = choice("shape", "form")

    def __init__(self, **where):
        self.drawn = []
        self.level = levels(4)
        self.rate = pick(("rate (%)", "%"), "rate: of what", [("half", 0.5), ("all", 1.0)], "99px")
        self._make_box("small", [self.level, self.rate], {"shape": ([("O", "ring"), ("X", "cross")],
                                                                    "shape: of the mark")})
        self._begin(**where)

    def _draw(self):
        if self.level.value == 3:
            raise ArithmeticError("no <mask> today")
        self.drawn.append((self.level.value, self.rate.value, self.shape))
        self.numbers.value = f"level {self.level.value}"
        self._show([document(9, 9, "one & two", []), document(9, 9, "three", [])])


def test_a_choice_is_one_of_the_options():
    panel = Small(shape="cross")
    assert panel.shape == "cross"
    panel.shape = "ring"
    assert panel._choices["shape"].value == "ring"
    with pytest.raises(ValueError, match=r"form is 'rung'; choose one of 'ring', 'cross' \(did you mean 'ring'"):
        panel.shape = "rung"
    assert panel.shape == "ring"


def test_a_panel_draws_once_in_the_beginning_once_a_move_and_never_in_between():
    panel = Small(shape="cross")
    assert panel.drawn == [(0, 0.5, "cross")]
    panel.level.field.value = 2
    panel.rate.field.value = 1.0
    panel.shape = "ring"
    assert panel.drawn[1:] == [(2, 0.5, "cross"), (2, 1.0, "cross"), (2, 1.0, "ring")]
    with pytest.raises(KeyError), panel._quiet():
        panel.level.value = 1
        raise KeyError
    assert len(panel.drawn) == 4
    panel.level.value = 0
    assert len(panel.drawn) == 5


def test_an_error_in_a_callback_is_shown_and_not_raised():
    panel = Small()
    panel.level.slider.value = 3
    assert panel.numbers.value == "<b>ArithmeticError</b>: no &lt;mask&gt; today"
    panel.level.field.value = 1
    assert panel.numbers.value == "level 1"


def test_the_controls_stand_in_one_row_the_dropdowns_last():
    panel = Small()
    assert [each.description for each in panel.box.children[0].children if each.description] == [
        "level", "level", "rate (%)", "%", "shape"]
    assert "ticketlab-small" in panel.box._dom_classes


def test_a_range_stands_behind_a_mean_but_not_behind_a_single_network():
    assert spread(3, 0.5, 0.75, "; own") == " (mean of 3 replicates, 50.0 to 75.0; own)"
    assert spread(1, 0.5, 0.5, "; own") == ""


@pytest.mark.parametrize("difference, words", [(0.0312, "+3.1 points"), (-0.02, "-2.0 points"), (-0.0001, "0.0 points"),
                                               (0.0, "0.0 points"), (0.1, "+10.0 points")])  # fmt: skip
def test_a_difference_of_nothing_has_no_sign(difference, words):
    assert points(difference) == words


def test_a_closed_panel_is_shown_as_its_picture():
    """Its widget is gone, and asking for its view was an error."""
    panel = Small()
    panel.box.close()
    bundle, _ = panel._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}


def test_a_stored_picture_says_in_words_what_it_shows():
    panel = Small()
    bundle, metadata = panel._repr_mimebundle_()
    assert metadata == {"image/png": {"alt": "one & two; three"}}


def test_saving_a_picture_never_overwrites_and_says_where_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = Small()
    button, words = panel.box.children[-1].children
    button.click()
    button.click()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["small-1.svg", "small-2.svg"]
    assert words.value == f"saved as {tmp_path / 'small-2.svg'}"
    assert panel.save_figure("other.png") == tmp_path / "other.png"
    panel.level.value = 3  # where it cannot be drawn
    button.click()
    assert words.value == "not saved: no <mask> today" and len(list(tmp_path.iterdir())) == 3
