"""One bar over pieces of work: it ends at its end, says nothing false of the pace, and never moves back."""

import numpy as np
import pytest

from ticketlab.basics import progress_bar, skip
from ticketlab.basics.counts import Counts, Halted, elsewhere


class Bar:
    def __init__(self):
        self.moves, self.words = [], []

    def update(self, steps=1):
        self.moves.append(steps)

    def set_postfix_str(self, text, refresh=True):
        self.words.append(text)


def test_it_moves_in_whole_units_by_what_all_have_done():
    bar = Bar()
    both = Counts(bar, [10, 10], 0.25)
    first, second = both.here(0), both.here(1)
    for _ in range(10):
        first.update()
        second.update()
    assert bar.moves == [1] * 5, "20 steps of a quarter each"


def test_what_a_piece_did_not_need_is_done_and_more_than_planned_does_not_count():
    bar = Bar()
    both = Counts(bar, [10, 4])
    both.here(0).update(3)
    both.finish(0)
    both.here(1).update(100)
    both.finish(1)
    assert sum(bar.moves) == 14 and min(bar.moves) > 0


def test_each_piece_has_a_share_of_its_own():
    bar = Bar()
    both = Counts(bar, [4, 10], [2, 0.5])
    both.here(0).update(3)
    both.here(1).update(5)
    assert bar.moves == [6, 2]


def test_what_was_found_done_says_nothing_of_the_pace():
    """A search that goes on after a break would promise to be over at once."""
    with progress_bar(True, 50, "work") as bar:
        both = Counts(bar, [30, 20])
        piece = both.here(0)
        skip(piece, 25)
        piece.update(5)
        assert (bar.n, bar.initial) == (30, 25)
        both.here(1).update(20)
        assert (bar.n, bar.initial) == (50, 25)


def test_a_piece_here_shows_its_loss_and_one_elsewhere_does_not():
    bar = Bar()
    both = Counts(bar, [1, 1])
    both.here(0).set_postfix_str("loss 1", False)
    elsewhere(both.values, 1).set_postfix_str("loss 2", False)
    assert bar.words == ["loss 1"]


def test_a_piece_elsewhere_is_counted_in_its_place_and_ends_at_its_next_step_when_told_to():
    values = np.zeros(7, np.int64)
    piece = elsewhere(values, 1)
    piece.update(2)
    skip(piece, 3)
    assert values.tolist() == [0, 0, 5, 3, 0, 0, 0]
    values[-1] = 1
    with pytest.raises(Halted):
        piece.update()
