"""Moments of a run and its curves: joined, taken apart, and read as early stopping reads them."""

import pytest
import torch

from tests.training.test_loop import NETS, RECIPES, assert_same_bits, fit
from tests.training.test_splitting import SHORT, START
from ticketlab import stack
from ticketlab.training import METRICS, Run, Snapshot, join
from ticketlab.training.history import join_runs


def test_early_stopping_chooses_on_validation_and_reports_test():
    run = fit(stack.draw(NETS["mlp"], range(2)))
    for r in range(2):
        row = run.curves["val_loss"][:, r].argmin()
        assert run.best_step()[r] == run.curves["step"][row]
        assert run.at_best_step("test_accuracy")[r] == run.curves["test_accuracy"][row, r]


def test_the_frame_holds_the_curves_row_by_row():
    run = fit(stack.draw(NETS["mlp"], range(2)))
    frame = run.frame()
    assert list(frame.columns) == ["replicate", "step", *METRICS]
    assert len(frame) == 5 * 2
    row = frame[(frame.replicate == 1) & (frame.step == 30)]
    assert row.val_loss.item() == pytest.approx(run.curves["val_loss"][3, 1].item())


@pytest.mark.parametrize("net", ["mlp", "cnn"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_moments_that_are_joined_go_on_as_each_would_alone(net, recipe):
    """Networks, batch statistics and optimiser, Adam's single count of steps included."""
    starts = [stack.draw(NETS[net], seeds) for seeds in ([0, 1], [2])]
    first = [fit(start, RECIPES[recipe], order_seeds=seeds, stop=15).end
             for start, seeds in zip(starts, ([0, 1], [2]), strict=True)]
    joined = join(first)
    assert joined.step == 15 and joined.stack.replicates == 3
    together = fit(joined, RECIPES[recipe], order_seeds=[0, 1, 2])
    alone = [fit(moment, RECIPES[recipe], order_seeds=seeds)
             for moment, seeds in zip(first, ([0, 1], [2]), strict=True)]
    for run, which in zip(alone, (slice(0, 2), slice(2, 3)), strict=True):
        part = together.part(which)
        for name, values in part.stack.parameters.items():
            torch.testing.assert_close(values, run.stack.parameters[name], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(part.last("test_loss"), run.last("test_loss"), rtol=1e-3, atol=1e-4)
    fresh = join([Snapshot(moment.stack, 15) for moment in first])
    assert fresh.optimizer is None and fresh.step == 15


def test_moments_that_cannot_go_on_together_are_refused():
    start = stack.draw(NETS["mlp"], [0])
    trained = fit(start, stop=5).end
    with pytest.raises(ValueError, match=r"they stand at steps \[0, 5\].*train them apart"):
        join([Snapshot(start), trained])
    with pytest.raises(ValueError, match="all or none must have an optimiser's state"):
        join([trained._replace(optimizer=None), trained])
    with pytest.raises(ValueError, match="stack 1 has another architecture"):
        join([Snapshot(start), Snapshot(stack.draw(NETS["cnn"], [0]))])


def test_a_part_of_a_run_is_the_run_of_those_networks():
    run = fit(stack.draw(NETS["mlp"], range(4)), snapshots=[20])
    for which, rows in ((slice(1, 3), [1, 2]), ([3, 0], [3, 0]), (2, [2])):
        part = run.part(which)
        assert_same_bits(part.stack, run.stack[rows])
        assert part.end.step == 40 and part.end.optimizer is None
        assert_same_bits(part.snapshots[20].stack, run.snapshots[20].stack[rows])
        assert part.snapshots[20].step == 20 and part.snapshots[20].optimizer is None
        assert torch.equal(part.curves["step"], run.curves["step"])
        assert torch.equal(part.last("test_accuracy"), run.last("test_accuracy")[rows])
        assert torch.equal(part.best_step(), run.best_step()[rows])
        assert len(part.frame()) == 5 * len(rows)


def test_early_stopping_follows_validation_where_test_would_choose_another_step():
    curves = {name: torch.zeros(3, 1) for name in METRICS} | {
        "step": torch.tensor([0, 10, 20]), "val_loss": torch.tensor([[3.0], [1.0], [2.0]]),
        "test_loss": torch.tensor([[3.0], [2.0], [1.0]]),
        "test_accuracy": torch.tensor([[0.1], [0.5], [0.9]])}
    run = Run(Snapshot(None, 20), curves, {})
    assert run.best_step().tolist() == [10]
    assert run.at_best_step("test_accuracy").tolist() == pytest.approx([0.5])


def test_runs_over_different_steps_are_not_joined():
    with pytest.raises(ValueError, match="run 1 was evaluated, or kept snapshots, at other steps"):
        join_runs([fit(START["mlp"], SHORT["adam"]), fit(START["mlp"], SHORT["adam"], stop=5)])
