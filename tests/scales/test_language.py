"""What the cells of lesson 10 rely on at every scale."""

import pytest

from ticketlab import language, scales


@pytest.mark.parametrize("name", ["quick", "class", "paper"])
def test_lesson_10_has_texts_that_exist_and_heals_where_it_is_computed(name):
    plan = scales.named(name).language
    assert plan.source in language.texts.SOURCES
    assert (plan.healing == 0) == (name == "quick") and plan.healing % 2 == 0  # measured half-way, too


def test_class_reads_twenty_times_the_text():
    """Within tinyshakespeare: a tenth of its 1.1 million letters, of which a token has three to four."""
    quick, large = scales.named("quick").language, scales.named("class").language
    assert large.pieces == 20 * quick.pieces
    assert 3 * large.pieces * 512 < 0.1 * 1_115_394 / 3.5
