"""What a tiny batch of one network holds, and that it tells what any batch of it holds."""

import pytest
import torch
from torch import nn

from tests.training.memory.test_forecast import ADAM, NETS, RECIPES, SIGNAL, make_data
from tests.training.test_loop import assert_same_bits
from ticketlab import nets, stack
from ticketlab.training.memory import footprint

LINEAR = nn.Sequential(nn.Linear(40, 10))


def alone(net):
    return stack.draw(net, [0], initialise=nets.torch_default)


def test_an_evaluation_of_one_linear_layer_is_what_can_be_counted_by_hand():
    """An example's outputs, their softmax and its loss; and a number that the loss keeps."""
    found = footprint.of_an_evaluation(alone(LINEAR), make_data(SIGNAL), 50)
    assert found == 4 * (50 * (10 + 10 + 1) + 1)


def test_a_step_of_one_linear_layer_is_what_can_be_counted_by_hand():
    """At the end of the forward pass: the batch, its labels, and what the evaluation holds. At the
    peak, with the gradients of the losses, the outputs and the parameters, more than that."""
    peak, mark = footprint.of_a_step(alone(LINEAR), make_data(SIGNAL), ADAM)
    assert mark == 4 * (60 * (40 + 2 + 10 + 10 + 1) + 1)
    assert peak >= mark + 4 * (60 * 10 + 40 * 10 + 10)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("net", NETS)
def test_two_tiny_batches_tell_what_a_larger_one_holds(net, recipe):
    """Noted at 20 examples, to the bytes of what does not grow with them."""
    (module, task), chosen = NETS[net], RECIPES[recipe]
    if len(task.shape) == 1:
        chosen = chosen.with_(augment="none")
    one, data = alone(module), make_data(task)
    noted, mark = footprint._step(one, data, chosen, 20)
    assert footprint.of_a_step(one, data, chosen.with_(batch=20)) == pytest.approx(
        (max(noted), mark), rel=0.02)
    noted, _ = footprint._evaluation(one, data, 20)
    assert footprint.of_an_evaluation(one, data, 20) == pytest.approx(max(noted), rel=0.02)


def test_the_peak_is_carried_on_moment_by_moment():
    """What is largest in a tiny batch need not be largest in a large one."""
    assert footprint._carried_on(12, [([100, 20], 20), ([100, 30], 30)]) == (120, 120)
    # other sizes took other operations: only their peaks can be told
    assert footprint._carried_on(12, [([50, 20], 20), ([60, 30, 10], 30)]) == (150, 120)


def test_tensors_count_while_they_live_once_and_only_if_they_are_new():
    there = torch.zeros(100)
    with footprint._Alive([there]) as alive:
        made = torch.ones(10)  # 40 bytes
        view = made.view(2, 5)  # the same memory
        there.add_(1)
        assert alive.now == 40
        del made
        assert alive.now == 40
        del view
        assert alive.now == 0
        again = torch.ones(5)
    assert max(alive.sizes) == 40 and alive.now == again.numel() * 4


def test_the_network_is_left_as_it_was():
    one = alone(nets.conv1d(SIGNAL))
    before = one.clone()
    footprint.of_a_step(one, make_data(SIGNAL), ADAM)
    footprint.of_an_evaluation(one, make_data(SIGNAL), 10)
    assert_same_bits(one, before)
    assert all(values.grad is None and not values.requires_grad
               for values in one.parameters.values())
