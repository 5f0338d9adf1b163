"""Loss and accuracy are those of each net alone, however the examples are cut."""

import pytest
import torch
import torch.nn.functional as F

from tests.training.test_loop import DATA, NETS
from ticketlab import stack
from ticketlab.training import evaluate


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_loss_and_accuracy_are_those_of_each_net_alone(net, chunk):
    nets = stack.draw(NETS[net], range(3))
    loss, accuracy = evaluate(nets, DATA.x_test, DATA.y_test, chunk=chunk)
    for each in range(3):
        with torch.no_grad():
            outputs = nets.module(each)(DATA.x_test)
        torch.testing.assert_close(loss[each], F.cross_entropy(outputs, DATA.y_test))
        assert accuracy[each] == (outputs.argmax(1) == DATA.y_test).float().mean()
