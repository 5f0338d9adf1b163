"""One layer goes back and no other, to the bit at both ends."""

import pytest
import torch

from tests.training.test_loop import DATA, NETS, assert_same_bits
from ticketlab import stack
from ticketlab.landscape import recompute_norms, reset, resets
from ticketlab.training import evaluate

START = stack.draw(NETS["cnn"], range(2))
END = START.map(lambda t: t + 1)


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_the_layer_goes_that_share_of_the_way_and_nothing_else_moves(share):
    back = reset(END, START, "conv2", share)
    for name, values in END.parameters.items():
        if name.startswith("conv2."):
            torch.testing.assert_close(back.parameters[name], values - share)
        else:
            assert torch.equal(back.parameters[name], values)
    assert all(torch.equal(values, END.buffers[name]) for name, values in back.buffers.items())
    if share == 1:
        assert torch.equal(back.parameters["conv2.weight"], START.parameters["conv2.weight"])
    if share == 0:
        assert_same_bits(back, END)


def test_several_layers_and_kinds_go_back_together():
    back = reset(END, START, ["conv", "norms", "output"])
    assert all(torch.equal(values, START.parameters[name]) for name, values in back.parameters.items())


@pytest.mark.parametrize("arguments, message", [
    (("conv4",), "'conv4' is no layer.*did you mean 'conv"),
    (("conv1", 1.1), "share is 1.1; .*from 0 .* to 1"), (("conv1", float("nan")), "share is nan")])
def test_what_does_not_fit_is_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        reset(END, START, *arguments)


def test_the_table_is_each_layer_reset_and_evaluated_with_statistics_measured_anew():
    table = resets(END, START, DATA, shares=(0, 1), progress=False)
    assert list(dict.fromkeys(table["layer"])) == ["conv1", "conv2", "conv3", "output"] and len(table) == 4 * 2 * 2
    for layer in ("conv2", "output"):
        nets = recompute_norms(reset(END, START, layer), DATA)
        own = table[(table["layer"] == layer) & (table["share"] == 1)].sort_values("replicate")
        assert own["accuracy"].tolist() == evaluate(nets, DATA.x_test, DATA.y_test)[1].tolist()
    with pytest.raises(ValueError, match="0 layers and 6 shares"):
        resets(END, START, DATA, layers=[])
