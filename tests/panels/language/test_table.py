"""The table of the language panel: the numbers of what was measured, looked up."""

import pytest

from tests.panels.language.conftest import PERPLEXITY, RATES, WAYS, tables
from ticketlab.panels import language_panel


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("block", ["all blocks", 0, 1])
def test_the_state_is_that_of_the_tables(panel, way, rate, block):
    panel.way, panel.rate, panel.block = way, rate, block
    now = panel.state()
    sizes = {"gate": {0: 100, 1: 100, "all blocks": 200}, "down": {0: 300, 1: 400, "all blocks": 700}}
    assert now.kept == {kind: (round((1 - rate) * own[block]), own[block]) for kind, own in sizes.items()}
    assert now.total == {0: [100, 200, 100], 1: [100, 300, 100], "all blocks": [200, 500, 200]}[block]
    assert now.gone == [round(rate * n) for n in now.total]
    low, high = PERPLEXITY.get((way, rate), (8, 18))
    assert (now.lowest, now.highest) == (low, high) and now.dense == pytest.approx(12)
    assert now.perplexity == pytest.approx((low * high) ** 0.5), "a geometric mean: the mean is that of the losses"
    assert now.density == 1 - rate


def test_continuations_of_all_writers_stand_side_by_side(panel):
    assert panel.state().texts == {"magnitude": " by magnitude at 0.2", "Wanda": " by Wanda at 0.2"}


@pytest.mark.parametrize("table, column", [("grid", "sparsity"), ("weights", "largest"), ("writing", "text")])
def test_a_table_that_lacks_a_column_is_named(table, column):
    own = tables()
    own[table] = own[table].drop(columns=column)
    with pytest.raises(ValueError, match=f"the table {table} has no column '{column}'"):
        language_panel(**own)


def test_a_text_that_was_not_written_is_named():
    own = tables()
    own["writing"] = own["writing"][own["writing"]["sparsity"] != 0.5]
    with pytest.raises(ValueError, match="no text of 'magnitude' at 0.5"):
        language_panel(**own)
