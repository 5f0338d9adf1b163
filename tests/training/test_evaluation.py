"""Loss and accuracy are those of each net alone, however the examples are cut."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.training.test_loop import DATA, NETS
from ticketlab import stack
from ticketlab.training import Recipe, evaluate, evaluation, train


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


class Noisy(nn.Module):
    """Draws in evaluation, too, as Monte Carlo dropout does (Gal & Ghahramani 2016)."""

    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(12, 20), nn.Linear(20, 4)

    def forward(self, x):
        return self.output(F.dropout(self.hidden(x).relu(), 0.5, training=True))


def test_what_a_net_draws_in_evaluation_is_the_same_in_every_call_alone_and_together():
    nets = stack.draw(Noisy(), range(3))
    torch.manual_seed(1)
    state = torch.get_rng_state()
    loss, accuracy = evaluate(nets, DATA.x_test, DATA.y_test)
    assert torch.equal(torch.get_rng_state(), state), "the caller's random state must stay"
    torch.manual_seed(2)
    for found, again in zip((loss, accuracy), evaluate(nets, DATA.x_test, DATA.y_test), strict=True):
        assert torch.equal(found, again)
    alone = evaluate(nets[2], DATA.x_test, DATA.y_test)
    torch.testing.assert_close((loss[2:], accuracy[2:]), alone)
    assert torch.equal(stack.forward(nets, DATA.x_test, shared=True), stack.forward(nets, DATA.x_test, shared=True))


def test_parts_of_the_examples_get_other_draws():
    """Dropout of one unit everywhere would not average out over the examples."""
    nets = stack.draw(Noisy(), [0])
    x, y = DATA.x_test[:1].expand(4, -1), DATA.y_test[:1].expand(4)
    together = [evaluate(nets, x[:number], y[:number], chunk=1)[0] for number in (1, 2)]
    assert together[0] != together[1]


def test_curves_of_a_net_that_draws_in_evaluation_repeat_whatever_the_callers_random_state():
    def curves(seed):
        torch.manual_seed(seed)
        return train(stack.draw(Noisy(), [0, 1]), DATA, Recipe("sgd", lr=0.1, batch=10, steps=4, evaluate_every=2),
                     progress=False).curves

    one, other = curves(1), curves(2)
    for name, values in one.items():
        assert torch.equal(values.nan_to_num(), other[name].nan_to_num()), name


@pytest.mark.parametrize("cached", [100, 1000, 10**9])
def test_few_networks_and_examples_at_a_time_give_the_same(cached, monkeypatch):
    """As where the processor's cache is small: each alone, some together, all at once."""
    nets = stack.draw(NETS["mlp"], range(5))
    wanted = evaluate(nets, DATA.x_test, DATA.y_test)
    passes, forward = [], evaluation.forward
    monkeypatch.setattr(evaluation, "_CACHED", cached)
    monkeypatch.setattr(evaluation, "forward", lambda stack, part, **more: passes.append(
        (stack.replicates, len(part))) or forward(stack, part, **more))
    for one, other in zip(wanted, evaluate(nets, DATA.x_test, DATA.y_test), strict=True):
        torch.testing.assert_close(one, other)
    # 380 parameters a net, and 16 numbers of its widest layer an example
    assert passes[0] == {100: (1, 26), 1000: (1, 26), 10**9: (5, 52)}[cached]
    assert sum(networks * examples for networks, examples in passes) == 5 * 52
