"""Some of the examples, in the proportions of their classes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ticketlab.data.stratified import draw, rank_in_class

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(torch.tensor)


def test_the_rank_of_an_example_is_how_many_of_its_class_come_before_it():
    assert rank_in_class(torch.tensor([2, 0, 2, 2, 0, 1])).tolist() == [0, 0, 1, 2, 1, 0]


@given(LABELS)
def test_ranks_are_those_that_counting_gives(labels):
    seen = labels.tolist()
    assert rank_in_class(labels).tolist() == [seen[:at].count(each) for at, each in enumerate(seen)]


@given(LABELS, st.data(), st.integers(0, 2**32))
def test_as_many_as_asked_for_are_drawn_and_every_class_has_its_share(labels, data, seed):
    size = data.draw(st.integers(0, len(labels)))
    chosen = draw(labels, size, seed)
    assert chosen.dtype == torch.bool and chosen.sum() == size
    for each in labels.unique():
        own = labels == each
        assert abs((chosen & own).sum() - size * own.sum() / len(labels)) <= 1.5
    more = draw(labels, min(size + 1, len(labels)), seed)
    assert not (chosen & ~more).any(), "a larger draw holds the smaller one"


def test_a_seed_decides_which_examples_and_torchs_generator_does_not():
    labels = torch.arange(200) % 4
    state = torch.get_rng_state()
    one, again, other = (draw(labels, 80, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)
    assert 0.2 < (one & other).sum() / 80 < 0.6, "by chance 40 % are the same"


@pytest.mark.parametrize("size, expected", [(0, [0, 0]), (2, [2, 0]), (10, [8, 2]), (50, [40, 10])])
def test_small_and_whole_draws_are_in_proportion(size, expected):
    labels = torch.tensor([0] * 40 + [1] * 10)
    assert torch.bincount(labels[draw(labels, size, 0)], minlength=2).tolist() == expected
