"""One step, and another trainer at the same moment: what ``training.pace`` compares."""

import pytest
import torch

from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import stack
from ticketlab.pruning import prune, supermasks
from ticketlab.training import trainer
from ticketlab.training.trainer import Trainer

MORE = {"powerprop": RECIPES["sgd"].with_(weight_decay=0, powerprop=2),
        "masks": RECIPES["sgd"].with_(weight_decay=0, trained="masks")}
X, Y = DATA.x_train[:20].expand(3, -1, -1), DATA.y_train[:20].expand(3, -1)


def begun(recipe="sgd", net="mlp", steps=3) -> Trainer:
    start = stack.draw(NETS[net], range(3))
    masks = supermasks.shares(start, [0.5])[0] if recipe == "masks" else prune(start, density=0.5)
    one = Trainer(start, (RECIPES | MORE)[recipe], masks, None, [0, 1, 2])
    for _ in range(steps):
        one.step(X, Y, 0.1)
    return one


@pytest.mark.parametrize("recipe, net", [*((each, "mlp") for each in (*RECIPES, *MORE)), ("sgd", "cnn")])
def test_a_copy_goes_on_with_the_same_bits_and_leaves_the_first_alone(recipe, net):
    """Momentum, Adam's state, roots, scores and running statistics included."""
    one = begun(recipe, net)
    other = one.copy()
    assert one.equals(other)
    own, theirs = [], []
    measured = one.step(X, Y, 0.1, None, own)
    assert not one.equals(other)
    for ours, another in zip(measured, other.step(X, Y, 0.1, None, theirs), strict=True):
        assert torch.equal(ours, another)
    assert one.equals(other) and all(map(torch.equal, own, theirs))
    # of "masks", too, all weights have gradients: they are what the scores' gradients are made of
    assert len(own) == len(one.parameters) if recipe != "masks" else own


@pytest.mark.parametrize("what", ["parameters", "buffers", "momentum"])
def test_one_bit_is_a_difference(what):
    one = begun(net="cnn")
    other = one.copy()
    values = (other.optimizer.tensors["momentum_buffer"] if what == "momentum"
              else list(getattr(other.stack, what).values()))
    last = values[-1].detach()
    last.view(-1)[-1] = torch.nextafter(last.view(-1)[-1], torch.tensor(9.0)) if last.is_floating_point() else 9
    assert not one.equals(other)


def test_the_gradients_that_are_seen_are_those_of_each_network_alone():
    one, seen = begun(steps=0), []
    networks = one.stack.clone()
    one.step(X, Y, 0.1, None, seen)
    for place in range(3):
        alone = networks.module(place).train()
        torch.nn.functional.cross_entropy(alone(X[place]), Y[place]).backward()
        for own, parameter in zip(seen, alone.parameters(), strict=True):
            torch.testing.assert_close(own[place], parameter.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("capability, kind, scale", [((7, 5), torch.float16, 2 ** 10),
                                                     ((8, 0), torch.bfloat16, 1)])
def test_a_t4_takes_float16_and_newer_cards_bfloat16(capability, kind, scale, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch, "autocast", lambda *arguments: arguments)
    assert trainer._precision("mixed", torch.device("cuda")) == (("cuda", kind), scale)
