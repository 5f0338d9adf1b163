"""The table of the rewind panel: the numbers of what was measured, looked up."""

import numpy as np
import pytest

from tests.panels.made import RECIPE, STEPS, svgs
from tests.training.test_loop import DATA, NETS
from ticketlab import landscape
from ticketlab.lottery import rewinding
from ticketlab.panels import rewind_panel
from ticketlab.pruning import density, describe
from ticketlab.training import Snapshot


def test_the_barrier_is_that_of_the_line(panel, family):
    for k in STEPS:
        panel.k, panel.replicate = k, 1
        now, barrier = panel.state(), family.lines[k].barrier().double()
        assert (now.k, now.own) == (k, barrier[1])
        assert (now.barrier, now.lowest, now.highest) == (barrier.mean(), barrier.min(),
                                                          barrier.max())
        assert now.stable == (barrier.mean() < 0.02)
        assert f"k = {k}: barrier <b>{100 * barrier.mean():.1f} points</b>" in panel.numbers.value
        assert f"replicate 1: {100 * barrier[1]:.1f}" in panel.numbers.value


def test_distance_and_angle_are_those_of_the_weights(panel, family):
    panel.k, panel.replicate = 10, 1
    ends = [run.stack for run in family.children[10]]
    now = panel.state()
    assert now.apart == pytest.approx(landscape.distance(*ends)[1].item())
    cosine = landscape.cosine(*ends, family.starts[10].stack)[1].item()
    assert now.degrees == pytest.approx(np.degrees(np.arccos(cosine)))
    assert f"{now.apart:.3g} apart" in panel.numbers.value


def test_the_tickets_are_those_of_their_way_at_the_level(panel, family):
    panel.k, panel.level = 10, 2
    now, tickets = panel.state(), family.tickets["rewind to 10"]
    found = tickets.trials[2].run.last("test_accuracy").double()
    shares = [density(trial.masks)[0].item() for trial in tickets.trials]
    assert (now.way, now.level, now.last) == ("rewind to 10", 2, 3)
    assert (now.density, now.sparsity, now.removed) == (
        shares[2], 1 - shares[2], 1 - shares[2] / shares[1])
    assert now.accuracy == pytest.approx(found.mean().item())
    assert (now.accuracy_lowest, now.accuracy_highest) == pytest.approx(
        (found.min().item(), found.max().item()))
    dense = tickets.trials[0].run.last("test_accuracy").double().mean().item()
    assert now.dense == pytest.approx(dense)
    words = panel.numbers.value
    assert describe(now.density, now.removed).replace(", ", " · ") in words
    assert f"rewind to 10: test accuracy <b>{100 * now.accuracy:.1f} %</b>" in words
    assert f"difference {100 * (now.accuracy - dense):+.1f} points" in words


def test_learning_rate_rewinding_and_fine_tuning_do_not_stand_in_for_rewound_weights(family):
    """Their survivors never go back to the weights of step k, though their schedule does."""
    others = {name: family.tickets[name] for name in ("lr rewind to 10", "fine_tune")}
    assert {found.stem.step for found in others.values()} == {10}
    now = rewind_panel(family.children, family.lines, family.starts, others, k=10).state()
    assert now.way is None and now.accuracy is None and now.dense > 0


def test_a_step_without_tickets_says_so(panel):
    panel.k, panel.level = 20, 1
    now = panel.state()
    assert now.way is None and now.accuracy is None and now.density < 1
    assert "no tickets were rewound to step 20" in panel.numbers.value
    assert "none rewound to this step" in svgs(panel)[2]


def test_tickets_may_be_named_by_their_step(family, panel):
    byk = {k: family.tickets[f"rewind to {k}"] for k in (0, 10)}
    other = rewind_panel(family.children, family.lines, family.starts, byk, k=10, level=2)
    panel.k, panel.level = 10, 2
    assert other.state() == panel.state()


def test_without_tickets_there_are_two_pictures_and_no_level(bare):
    assert len(svgs(bare)) == 2 and bare.level is None and bare.state().density is None
    assert "level" not in bare.numbers.value
    descriptions = [control.description for control in bare.box.children[0].children if control.description]
    assert descriptions == ["rewind step k", "k", "replicate"]
    with pytest.raises(ValueError, match="level is 1, and this panel has no tickets"):
        bare.level = 1


@pytest.mark.parametrize("change, message", [
    (lambda f: {"lines": {}}, "there are no lines"),
    (lambda f: {"lines": f.children}, "stands a tuple, not a landscape.Line"),
    (lambda f: {"lines": {"start": f.lines[0]}}, "'start' is no rewind step"),
    (lambda f: {"children": {0: f.children[0]}}, "children has no k = 10, and lines has"),
    (lambda f: {"starts": {0: f.starts[0]}}, "starts has no k = 10, and lines has"),
    (lambda f: {"starts": f.starts | {20: f.starts[10]}}, "under k = 20 stands at step 10"),
    (lambda f: {"starts": f.starts | {0: Snapshot(f.starts[0].stack[[0]])}},
     "different numbers of replicates"),
    (lambda f: {"tickets": {0: f.children}}, "tickets has a dict under 'rewind to 0'"),
])
def test_what_does_not_belong_together_is_refused(family, change, message):
    with pytest.raises(ValueError, match=message):
        rewind_panel(**(vars(family) | change(family)))


def test_tickets_on_different_ladders_are_refused(family):
    other = rewinding.search(NETS["cnn"], DATA, RECIPE, [rewinding.weights(10)], levels=1, rate=0.2,
                             replicates=2, progress=False)
    with pytest.raises(ValueError, match="different densities: 'rewind to 10' at"):
        rewind_panel(family.children, family.lines, family.starts,
                     {0: family.tickets["rewind to 0"], 10: other["rewind to 10"]})
