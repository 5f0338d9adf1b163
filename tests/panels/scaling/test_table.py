"""The table of the scaling panel: the numbers of what was measured, looked up."""

import re

import pytest

from tests.panels.made import RANDOM, svgs
from tests.scaling.test_matching import SEEDS, SIZES, VALIDATION
from ticketlab.panels import scaling_panel


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("width", SIZES)
def test_the_state_is_that_of_the_table(panel, table, width, level):
    panel.net, panel.level = width, level
    now = panel.state()
    rows = table[(table["width"] == width) & (table["level"] == level)]
    ticket = rows[rows["arm"] == "ticket"]["accuracy"]
    assert (now.net, now.level, now.last) == (width, level, 3)
    assert (now.weights, now.dense_weights) == (SIZES[width] // 2**level, SIZES[width])
    assert now.density == now.weights / SIZES[width] and now.sparsity == 1 - now.density
    before = SIZES[width] // 2**max(0, level - 1)
    assert now.removed == pytest.approx(1 - now.weights / before)
    assert (now.accuracy, now.lowest, now.highest) == pytest.approx(
        (ticket.mean(), ticket.min(), ticket.max()))
    assert now.dense == pytest.approx(VALIDATION[width][0])
    assert now.arms == pytest.approx({"random": RANDOM[width][level]} if level else {})
    assert now.kept == {"output": (now.weights, SIZES[width])}


def test_the_dense_net_of_as_many_weights_is_another_one_or_lies_between_two(panel):
    panel.level = 2  # width 20 with 100 weights, as many as width 10 has
    assert panel.state().equal == pytest.approx(.50) and panel.state().between == (10,)
    assert "dense net of as many weights <b>50.0 %</b> (width 10)" in panel.numbers.value
    assert "difference +8.0 points" in panel.numbers.value
    panel.level = 1  # 200: half way from 100 to 400 in the logarithm
    assert panel.state().equal == pytest.approx(.55) and panel.state().between == (10, 20)
    assert "between width 10 and 20, interpolated" in panel.numbers.value


def test_where_no_dense_net_is_as_small_it_says_so(panel):
    panel.net, panel.level = 10, 1
    assert panel.state().equal is None and panel.state().between == ()
    assert "no dense net here has as few as 50 weights" in panel.numbers.value
    assert 'width="10"' not in svgs(panel)[0], "no square stands on the axes"


def test_the_dense_net_itself_is_the_one_of_as_many_weights(panel):
    now = panel.state()
    assert now.level == 0 and now.equal == pytest.approx(now.accuracy) and now.between == (20,)


def test_it_reads_what_a_sweep_measured(trained):
    panel = scaling_panel(trained, level=2)
    now = panel.state()
    assert (now.net, now.last) == (9, 2), "it begins with the largest"
    rows = trained[(trained["width"] == 9) & (trained["level"] == 2)]
    ticket = rows[rows["arm"] == "ticket"]
    assert len(ticket) == len(SEEDS) and now.accuracy == pytest.approx(ticket["accuracy"].mean())
    for layer, (kept, whole) in now.kept.items():
        assert kept == ticket[f"weights_{layer}"].iloc[0]
        assert whole == {"hidden1": 108, "hidden2": 27, "output": 12}[layer]
        assert f">{kept:,} of {whole:,}</text>" in svgs(panel)[1]


def test_nets_of_different_depths_have_the_bars_of_their_own_layers(trained):
    """In a table of several depths the columns of layers that a net has not are empty."""
    deep = trained[trained["width"] != 6].rename(columns={"width": "depth"})
    deep.loc[deep["depth"] == 4, "weights_hidden2"] = float("nan")
    panel = scaling_panel(deep, by="depth", net=4)
    assert list(panel.state().kept) == ["hidden1", "output"]
    assert len(re.findall("hidden", panel.picture.value.split("aria-label")[-1])) < 4
    panel.net = 9
    assert list(panel.state().kept) == ["hidden1", "hidden2", "output"]
