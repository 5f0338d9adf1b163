"""The validation columns of a run: of the validation split, and of nothing at all nan."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.scaling.test_double_descent import make_data
from ticketlab import lottery, nets, stack
from ticketlab.data import load
from ticketlab.scaling import curves, lowest_matching
from ticketlab.scaling.double_descent import peak, sweep
from ticketlab.training import Recipe, evaluate, train

RECIPE = Recipe("adam", lr=2e-2, batch=10, steps=20, evaluate_every=10)
DATA = make_data()
NONE = replace(DATA, x_val=DATA.x_val[:0], y_val=DATA.y_val[:0])
START = stack.draw(nets.mlp(DATA, (8,)), [0, 1])
VAL, TEST = ("val_loss", "val_accuracy"), ("test_loss", "test_accuracy")


def test_validation_is_measured_on_the_validation_split_and_test_on_the_test_split():
    """Of splits that are told apart: validation with its labels moved on by one."""
    data = replace(DATA, y_val=(DATA.y_val + 1) % DATA.classes)
    run = train(START, data, RECIPE, progress=False)
    for names, x, y in ((VAL, data.x_val, data.y_val), (TEST, data.x_test, data.y_test)):
        for name, value in zip(names, evaluate(run.stack, x, y), strict=True):
            assert torch.equal(run.last(name), value), name
    assert (run.last("test_accuracy") - run.last("val_accuracy") > 0.3).all()
    assert (run.best_step() == 0).all(), "stopping is chosen on validation"


def test_without_validation_its_columns_are_nan_and_nothing_else_changes():
    run, whole = (train(START, data, RECIPE, progress=False) for data in (NONE, DATA))
    for name, values in run.curves.items():
        if name in VAL:
            assert values.isnan().all() and values.shape == (3, 2), name
        else:
            torch.testing.assert_close(values, whole.curves[name], rtol=0, atol=0, equal_nan=True)
    assert not run.validated and whole.validated
    assert run.frame()["val_loss"].isna().all()


def test_early_stopping_refuses_without_validation():
    run = train(START, NONE, RECIPE, progress=False)
    for ask in (run.best_step, lambda: run.at_best_step("test_accuracy")):
        with pytest.raises(ValueError, match="no step can be chosen on validation: .*`validation` of at least 1"):
            ask()


def test_a_data_set_loaded_without_validation_can_be_trained():
    data = load("digits", validation=0)
    run = train(stack.draw(nets.mlp(data, (8,)), [0]), data, RECIPE.with_(steps=2), progress=False)
    assert run.last("val_loss").isnan().all() and run.last("test_loss").isfinite().all()


def test_a_search_and_its_controls_do_without_validation():
    def searched(data):
        tickets = lottery.search(nets.mlp(data, (8,)), data, RECIPE, levels=2, rate=0.4, replicates=2,
                                 rewind=2, progress=False)
        return lottery.table(tickets, lottery.controls(tickets, ["reinit"], progress=False))

    none, whole = searched(NONE), searched(DATA)
    assert none[["early_accuracy", "early_step"]].isna().all(axis=None)
    assert whole["early_step"].dtype == np.int64
    rest = [name for name in none if not name.startswith("early")]
    assert none[rest].equals(whole[rest])
    assert len(lottery.comparisons.paired(none, [("ticket", "reinit")], [1, 2])) == 2


def test_a_sweep_of_widths_does_without_validation_and_its_peak_says_why_not():
    table = sweep(NONE, [2, 4], RECIPE, noises=[0.2], replicates=2, progress=False).table
    assert table[["val_error", "val_loss"]].isna().all(axis=None)
    assert not curves(table, 0.2).isna().any(axis=None)
    with pytest.raises(ValueError, match="val_error is nan throughout, .*no validation split"):
        peak(table, 0.2)
    assert peak(table, 0.2, by="test_error").widest == 4


def test_levels_are_not_chosen_on_validation_that_is_not_there():
    import pandas

    table = pandas.DataFrame([{"width": 8, "arm": "ticket", "level": level, "replicate": 0,
                               "density": 0.5 ** level, "weights": 100 >> level, "accuracy": 0.9,
                               "val_accuracy": math.nan} for level in range(3)])
    with pytest.raises(ValueError, match="val_accuracy is nan at width 8"):
        lowest_matching(table)
