"""What of a net is prunable, tied, frozen or computed."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from ticketlab import nets, pruning, stack


class Tied(nn.Module):
    """Embedding and output layer share one Parameter."""

    def __init__(self):
        super().__init__()
        self.emb, self.hidden, self.out = nn.Embedding(7, 5), nn.Linear(5, 5), nn.Linear(5, 7)
        self.out.weight = self.emb.weight
        self.register_buffer("scale", torch.tensor(2.0), persistent=False)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(self.emb(x)))) * self.scale


def test_tied_weights_count_once_and_are_pruned_once():
    net = Tied()
    assert nets.count(net) == {"weights": 60, "others": 12}
    drawn = stack.draw(net, [0, 1])
    masks = pruning.prune(drawn, density=0.5, scope="global")
    assert list(masks) == ["hidden.weight", "emb.weight"]
    module = pruning.apply_masks(drawn, masks).module(1)
    assert module.out.weight is module.emb.weight
    assert int(module.out.weight.count_nonzero() + module.hidden.weight.count_nonzero()) == 30


def test_a_module_taken_out_computes_what_the_stack_computes_with_ties_and_unsaved_buffers():
    drawn = stack.draw(Tied(), [0, 1])
    drawn.buffers["scale"][1] = 5.0
    x = torch.arange(7)
    torch.testing.assert_close(drawn.module(1)(x), stack.forward(drawn, x, shared=True)[1])


def test_frozen_weights_are_not_prunable_unless_the_layer_asks():
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    net[0].requires_grad_(False)
    assert pruning.prunable(net) == {"1.weight": "output"}
    net[0].prunable_as = "hidden"
    assert pruning.prunable(net) == {"0.weight": "hidden", "1.weight": "output"}


def computed():
    layer = lambda: nn.Linear(3, 2)  # noqa: E731
    with pytest.warns(FutureWarning):
        old = nn.utils.weight_norm(layer())
    return {"remove_parametrizations": parametrizations.weight_norm(layer()),
            "prune.remove": prune.l1_unstructured(layer(), "weight", 0.5),
            "remove_weight_norm": old, "remove_spectral_norm": nn.utils.spectral_norm(layer())}


def test_computed_weights_are_named_with_the_cure():
    for cure, layer in computed().items():
        with pytest.raises(ValueError, match=cure):
            stack.draw(nn.Sequential(layer), [0])


def test_what_a_density_does_not_count_is_said_for_recurrent_nets_only():
    net = nn.ModuleDict({"lstm": nn.LSTM(4, 8), "out": nn.Linear(8, 4)})
    # 32 weights of out; 4 x 8 x (4 + 8) weights and 2 x 4 x 8 biases of the LSTM, 4 biases of out
    said = "452 of 484 parameters are not prunable, among them lstm.weight_hh_l0, lstm.weight_ih_l0"
    assert pruning.describe(0.5, net=net) == f"{pruning.describe(0.5)}; {said}"
    assert repr(stack.draw(net, [0, 1])) == (
        f"Stack of 2 nets with 32 prunable weights and 452 other parameters each, on cpu; {said}; "
        "computed together by torch.func.vmap if that takes them, as the first batch will show")
    assert repr(stack.draw(nets.mlp(nets.Task((4,), 2), ()), [0])) == (
        "Stack of 1 nets with 8 prunable weights and 2 other parameters each, on cpu")
    assert pruning.describe(0.5, net=nets.mlp(nets.Task((4,), 2))) == pruning.describe(0.5)
