"""The measurements of lesson 02, against numbers computed by hand."""

import math

import pytest
import torch

from ticketlab import nets, stack, weights
from ticketlab.nets import Task
from ticketlab.pruning import dense
from ticketlab.weights import ALL


@pytest.fixture
def pair():
    """Two nets of one 2 x 2 layer each, before and after training."""
    initial = stack.draw(nets.mlp(Task((2,), 2), ()), range(2))
    final = initial.clone()
    initial.parameters["output.weight"].copy_(torch.tensor([[[1., 2.], [-3., 4.]], [[1., 1.], [2., 2.]]]))
    final.parameters["output.weight"].copy_(torch.tensor([[[-1., 2.], [-6., 4.]], [[2., 2.], [4., 4.]]]))
    return initial, final


def test_sign_flips_and_correlation_by_hand(pair):
    assert weights.sign_flips(*pair)["output"].tolist() == [0.25, 0.0]
    expected = torch.corrcoef(torch.tensor([[1., 2., -3., 4.], [-1., 2., -6., 4.]]))[0, 1]
    assert weights.correlation(*pair)["output"].tolist() == pytest.approx([expected.item(), 1.0])


def test_distance_moved_by_hand(pair):
    masks = {"output.weight": torch.tensor([[[True, False], [True, False]], [[False] * 2, [True] * 2]])}
    moved = weights.distance_moved(*pair, masks)
    assert moved["kept"]["output"].tolist() == [2.5, 2.0]
    assert moved["pruned"]["output"].tolist() == [0.0, 1.0]
    assert math.isnan(weights.distance_moved(*pair, dense(pair[0]))["pruned"][ALL][0])
    with pytest.raises(ValueError, match="masks are not for this stack"):
        weights.distance_moved(*pair, {})


def test_a_gaussian_has_8_percent_within_a_tenth_of_its_deviation():
    drawn = stack.draw(nets.mlp(Task((784,), 10)), range(2))
    shares = weights.share_near_zero(drawn)
    assert round(weights.GAUSSIAN_SHARE, 4) == 0.0797
    assert shares["hidden1"].tolist() == pytest.approx([weights.GAUSSIAN_SHARE] * 2, abs=0.003)
    # pooled over layers of unequal spread, the mixture is more peaked than a Gaussian
    assert (shares[ALL] > shares["hidden1"]).all()
    with pytest.raises(ValueError, match="within is 0"):
        weights.share_near_zero(drawn, within=0)


def test_the_table_marks_what_was_measured(pair):
    table = weights.table({"flips (%)": weights.sign_flips(*pair)}, scale=100, digits=0)
    assert table.loc["output", "flips (%)"] == "≈ 12 ± 18"
    assert list(table.index) == ["output", ALL]


def test_relative_movement_by_hand(pair):
    found = weights.relative_movement(*pair)["output"].tolist()
    assert found == pytest.approx([(13 / 30) ** 0.5, 1.0])
    assert weights.relative_movement(*pair)[ALL].tolist() == pytest.approx(found)
    pair[0].parameters["output.weight"][1] = 0
    with pytest.raises(ValueError, match="all weights of 'output' are 0 at the start"):
        weights.relative_movement(*pair)


def test_concentration_by_hand_and_of_a_gaussian(pair):
    found = weights.concentration(pair[1])
    values = torch.tensor([-1.0, 2.0, -6.0, 4.0]).double()
    z = (values - values.mean()) / values.std()
    row = found.iloc[0]
    assert (row["layer"], row["kind"], row["replicate"], row["weights"]) == ("output", "output", 0, 4)
    assert row["kurtosis"] == pytest.approx(z.pow(4).mean().item())
    assert row["largest"] == pytest.approx(6 / values.std().item()) and row["zeros"] == row["near zero"] == 0
    drawn = stack.draw(nets.mlp(Task((784,), 10)), range(2))
    drawn.parameters["hidden1.weight"][1, :, :392] = 0
    one, two = (each for _, each in weights.concentration(drawn).groupby("replicate"))
    first = one.set_index("layer").loc["hidden1"]
    assert first["near zero"] == pytest.approx(weights.GAUSSIAN_SHARE, abs=0.003)
    assert first["kurtosis"] == pytest.approx(3, abs=0.1) and first["zeros"] == 0
    assert two.set_index("layer").loc["hidden1", "zeros"] == 0.5
