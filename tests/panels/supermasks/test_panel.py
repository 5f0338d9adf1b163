"""The supermask panel begins at the share that is nearest, and a move only looks up."""

import time

import pytest

from tests.panels import made
from ticketlab.panels import supermask_panel


def test_it_begins_at_the_nearest_share_and_refuses_others():
    panel = supermask_panel(made.picked(), share=0.33)
    assert panel.share == made.picked_shares()[1]
    with pytest.raises(ValueError, match="share is 0.33; choose one of"):
        panel.share = 0.33
    with pytest.raises(ValueError, match="share is 1.5"):
        supermask_panel(made.picked(), share=1.5)


def test_a_move_takes_less_than_16_ms(monkeypatch):
    panel = made.supermask_panel()
    monkeypatch.setattr("ticketlab.panels.supermasks.table.SupermaskTable.__init__", None)
    moves = []
    for share in (*made.picked_shares(), made.picked_shares()[0]):
        began = time.process_time()
        panel.share = share
        moves.append(time.process_time() - began)
    assert sorted(moves)[2] < 0.016


def test_single_networks_are_shown_of_the_first_replicates_and_means_of_all():
    one, all_of_them = supermask_panel(made.picked(), replicates=1), supermask_panel(made.picked())
    assert one.state() == all_of_them.state() and "mean of 2 replicates" in one.numbers.value
    with pytest.raises(ValueError, match="replicate is 1; choose one of 0"):
        one.replicate = 1
    with pytest.raises(ValueError, match="replicates is 0"):
        supermask_panel(made.picked(), replicates=0)
