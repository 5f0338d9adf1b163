"""What is taken apart for a file is put together again, to the last bit."""

import json

import pytest
import torch

from tests.runs.test_training import ADAM, START, assert_same_moment
from tests.training.test_loop import DATA
from ticketlab.runs.tensors import flat, listed, part, unflat, unlisted
from ticketlab.training import Snapshot, train


@pytest.mark.parametrize("moment", [Snapshot(START), train(START, DATA, ADAM, stop=5, progress=False).end],
                         ids=["start", "with its optimiser"])
def test_a_moment_comes_back_beside_what_else_a_file_holds(moment):
    tensors = flat(moment) | {"curves/train_loss": torch.ones(2), "random/cpu": torch.get_rng_state()}
    again = unflat(tensors, moment.step, moment.optimizer is not None, START)
    assert_same_moment(again, moment)
    assert list(part(tensors, "curves")) == ["train_loss"]


@pytest.mark.parametrize("values", [
    torch.tensor([[0.1, -0.0, 1e-45], [float("nan"), float("inf"), -float("inf")]]), torch.tensor([3, -2**60]),
    torch.tensor([0.1], dtype=torch.float64), torch.zeros(2, 0)], ids=["float32", "int64", "float64", "empty"])
def test_a_tensor_comes_back_from_json_exactly(values):
    again = unlisted(json.loads(json.dumps(listed(values), allow_nan=False)))
    assert again.dtype == values.dtype and torch.equal(again.nan_to_num(7), values.nan_to_num(7))
    if values.is_floating_point():
        assert torch.equal(again.isnan(), values.isnan()) and torch.equal(again.signbit(), values.signbit())
