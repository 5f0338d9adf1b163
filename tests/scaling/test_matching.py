"""The lowest level that matches, and what follows from it."""

import math

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.lottery.test_iterative_pruning import SHORT
from tests.scaling.test_widths import SEEDS, measure
from tests.training.test_loop import DATA
from ticketlab import scaling
from ticketlab.lottery import interval
from ticketlab.scaling import matching

SIZES = {10: 100, 20: 400, 40: 1600}


VALIDATION = {10: [.50, .49, .46, .50], 20: [.60, .62, .58, .40], 40: [.70, .70, .69, .68]}


def made(validation=VALIDATION, sizes=SIZES, replicates=2, arm="ticket"):
    """A table with half of the weights a level; the test accuracy is 1 point below validation."""
    rows = [{"width": width, "arm": "ticket" if level == 0 else arm, "level": level,
             "replicate": replicate, "density": 0.5 ** level, "weights": sizes[width] // 2 ** level,
             "val_accuracy": value, "accuracy": value - 0.01 + 0.02 * replicate,
             "weights_output": sizes[width] // 2 ** level}
            for width, values in validation.items() for level, value in enumerate(values)
            for replicate in range(replicates)]
    return pandas.DataFrame(rows).sample(frac=1, random_state=1)


def test_the_walk_stops_at_the_first_level_that_falls_short():
    """At width 10 level 3 matches again, by luck, after level 2 fell short: it does not count."""
    found = matching.lowest_matching(made(), 0.03)
    assert found["width"].tolist() == [10, 10, 20, 20, 40, 40]
    assert found["level"].tolist() == [1, 1, 2, 2, 3, 3]
    assert found["weights"].tolist() == [50, 50, 100, 100, 200, 200]
    assert found["density"].tolist() == [.5, .5, .25, .25, .125, .125]
    assert found["open"].tolist() == [False] * 4 + [True] * 2
    assert found["dense_weights"].tolist() == [100, 100, 400, 400, 1600, 1600]
    assert matching.lowest_matching(made(), 0.005)["level"].tolist() == [0, 0, 1, 1, 1, 1]


def test_the_level_is_chosen_on_validation_and_test_is_reported():
    own = made()
    own.loc[own["width"] == 20, "accuracy"] = own["level"] / 10  # says nothing of the choice
    found = matching.lowest_matching(own)
    rows = found[found["width"] == 20]
    assert rows["level"].tolist() == [2, 2] and rows["accuracy"].tolist() == [0.2, 0.2]
    assert rows["dense_accuracy"].tolist() == [0.0, 0.0]


def test_a_difference_of_exactly_the_tolerance_still_matches():
    values = [float(torch.tensor(value)) for value in (0.53, 0.50, 0.49)]  # float32, as measured
    assert matching.lowest_matching(made({10: values}), 0.03)["level"].tolist() == [1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0, 0.9))
def test_all_levels_above_the_lowest_match_and_the_next_does_not(values, tolerance):
    found = matching.lowest_matching(made({10: values}, {10: 2**10}, 1), tolerance).iloc[0]
    matches = [value >= values[0] - tolerance - 1e-6 for value in values]
    assert all(matches[:found["level"] + 1])
    assert found["open"] == (found["level"] == len(values) - 1)
    assert found["open"] or not matches[found["level"] + 1]


def test_random_masks_are_measured_against_the_same_dense_nets():
    both = pandas.concat([made(), made({width: [0, .48, .3, .1] for width in SIZES}, arm="random")
                          .query("level > 0")])
    found = matching.lowest_matching(both, arm="random")
    assert found["level"].tolist() == [1, 1, 0, 0, 0, 0]
    assert found["dense_accuracy"].tolist() == pytest.approx([.49, .51, .59, .61, .69, .71])


def test_the_summary_is_of_logarithms():
    found = matching.lowest_matching(made(replicates=3))
    found.loc[found["width"] == 20, "weights"] = [50, 100, 200]
    row = matching.summary(found).set_index("width").loc[20]
    low, high = interval(np.log([50, 100, 200]))
    assert (row["weights"], row["weights_low"], row["weights_high"]) == pytest.approx(
        (100, math.exp(low), math.exp(high)))
    assert row["density"] == pytest.approx(row["density_low"]) == pytest.approx(0.25)
    assert row["difference"] == pytest.approx(-2) and row["dense_weights"] == 400
    assert matching.summary(found)["open"].tolist() == [0, 0, 3]
    alone = matching.summary(matching.lowest_matching(made(replicates=1)))
    assert alone["weights_low"].isna().all() and alone["replicates"].eq(1).all()


