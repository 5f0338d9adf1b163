"""The numbers of the reset panel are those of its table."""

import pytest

from tests.panels import made
from ticketlab.panels import reset_panel


def test_each_reset_has_its_own_row_and_what_it_loses():
    panel, table = made.reset_panel(), made.reset_table()
    mean = table.groupby(["layer", "share"])["accuracy"].mean()
    for layer in ("hidden1", "output"):
        for share in (0, 0.5, 1):
            panel.layer, panel.share = layer, share
            now = panel.state()
            assert (now.layer, now.share) == (layer, share)
            assert now.accuracy == pytest.approx(mean[layer, share])
            assert now.trained == pytest.approx(mean["hidden2", 0])
            assert now.lost == pytest.approx({each: mean[each, 0] - mean[each, share] for each in ("hidden1", "hidden2", "output")})


@pytest.mark.parametrize("change, message", [
    (lambda table: table.drop(columns="share"), r"the table has no \['share'\]"),
    (lambda table: table[table["share"] > 0], "the smallest share is 0.5; the table needs the share 0"),
    (lambda table: table.iloc[:-1], "every share of every layer and replicate once"),
    (lambda table: table.iloc[:0], "has no rows"),
])
def test_a_table_that_does_not_fit_is_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        reset_panel(change(made.reset_table()))
