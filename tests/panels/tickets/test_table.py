"""The table of the tickets panel: the numbers of what was measured, looked up."""

import numpy as np
import pytest
import torch

import ticketlab as tl
from tests.panels.made import shown, svgs
from ticketlab import panels
from ticketlab.panels.tickets.table import AFTER, BINS, START, LevelTable, _picture


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("replicate", [0, 2])
def test_the_state_is_that_of_the_trial(panel, tickets, level, replicate):
    panel.level, panel.replicate = level, replicate
    now, trial = panel.state(), tickets.trials[level]
    kept = {tl.masks.layer_name(name): int(mask[replicate].sum()) for name, mask in trial.masks.items()}
    assert (now.rate, now.level, now.last) == (0.4, level, 4)
    assert now.kept_by_layer == kept and now.kept == sum(kept.values()) and now.weights == 199
    assert now.density == tickets.densities[level] and now.sparsity == 1 - now.density
    before = tickets.densities[max(0, level - 1)]
    assert now.removed == pytest.approx(1 - now.density / before)
    accuracy = tl.evaluate(trial.run.stack, tickets.data.x_test, tickets.data.y_test)[1].double()
    assert (now.accuracy, now.lowest, now.highest) == (accuracy.mean(), accuracy.min(), accuracy.max())
    assert now.own == accuracy[replicate]
    assert now.dense == tickets.trials[0].run.last("test_accuracy").double().mean()


@pytest.mark.parametrize("layer", ["all layers", "hidden2"])
@pytest.mark.parametrize("shows", [AFTER, START])
def test_the_histogram_counts_the_survivors_and_all_weights_before_pruning(tickets, layer, shows):
    view = LevelTable(0.4, tickets).view(3, layer, 1, shows)
    names = [name for name in tickets.trials[0].masks if layer in ("all layers", tl.masks.layer_name(name))]
    def flat(tensors):
        return torch.cat([tensors[name][1].flatten() for name in names])

    mask = flat(tickets.trials[3].masks)
    now, dense = ((tickets.trials[3].run.stack, tickets.trials[0].run.stack) if shows == AFTER
                  else (tickets.stem.stack, tickets.stem.stack))
    values, everything = flat(now.parameters)[mask], flat(dense.parameters)
    assert len(view.kept) == BINS and view.kept.sum() == mask.sum()
    np.testing.assert_array_equal(view.kept, np.histogram(values.double().numpy(), view.edges)[0])
    np.testing.assert_array_equal(view.everything, np.histogram(everything.double().numpy(), view.edges)[0])


def test_the_edges_hold_every_level_and_do_not_move(tickets):
    views = [LevelTable(0.4, tickets).view(level, "all layers", 0, AFTER) for level in range(5)]
    assert all(np.array_equal(view.edges, views[0].edges) for view in views)
    assert all(view.kept.sum() == view.pictures[0].kept + view.pictures[1].kept + view.pictures[2].kept for view in views)


def test_survivors_at_the_start_are_those_of_the_rewind_step_and_not_of_the_initialisation(panel, tickets):
    assert not torch.equal(tickets.stem.stack.parameters["hidden1.weight"], tickets.initial.parameters["hidden1.weight"])
    panel.level = 2
    before = svgs(panel)
    panel.shows = START
    assert svgs(panel)[0] != before[0] and svgs(panel)[1:] == before[1:]


def test_a_small_mask_is_shown_weight_by_weight_and_a_large_one_by_the_share_kept_in_blocks():
    mask = np.random.default_rng(0).random((7, 12)) < 0.3
    np.testing.assert_array_equal(_picture("output", mask).blocks, mask)
    mask = np.random.default_rng(0).random((101, 784)) < 0.2
    picture = _picture("hidden1", mask)
    assert (picture.kept, picture.units, picture.inputs) == (mask.sum(), 101, 784)
    assert picture.blocks.shape == (50, 56)
    assert picture.blocks[0, 3] == mask[:2, 42:56].mean()  # 784 inputs in 56 columns of 14
    assert picture.blocks[-1, 0] == mask[98:101, :14].mean()  # 101 units: the last row has three


def test_a_level_that_was_seen_is_not_counted_again(panel, monkeypatch):
    for level in (2, 1):
        panel.level = level
    before = shown(panel)
    monkeypatch.setattr(LevelTable, "view", lambda *place: pytest.fail("counted again"))
    panel.level = 2
    panel.level = 1
    assert shown(panel) == before


def test_a_single_network_has_no_range(search):
    panel = panels.ticket_panel(search(0.5, 1, replicates=1), level=1)
    assert "replicate" not in panel.numbers.value and panel.state().lowest == panel.state().highest


def test_searches_that_do_not_belong_together_are_refused(tickets, faster, search, arms):
    with pytest.raises(ValueError, match=r"under rate 0.9 was run with .*'hidden': 0.4"):
        panels.ticket_panel({0.9: tickets})
    with pytest.raises(ValueError, match="different networks.*at rate 0.5"):
        panels.ticket_panel({0.4: tickets, 0.5: search(0.5, 1, replicates=2)})
    with pytest.raises(ValueError, match="there are 2; give a dictionary rate -> trials"):
        panels.ticket_panel({0.4: tickets, 0.64: faster}, controls=arms)
    for nothing in ({}, None, [tickets]):
        with pytest.raises(ValueError, match="give what lottery.search returns"):
            panels.ticket_panel(nothing)
