"""What a net gives is checked before training starts, and the wrapper in the message works."""

import random
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.test_loop import DATA, assert_same_bits, fit
from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.training import Recipe, outputs, train
from ticketlab.training.outputs import check_outputs


class Net(nn.Module):
    """12 inputs and ``classes`` outputs, given as ``shape`` makes of them."""

    def __init__(self, shape, classes=4):
        super().__init__()
        self.shape, self.out = shape, nn.Linear(12, classes)

    def forward(self, x):
        return self.shape(self.out(x))


def two_classes():
    return SimpleNamespace(**vars(DATA) | {f"y_{split}": getattr(DATA, f"y_{split}") % 2
                                           for split in ("train", "val", "test")} | {"classes": 2})


WRONG = {
    "a tuple": (Net(lambda z: (z, z)), DATA),
    "a dictionary": (Net(lambda z: {"scores": z, "x": 1}), DATA),
    "one logit, a column": (Net(lambda z: z, 1), two_classes()),
    "one logit, no column": (Net(lambda z: z[:, 0], 1), two_classes()),
    "one logit of layers in a row": (nn.Sequential(nn.Linear(12, 1)), two_classes()),
    "fewer outputs": (Net(lambda z: z, 3), DATA),
    "fewer outputs of layers in a row": (nn.Sequential(nn.Linear(12, 3)), DATA),
    "maps": (Net(lambda z: z[:, :, None, None].expand(-1, -1, 2, 3)), DATA),
    "a sequence": (Net(lambda z: z[:, None].expand(-1, 3, -1)), DATA),
}


def cured(message, net):
    """The net after the lines of the message were executed."""
    found = {"net": net, "nn": nn, "torch": torch}
    exec(message[message.index("\n") + 1:], found)  # noqa: S102 - our own text
    return found["net"]


@pytest.mark.parametrize("name", WRONG)
def test_an_output_that_does_not_fit_is_named_before_training_with_lines_that_cure_it(name, monkeypatch):
    net, data = WRONG[name]
    monkeypatch.setattr("ticketlab.training.loop._train", None)  # so: before training
    with pytest.raises(ValueError, match=rf"forward of {type(net).__name__} gives") as caught:
        fit(stack.draw(net, [0, 1]), data=data)
    monkeypatch.undo()
    assert "[N, classes]" in str(caught.value)
    run = fit(stack.draw(cured(str(caught.value), net), [0, 1]), data=data)
    assert run.last("train_loss").isfinite().all() and (run.last("test_accuracy") <= 1).all()


def test_one_logit_as_two_scores_is_the_binary_cross_entropy():
    net, data = WRONG["one logit, a column"]
    with pytest.raises(ValueError, match="one logit each") as caught:
        check_outputs(stack.draw(net, [0]), data)
    scores = cured(str(caught.value), net)(data.x_test)
    torch.testing.assert_close(
        nn.functional.cross_entropy(scores, data.y_test),
        nn.functional.binary_cross_entropy_with_logits(net(data.x_test)[:, 0], data.y_test.float()))


class Text(nn.Module):
    """Scores of 6 characters, [N, T, 6] but for ``shape``."""

    def __init__(self, shape):
        super().__init__()
        self.shape, self.emb, self.out = shape, nn.Embedding(6, 5), nn.Linear(5, 6)

    def forward(self, x):
        return self.shape(self.out(self.emb(x)))


@pytest.mark.parametrize("shape, said", [
    (lambda z: z.flatten(0, 1), "in one dimension"), (lambda z: z.transpose(1, 2), "before the char"),
    (lambda z: z.transpose(0, 1), "before the texts")])
def test_texts_want_a_score_for_every_character(shape, said):
    x = torch.randint(6, (20, 9), generator=torch.Generator().manual_seed(0))
    data = SimpleNamespace(x_train=x, y_train=x, x_val=x, y_val=x, x_test=x, y_test=x, classes=6,
                           shape=(9,))
    recipe = Recipe("sgd", lr=0.1, batch=5, steps=4)
    with pytest.raises(ValueError, match=rf"(?s){said}.*\[N, T, characters\].*\[2, 9, 6\]") as caught:
        train(stack.draw(Text(shape), [0]), data, recipe, progress=False)
    net = cured(str(caught.value), Text(shape))
    train(stack.draw(net, [0]), data, recipe, progress=False)


def test_the_check_leaves_net_values_and_random_state_as_they_were():
    class Counts(Net):
        def forward(self, x):
            self.calls = getattr(self, "calls", 0) + 1
            torch.rand(3)
            self.norm.running_mean += 1
            return super().forward(x)

    net = Counts(lambda z: z)
    net.norm = nn.BatchNorm1d(4)
    net.train()
    start = stack.draw(net, [0])
    before, state = start.clone(), torch.get_rng_state()
    check_outputs(start, DATA)
    assert_same_bits(start, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert start.net.training and not hasattr(start.net, "calls")
    assert (start.net.norm.running_mean == 0).all()


@pytest.mark.parametrize("net", [
    nets.mlp(DATA, (20,)), nets.conv1d(DATA, 4), nets.gpt(SimpleNamespace(shape=(9,), classes=6), 8, 2, 1),
    nets.resnet20(Task((3, 32, 32), 4), 4), nets.conv(Task((3, 8, 8), 4), 2, 2)])
def test_nothing_is_run_where_the_last_layer_tells(net, monkeypatch):
    monkeypatch.setattr(outputs, "forward", None)
    text = isinstance(net[0], nets.CharacterEmbedding)
    data = SimpleNamespace(x_train=torch.zeros(4, 9).long(), y_train=torch.zeros(4, 9).long(), classes=6
                           ) if text else DATA
    start = stack.draw(net, [0])
    began = time.perf_counter()
    check_outputs(start, data)
    assert time.perf_counter() - began < 0.1  # some 0.1 ms; a hundred times that on a busy machine


DRAWS = {"numpy": lambda: float(np.random.rand()), "random": random.random,  # noqa: NPY002
         "torch": lambda: float(torch.rand(())), "nothing": lambda: 1.0}


@pytest.mark.parametrize("when", ["always", "in training"])
@pytest.mark.parametrize("how", DRAWS)
def test_random_numbers_that_no_seed_of_torch_decides_are_named(how, when):
    """A run with them could not be repeated, and a kept one would be found for another."""
    class Draws(Net):
        def forward(self, x):
            return super().forward(x) * (DRAWS[how]() if self.training or when == "always" else 1.0)

    start = stack.draw(Draws(lambda z: z), [0, 1])
    if how in ("torch", "nothing"):
        check_outputs(start, DATA)
        return
    with pytest.raises(ValueError, match="Draws gives other scores when the same examples come again.*let it draw with torch"):
        check_outputs(start, DATA)
