"""The numbers of the supermask panel are those of its trials, their masks and their units."""

import numpy as np
import pytest

from tests.panels import made
from ticketlab.landscape import surviving
from ticketlab.panels import supermask_panel
from ticketlab.panels.supermasks.table import DEAD, NEGATIVE, POSITIVE, UNUSED
from ticketlab.pruning import density


def test_each_share_has_its_own_accuracy_masks_and_units():
    panel = made.supermask_panel()
    for name, trials in made.picked().items():
        panel.weights = name
        for trial in trials:
            share = density(trial.masks)[0].item()
            panel.share, panel.replicate, panel.layer = share, 1, "hidden2"
            now, accuracy = panel.state(), trial.run.last("test_accuracy")
            assert (now.weights, now.share) == (name, share)
            assert now.accuracy == pytest.approx(accuracy.mean().item()) and now.own == pytest.approx(accuracy[1].item())
            assert (now.used, now.size) == (int(trial.masks["hidden2.weight"][1].sum()), 63)
            alive = surviving(trial.run.stack.net, trial.masks)
            assert now.units == {layer: (int(own[1].sum()), own.shape[1]) for layer, own in alive.items()}


def test_the_picture_shows_signs_what_is_not_used_and_dead_units():
    panel = made.supermask_panel()
    table = panel._tables["Kaiming normal"]
    picture = table.picture(0, "hidden1", 1)
    trial = table.trials[0]
    values, mask = (each["hidden1.weight"][1].numpy() for each in (trial.run.stack.parameters, trial.masks))
    alive = surviving(table.net, trial.masks)["hidden1"][1].numpy()
    assert picture.shape == (9, 12, 3) and not alive.all() and density(trial.masks)[0] < 0.11
    for row in range(9):
        for column in range(12):
            expected = (POSITIVE if values[row, column] > 0 else NEGATIVE) if mask[row, column] else (
                UNUSED if alive[row] else DEAD)
            assert tuple(picture[row, column]) == expected
    assert np.array_equal(table.picture(0, "output", 0).shape, (4, 7, 3))


@pytest.mark.parametrize("change, message", [
    (lambda picked: {}, "there are no trials"),
    (lambda picked: {"a": []}, "there are no trials of 'a'"),
    (lambda picked: {name: own[:3 + n] for n, (name, own) in enumerate(picked.items())}, "other layers, shares or replicates"),
])
def test_trials_that_do_not_belong_together_are_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        supermask_panel(change(made.picked()))
