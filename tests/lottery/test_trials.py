"""Trials and their table: what is reported, and which level is meant."""

from dataclasses import replace

import pytest
import torch

from ticketlab import lottery, training
from ticketlab.lottery.trials import Tickets, flat


def test_a_table_needs_trials():
    with pytest.raises(ValueError, match="there are no trials"):
        lottery.table([])


def test_the_table_reports_test_accuracies_and_the_early_one_at_the_step_chosen_on_validation(tickets):
    """Not validation accuracies, and not the best of all looks at the test split; the curves are
    made so that these are three different numbers."""
    curves = {name: torch.zeros(3, 2) for name in training.METRICS} | {
        "step": torch.tensor([0, 3, 6]),
        "val_loss": torch.tensor([[2.0, 1.0], [1.0, 2.0], [3.0, 3.0]]),
        "val_accuracy": torch.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
        "test_accuracy": torch.tensor([[0.9, 0.7], [0.8, 0.95], [0.6, 0.65]])}
    masks = tickets.trials[0].masks
    run = training.Run(tickets.trials[0].run.end, curves, {})
    frame = lottery.table(lottery.Trial("ticket", 0, masks, run))
    assert frame.accuracy.tolist() == pytest.approx([0.6, 0.65])
    assert frame.early_accuracy.tolist() == pytest.approx([0.8, 0.7])
    assert frame.early_step.tolist() == [3, 0]


def test_without_validation_there_is_no_early_accuracy_and_the_last_one_stands(tickets):
    first = tickets.trials[0]
    blind = dict(first.run.curves, val_loss=torch.full_like(first.run.curves["val_loss"], torch.nan))
    frame = lottery.table(first._replace(run=replace(first.run, curves=blind)))
    assert frame.early_accuracy.isna().all() and frame.early_step.isna().all()
    assert frame.accuracy.tolist() == first.run.last("test_accuracy").tolist()


def test_the_nearest_level_is_nearest_on_a_log_scale():
    """Between 1 and 0.1 the middle is 0.316; on a line it would be 0.55."""
    tickets = Tickets(*[None] * 2, [], *[None] * 6)
    one = torch.ones(1, 100, dtype=torch.bool)
    for number, kept in enumerate((100, 10)):
        mask = one & (torch.arange(100) < kept)
        tickets.trials.append(lottery.Trial("ticket", number, {"output.weight": mask}, None))
    assert tickets.densities == [1, 0.1]
    assert [tickets.nearest(share) for share in (1, 0.33, 0.3, 0.01)] == [0, 0, 1, 1]
    for share in (0, 1.1):
        with pytest.raises(ValueError, match=f"share is {share}; it must lie between 0"):
            tickets.nearest(share)


def test_tickets_lists_and_single_trials_make_one_list(tickets):
    one, *others = tickets.trials
    assert flat([one, others, tickets]) == [one, *others, *tickets.trials]
