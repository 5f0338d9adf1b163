"""Comparisons: paired by replicate, with the interval of Student's t, and clear refusals."""

import math

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.lottery.test_iterative_pruning import SHORT, search
from ticketlab import lottery
from ticketlab.lottery import interval
from ticketlab.lottery.comparisons import difference, paired, summary, values

ACCURACY = {("ticket", 0): [0.60, 0.62, 0.64], ("ticket", 1): [0.65, 0.66, 0.70],
            ("ticket", 2): [0.61, 0.63, 0.62], ("reinit", 1): [0.60, 0.64, 0.63],
            ("reinit", 2): [0.50, 0.66, 0.51]}
DENSITY = {0: 1.0, 1: 0.8004, 2: 0.6406}


def frame(accuracy=ACCURACY):
    """A table as ``lottery.table`` gives it; its rows in another order, which must not matter."""
    rows = [{"arm": arm, "level": level, "density": DENSITY[level], "sparsity": 1 - DENSITY[level],
             "replicate": replicate, "accuracy": value, "early_accuracy": value + 0.01,
             "early_step": 100 * replicate, "train_accuracy": 1.0}
            for (arm, level), many in accuracy.items() for replicate, value in enumerate(many)]
    return pandas.DataFrame(rows).sample(frac=1, random_state=0)


@pytest.mark.parametrize("numbers, half", [  # t of a table: 12.706, 4.303, 2.776 at 95 %
    ([1.0, 3.0], 12.7062), ([1.0, 2.0, 3.0], 4.30265 / 3**0.5),
    ([1.0, 2.0, 3.0, 4.0, 5.0], 2.77645 * (2.5 / 5) ** 0.5)])
def test_the_interval_is_students_t_with_n_minus_1_degrees_of_freedom(numbers, half):
    mean = sum(numbers) / len(numbers)
    assert interval(numbers) == pytest.approx((mean - half, mean + half), rel=1e-5)
    assert interval(torch.tensor(numbers)) == interval(np.array(numbers)) == interval(numbers)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.floats(0.5, 0.999))
def test_the_interval_is_scipys(numbers, confidence):
    error = np.std(numbers, ddof=1) / math.sqrt(len(numbers))
    low, high = interval(numbers, confidence)
    if error > 1e-9:
        expected = stats.t.interval(confidence, len(numbers) - 1, np.mean(numbers), error)
        assert (low, high) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    else:
        assert low == pytest.approx(np.mean(numbers), abs=1e-6) == high


def test_95_of_100_intervals_hold_the_truth():
    """A normal interval, 1.96 standard errors, would hold it in 81 % with three replicates."""
    draws = np.random.default_rng(0).normal(5.0, 2.0, (1000, 3))
    holds = [low < 5.0 < high for low, high in map(interval, draws)]
    assert 0.93 < np.mean(holds) < 0.97


def test_one_replicate_has_no_interval():
    assert all(map(math.isnan, interval([1.0])))


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5])
def test_a_confidence_is_a_share(confidence):
    with pytest.raises(ValueError, match=f"confidence is {confidence}; .* between 0 and 1.*0.95"):
        interval([1.0, 2.0], confidence)


def test_values_are_one_number_a_replicate_in_percent():
    table = frame()
    assert values(table, "ticket", 1).tolist() == pytest.approx([65, 66, 70])
    assert values(table, "ticket", 1, "early_accuracy").tolist() == pytest.approx([66, 67, 71])
    assert values(table, "ticket", 1, "early_step").tolist() == [0, 100, 200]
    assert values(table, "ticket", 1, "density").tolist() == [0.8004] * 3
    assert values(table, "dense", 2).tolist() == values(table, "ticket", 0).tolist()
    assert values(table, "ticket", 1).dtype == torch.float64