@given(st.floats(0.01, 1), st.floats(-0.5, 1.5))
def test_the_exponent_is_that_of_the_law(share, law):
    """0 for a number that stays flat, 1 for a density that does."""
    rows = [{"width": width, "replicate": replicate, "dense_weights": size,
             "weights": share * (1 + replicate) * size**law}
            for width, size in SIZES.items() for replicate in range(3)]
    found = matching.exponent(pandas.DataFrame(rows))
    torch.testing.assert_close(found, torch.full((3,), law, dtype=torch.float64), atol=1e-9, rtol=0)


def test_equal_numbers_of_weights_are_compared_replicate_by_replicate():
    """400 weights are level 2 of width 40; 100 lie at level 2 of width 20."""
    own = made()
    assert matching.against_dense(own, 40, 20).tolist() == pytest.approx([9, 9])
    assert matching.against_dense(own, 20, 10).tolist() == pytest.approx([8, 8])
    own.loc[(own["width"] == 20) & (own["replicate"] == 1), "accuracy"] -= 0.05
    assert matching.against_dense(own, 40, 20).tolist() == pytest.approx([9, 14])


def test_between_two_levels_the_accuracy_is_straight_over_the_logarithm():
    own = made(sizes={10: 283, 20: 400, 40: 1600})  # 283 is 400 / sqrt(2), half way to level 1
    expected = (60 + 62) / 2 - 50
    assert matching.against_dense(own, 20, 10).tolist() == pytest.approx([expected] * 2, abs=0.01)


def test_every_pair_that_can_be_compared_is_in_the_table_of_pairs():
    found = matching.sparse_against_dense(made())
    assert found[["wide", "narrow", "weights"]].values.tolist() == [[20, 10, 100], [40, 20, 400]]
    assert found["difference"].tolist() == pytest.approx([8, 9])
    assert found["same_sign"].tolist() == [2, 2]
    low, high = interval([8.0, 8.0])
    assert (found["low"][0], found["high"][0]) == pytest.approx((low, high))


def test_where_no_two_nets_can_be_compared_the_table_of_pairs_is_empty():
    found = matching.sparse_against_dense(made().query("width == 20"))
    assert found.empty and "difference" in found.columns


def test_the_measurements_read_the_table_of_a_sweep(table):
    found = matching.lowest_matching(table)
    assert len(found) == 3 * 2 and found["replicate"].tolist() == [*SEEDS] * 3
    assert len(matching.exponent(found)) == 2 and len(matching.summary(found)) == 3
    narrow = table[(table["width"] == 4) & (table["level"] == 0)].sort_values("replicate")
    wide = table[(table["width"] == 9) & (table["arm"] == "random")]
    differences = matching.against_dense(table, 9, 4, arm="random")
    for place, seed in enumerate(SEEDS):
        rows = pandas.concat([wide, table[(table["width"] == 9) & (table["level"] == 0)]])
        rows = rows[rows["replicate"] == seed].sort_values("weights")
        there = np.interp(math.log(narrow["weights"].iloc[0]), np.log(rows["weights"]),
                          rows["accuracy"])
        assert differences[place] == pytest.approx(100 * (there - narrow["accuracy"].iloc[place]))


@pytest.mark.parametrize("ask, message", [
    (lambda t: scaling.run({}, DATA, SHORT, levels=1, rate=.5), "there are no nets"),
    (lambda t: measure(arms=["rndom"]), "did you mean 'random'"),
    (lambda t: scaling.unit(width=4, net="mpl"), r"net is 'mpl'; choose one of 'mlp', 'cnn' \(did you mean 'mlp'"),
    (lambda t: scaling.unit(width=0), "width is 0; it must be a whole number, 1 or above"),
    (lambda t: scaling.unit(width=4, depth=0.5), "depth is 0.5"),
    (lambda t: matching.lowest_matching(t, 3), "tolerance is 3; .*three points as 0.03"),
    (lambda t: matching.lowest_matching(t, arm="signs"), "arm is 'signs'"),
    (lambda t: matching.lowest_matching(t, by="depth"), "no column 'depth'"),
    (lambda t: matching.lowest_matching(t.drop(columns="val_accuracy")), "no column 'val_acc"),
    (lambda t: matching.lowest_matching(pandas.concat([t, t])), r"replicate \d more than once"),
    (lambda t: matching.against_dense(t, 10, 40), "dense net of width 40 has 1,600 .* 12 to 100"),
    (lambda t: matching.against_dense(t, 40, 15), "width is 15; choose one of"),
    (lambda t: matching.against_dense(t[(t.width > 20) | (t.replicate < 1)], 40, 20),
     r"width 40 has replicates \[0, 1\] and width 20 has \[0\]"),
    (lambda t: matching.exponent(matching.lowest_matching(t[t.width == 10])), "two sizes or more"),
])
def test_what_does_not_fit_is_named(ask, message):
    with pytest.raises(ValueError, match=message):
        ask(made())
