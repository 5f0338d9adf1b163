"""The grammar is unambiguous, its probabilities sum to one, and its floor is what can be reached."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketlab.data import load, sentences
from ticketlab.language import writing as text

DATA = load("sentences")


def written(seed, length=400):
    return sentences.write(length, np.random.default_rng(seed))


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 150))
def test_reading_is_never_ambiguous_and_probabilities_sum_to_one(seed, length):
    """At every place of every text: no piece begins another, and what is likely is what is left."""
    assert len(written(seed, length)) == length
    draw, at = np.random.default_rng(seed), sentences.START
    for _ in range(length // 5):
        known = sentences.choices(at)
        pieces = [piece for piece, _, _ in known]
        assert not any(a != b and b.startswith(a) for a in pieces for b in pieces)
        assert len(set(pieces)) == len(pieces)
        assert math.isclose(sum(share for _, share, _ in known), 1)
        at = known[draw.integers(len(known))][2]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_probabilities_of_all_next_characters_sum_to_one(seed):
    """The likelihood is that of a distribution: without this a floor could be too low."""
    known = written(seed, 60)
    for place in (0, 7, 29, 59):
        total = 0.0
        for character in sentences.alphabet():
            try:
                total += math.exp(-sentences.surprise(known[:place] + character)[-1])
            except ValueError:  # which the grammar cannot write
                continue
        assert math.isclose(total, 1)


def test_the_entropy_rate_from_the_rules_is_the_mean_surprise_of_what_is_written():
    """Two ways that share nothing but the rules: linear equations, and 60,000 characters read."""
    long = written(1, 60_000)
    surprise = sentences.surprise(long)
    # whole sentences are independent, so their spread says how near the mean must be
    ends = np.array([place for place, each in enumerate(long) if each == "\n"]) + 1
    nats = np.add.reduceat(surprise, [0, *ends[:-1]])
    lengths = np.diff([0, *ends])
    rate = sentences.entropy_rate()
    error = (nats - rate * lengths).std() / math.sqrt(len(ends)) / lengths.mean()
    assert error < 0.01 and abs(nats.sum() / lengths.sum() - rate) < 4 * error


def test_what_the_grammar_cannot_write_is_refused_at_its_place():
    """Number agrees over a relative clause, and brackets close."""
    assert len(sentences.surprise("this dog that sees two cats sleeps.\n")) == 36
    with pytest.raises(ValueError, match=r"character 33 is '\.' and should be one of \['s'\]"):
        sentences.surprise("this dog that sees two cats sleep.\n")
    with pytest.raises(ValueError, match=r"character 25 is '\.' and should be one of \['\)'\]"):
        sentences.surprise("two dogs (these cats jump.")


def test_sentences_are_learnt_from_other_sentences_than_they_are_tested_on():
    assert repr(DATA) == ("Data('sentences': 1600/200/200 training/validation/test, shape (48,), "
                          "30 characters, on cpu)")
    parts = [text.decode(DATA, getattr(DATA, f"x_{split}")) for split in ("train", "val", "test")]
    assert "1,600 / 200 / 200" in DATA.provenance and DATA.alphabet == sentences.alphabet()
    alone = [len(set(own) - set().union(*(o for o in parts if o is not own))) / len(set(own))
             for own in parts]
    assert min(alone) > 0.95  # short sentences are written twice now and then
    for split in ("train", "val", "test"):
        x, y = getattr(DATA, f"x_{split}"), getattr(DATA, f"y_{split}")
        assert x.dtype == y.dtype == torch.int64 and x.shape == y.shape
        assert torch.equal(x[:, 1:], y[:, :-1])


def test_sentences_are_the_same_at_every_load_and_share_no_memory():
    spoilt = load("sentences")
    assert spoilt.fingerprint == DATA.fingerprint
    spoilt.x_train.zero_()
    assert load("sentences").fingerprint == DATA.fingerprint != spoilt.fingerprint
    assert sentences.examples(1)["test"] != sentences.examples(0)["test"]


def test_the_first_texts_are_nested_and_leave_the_rest_alone():
    small = DATA.first(20)
    assert torch.equal(small.x_train, DATA.first(50).x_train[:20])
    assert torch.equal(small.y_train, DATA.y_train[:20]) and torch.equal(small.y_test, DATA.y_test)
    assert small.alphabet == DATA.alphabet and DATA.to("meta").y_test.device.type == "meta"


def test_the_floor_is_the_grammars_own_loss_and_near_its_entropy_rate():
    pieces = sentences.examples()["val"]
    expected = math.exp(np.mean([sentences.surprise(piece)[1:].mean() for piece in pieces]))
    assert text.floor(DATA, "val") == pytest.approx(expected)
    assert math.log(text.floor(DATA)) == pytest.approx(sentences.entropy_rate(), abs=0.04)