def test_differences_are_paired_by_replicate():
    table = frame()
    assert difference(table, "ticket", "reinit", 1).tolist() == pytest.approx([5, 2, 7])
    assert difference(table, "ticket", "dense", 2).tolist() == pytest.approx([1, 1, -2])
    assert difference(table, "reinit", "ticket", 1).tolist() == pytest.approx([-5, -2, -7])


def test_the_table_of_pairs_says_mean_interval_and_how_many_agree():
    found = paired(frame(), [("ticket", "reinit"), ("ticket", "dense")], [1, 2])
    assert list(found.columns) == ["arm", "minus", "level", "density", "difference", "low", "high",
                                   "same_sign", "replicates"]
    assert found[["minus", "level"]].values.tolist() == [
        ["reinit", 1], ["reinit", 2], ["dense", 1], ["dense", 2]]
    first, second = found.iloc[0], found.iloc[1]
    assert first.difference == pytest.approx(14 / 3) and first.density == pytest.approx(0.8004)
    assert (first.low, first.high) == pytest.approx(interval([5, 2, 7]))
    assert (first.same_sign, first.replicates) == (3, 3)
    assert second.difference == pytest.approx((11 - 3 + 11) / 3) and second.same_sign == 2
    narrow = paired(frame(), [("ticket", "reinit")], [1], confidence=0.5).iloc[0]
    assert first.low < narrow.low < narrow.difference < narrow.high < first.high
    early = paired(frame(), [("ticket", "reinit")], [1], "early_accuracy").iloc[0]
    assert early.difference == pytest.approx(first.difference)


def test_the_summary_reads_as_people_write_it():
    """Densities from dense to sparse, whatever the order of the rows."""
    found = summary(frame())
    assert set(found.index) == {"ticket", "reinit"}
    assert list(found.columns) == ["100 %", "80 %", "64.1 %"]
    assert found.loc["ticket", "80 %"] == "≈ 67.0 ± 2.6"
    assert found.loc["reinit", "100 %"] == ""
    assert summary(frame(), "early_step").loc["ticket", "80 %"] == "≈ 100 ± 100"


def test_it_reads_the_table_of_a_search():
    tickets = search(recipe=SHORT, replicates=3)
    table = lottery.table(tickets, lottery.controls(tickets, ["reinit"], progress=False))
    ours = 100 * (tickets.trials[2].run.last("test_accuracy")
                  - tickets.trials[0].run.last("test_accuracy")).double()
    torch.testing.assert_close(difference(table, "ticket", "dense", 2), ours, atol=1e-4, rtol=0)
    assert len(paired(table, [("ticket", "reinit"), ("reinit", "dense")], [1, 2])) == 4
    assert summary(table).shape == (2, 3)


@pytest.mark.parametrize("ask, message", [
    (lambda t: values(t, "signs", 1), r"no arm 'signs' at level 1; the arms are .*'reinit'"),
    (lambda t: values(t, "reinit", 3), r"no arm 'reinit' at level 3; arm 'reinit' has levels \[1, 2\]"),
    (lambda t: values(t, "ticket", 1, "acc"), r"column is 'acc'; choose one of 'accuracy'"),
    (lambda t: difference(t, "ticket", "signs", 1), "no arm 'signs'"),
    (lambda t: values(t[t.arm != "ticket"], "dense", 1), "no arm 'dense'.*the arms are .'reinit'"),
    (lambda t: difference(t[(t.arm == "ticket") | (t.replicate < 2)], "ticket", "reinit", 1),
     r"'ticket' has replicates \[0, 1, 2\] and 'reinit' has \[0, 1\]; only arms of the same"),
    (lambda t: difference(t[t.replicate != (t.arm == "reinit")], "ticket", "reinit", 1),
     r"'ticket' has replicates \[1, 2\] and 'reinit' has \[0, 2\]"),
    (lambda t: values(pandas.concat([t, t]), "ticket", 1), "arm 'ticket' at level 1 more than once"),
])
def test_what_is_not_in_the_table_or_cannot_be_paired_is_named(ask, message):
    with pytest.raises(ValueError, match=message):
        ask(frame())
