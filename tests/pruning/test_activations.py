"""What goes into layers: for each kind of layer what its weights are multiplied with; Wanda's score."""

import pytest
import torch
from torch import nn

import ticketlab as tl
from ticketlab.pruning import input_norms, input_products, magnitude, prune, wanda
from ticketlab.pruning.activations import rows

DATA = tl.data.load("mnist1d")


@pytest.mark.parametrize("layer, shape", [
    (nn.Linear(6, 3, bias=False), (4, 6)), (nn.Linear(6, 3, bias=False), (2, 5, 6)),
    (nn.Conv1d(2, 3, 5, stride=2, padding=2, bias=False), (4, 2, 11)),
    (nn.Conv1d(2, 3, 3, padding="same", dilation=2, bias=False), (4, 2, 9)),
    (nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(1, 0), bias=False), (4, 2, 7, 6)),
    (nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular", bias=False), (4, 2, 5, 5))])
def test_weights_times_rows_are_what_the_layer_computes(layer, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        own, wanted = rows(layer, x) @ layer.weight.flatten(1).T, layer(x)
    wanted = wanted.movedim(1, -1) if isinstance(layer, nn.Conv1d | nn.Conv2d) else wanted
    torch.testing.assert_close(own, wanted.reshape(-1, 3), atol=1e-5, rtol=1e-4)


def test_norms_of_the_first_layer_are_those_of_the_data():
    stack = tl.draw(tl.nets.mlp(DATA, (12, 8)), [0, 1])
    x = DATA.x_train[:50]
    norms, products = input_norms(stack, x), input_products(stack, x)
    torch.testing.assert_close(norms["hidden1.weight"][1], x.flatten(1).norm(dim=0))
    hidden = torch.relu(x.flatten(1) @ stack.parameters["hidden1.weight"][1].T + stack.parameters["hidden1.bias"][1])
    torch.testing.assert_close(norms["hidden2.weight"][1], hidden.norm(dim=0))
    torch.testing.assert_close(products["hidden2.weight"].diagonal(dim1=1, dim2=2).sqrt(), norms["hidden2.weight"],
                               atol=1e-4, rtol=1e-4)


def test_examples_read_in_parts_give_the_same_norms():
    stack = tl.draw(tl.nets.mlp(DATA, (12, 8)), [0, 1])
    x = DATA.x_train[:50]
    whole, parts = input_norms(stack, x), input_norms(stack, x, batch=7)
    for name, norms in whole.items():
        torch.testing.assert_close(parts[name], norms)
    with pytest.raises(ValueError, match="batch is 0"):
        input_norms(stack, x, batch=0)


def test_wanda_is_magnitude_where_all_inputs_are_of_one_size():
    stack = tl.draw(nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 8)), [0, 1])
    x = torch.eye(16)
    for scope in ("row", "layer"):
        one, two = (prune(stack, density=0.5, score=score, scope=scope)["0.weight"] for score in (wanda(x), magnitude))
        assert torch.equal(one, two)


def test_a_weight_whose_input_is_always_zero_goes_first():
    stack = tl.draw(tl.nets.mlp(DATA, (12,)), [0])
    x = DATA.x_train[:50].clone()
    x.view(50, -1)[:, :10] = 0
    masks = prune(stack, density=0.75, score=wanda(x), scope="row")
    assert not masks["hidden1.weight"][0, :, :10].any() and masks["hidden1.weight"][0, :, 10:].all()


def test_wanda_changes_a_rows_outputs_less_than_magnitude_where_inputs_differ():
    """What it is for: by Sun et al. 2024, figure 1, on inputs of very different sizes."""
    stack = tl.draw(nn.Sequential(nn.Linear(64, 32, bias=False)), range(3))
    x = torch.randn(200, 64, generator=torch.Generator().manual_seed(1)) * torch.logspace(-1, 1, 64)
    outputs = tl.stack.forward(stack, x, shared=True)
    def error(score):
        masks = prune(stack, density=0.5, score=score, scope="row")
        cut = tl.masks.apply_masks(stack, masks)
        return (tl.stack.forward(cut, x, shared=True) - outputs).square().mean((1, 2))
    assert (error(wanda(x)) < 0.5 * error(magnitude)).all()


def test_it_takes_data_and_ranks_kernels():
    stack = tl.draw(tl.nets.conv1d(DATA), [0, 1])
    scores = wanda(DATA)(stack)
    assert {name: s.shape for name, s in scores.items()} == {
        name: stack.parameters[name].shape for name in tl.pruning.prunable(stack.net)}
    assert not any(module._forward_pre_hooks for module in stack.net.modules()), "no hook may be left"


def test_an_empty_calibration_set_is_refused():
    with pytest.raises(ValueError, match="no calibration examples"):
        wanda(torch.zeros(0, 40))


class Skips(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.one(x)


def test_a_layer_that_forward_leaves_out_is_named():
    with pytest.raises(ValueError, match="nothing went into 'two'"):
        wanda(torch.ones(3, 4))(tl.draw(Skips(), [0]))


def test_grouped_convolutions_are_refused():
    with pytest.raises(ValueError, match="no plain convolution"):
        wanda(torch.ones(3, 4, 8))(tl.draw(nn.Sequential(nn.Conv1d(4, 4, 3, groups=2)), [0]))
