"""Label noise: exactly as many wrong labels as asked for, the same for a seed, and nothing else."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scaling.test_double_descent import DATA, make_data
from ticketlab.data import load
from ticketlab.data.label_noise import label_noise


@settings(max_examples=40)
@given(examples=st.integers(4, 90), classes=st.integers(2, 10), share=st.floats(0, 0.99),
       seed=st.integers(0, 2**40))
def test_exactly_the_share_of_labels_is_wrong_and_all_else_is_untouched(examples, classes, share,
                                                                       seed):
    """A label drawn from all classes would be right by chance, and the share less than it says."""
    data, number = make_data(examples, classes), round(share * examples)
    if share and not number:
        with pytest.raises(ValueError, match="less than one of the"):
            label_noise(data, share, seed)
        return
    before = data.y_train.clone()
    noisy = label_noise(data, share, seed)
    assert (noisy.y_train != data.y_train).sum() == number
    assert ((noisy.y_train >= 0) & (noisy.y_train < classes)).all()
    assert torch.equal(data.y_train, before), "the given data changed"
    for name in ("x_train", "x_val", "y_val", "x_test", "y_test"):
        assert torch.equal(getattr(noisy, name), getattr(data, name)), name
    assert torch.equal(label_noise(data, share, seed).y_train, noisy.y_train)


def test_the_seed_and_the_share_decide_the_noise_and_the_run_on_it():
    """Kept runs are found by the fingerprint: other labels must never load the same run."""
    prints = [label_noise(DATA, *each).fingerprint for each in
              ((0, 0), (0.1, 0), (0.2, 0), (0.2, 1))]
    assert len(set(prints)) == 4
    assert label_noise(DATA, 0, 1).fingerprint == DATA.fingerprint
    assert "12 of 60 training labels are wrong (label noise with seed 1)" in label_noise(
        DATA, 0.2, 1).provenance


def test_a_larger_share_adds_to_a_smaller_one():
    few, many = (label_noise(DATA, share, 7).y_train for share in (0.1, 0.5))
    changed = few != DATA.y_train
    assert changed.sum() == 6 and torch.equal(few[changed], many[changed])


def test_wrong_labels_are_any_other_class_and_the_examples_any():
    """A shift by a constant would be no noise but another naming of the classes."""
    data = make_data(4000, classes=10)
    noisy = label_noise(data, 0.5, 0)
    changed = noisy.y_train != data.y_train
    steps = torch.bincount((noisy.y_train - data.y_train)[changed] % 10, minlength=10)
    assert steps[0] == 0 and (abs(steps[1:] - 2000 / 9) < 75).all()
    assert (abs(torch.bincount(data.y_train[changed]) - 200) < 60).all()
    assert 850 < changed[:2000].sum() < 1150


@pytest.mark.parametrize("share, seed, message", [
    (-0.1, 0, "share is -0.1; .* 15 % as 0.15"), (1, 0, "share is 1;"), (15, 0, "share is 15;"),
    (float("nan"), 0, "share is nan"), (0.2, -1, "seed is -1"),
    (1e-3, 0, "less than one of the 60")])
def test_label_noise_says_what_is_wrong(share, seed, message):
    with pytest.raises(ValueError, match=message):
        label_noise(DATA, share, seed)


def test_text_has_no_classes_to_take_wrong_ones_from():
    text = replace(load("sentences"), name="letters")
    with pytest.raises(ValueError, match="letters is text"):
        label_noise(text, 0.1, 0)
