"""How many threads a step takes: the quickest number soon, the same bits always, nobody's setting changed."""

import itertools
import weakref
from copy import deepcopy as copy_module

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as any_of
from torch import nn

from tests.training.test_loop import NETS, RECIPES, assert_same_bits, fit
from tests.training.test_side_by_side import used
from ticketlab import stack
from ticketlab.basics import threads
from ticketlab.pruning import prune, supermasks
from ticketlab.training import pace, trainer
from ticketlab.training.pace import Pace, numbers_up_to

MORE = {"powerprop": RECIPES["sgd"].with_(weight_decay=0, powerprop=2),
        "masks": RECIPES["sgd"].with_(weight_decay=0, trained="masks")}


def follow(choice, times, steps=400):
    """The numbers that a pace takes where a step on each lasts ``times(number, step)`` seconds."""
    taken = []
    for step in range(steps):
        taken.append(choice.number)
        choice.took(times(choice.number, step))
    return taken


@given(any_of.lists(any_of.floats(0.0005, 0.02), min_size=2, max_size=2), any_of.sampled_from([1, 2]))
def test_a_training_costs_little_more_than_on_the_better_number(seconds, first):
    """Of two numbers, up to forty times apart: what trials cost is bounded."""
    own = dict(zip((1, 2), seconds, strict=True))
    cost = sum(own[number] for number in follow(Pace([1, 2], first), lambda number, _: own[number], 1000))
    least = 1000 * min(seconds)
    assert cost < 1.1 * least + 20 * max(seconds) + 20 * min(seconds)


def test_when_threads_begin_to_wait_it_leaves_them_at_once_and_comes_back():
    """A program that begins beside it makes two threads six times slower; when it ends they are quicker again."""
    def times(number, step):
        return 0.003 if number == 1 else 0.012 if 400 <= step < 800 else 0.002

    taken = follow(Pace([1, 2], 1), times, 1600)
    assert taken[350:400].count(2) > 40
    assert taken[420:800].count(1) > 0.9 * 380
    assert taken[1200:].count(2) > 0.9 * 400


def test_of_many_numbers_it_climbs_to_the_quickest():
    assert numbers_up_to(8) == [1, 2, 4, 8] and numbers_up_to(6) == [1, 2, 4, 6] and numbers_up_to(1) == [1]
    own = {1: 0.008, 2: 0.005, 4: 0.004, 8: 0.006}
    assert follow(Pace(own, 1), lambda number, _: own[number], 600)[-300:].count(4) > 240


def test_what_is_clearly_slower_is_not_tried_again_soon():
    """Each trial costs some slow steps: in 200 steps on two threads, two trials of one thread, and no more."""
    taken = follow(Pace([1, 2], 1), lambda number, _: 0.024 if number == 1 else 0.014, 200)
    assert taken[:20].count(2) > 10 and taken[20:].count(1) == 6
    little = follow(Pace([1, 2], 1), lambda number, _: 0.024 if number == 1 else 0.022, 200)
    assert 8 < little[20:].count(1) <= 25


def test_a_trial_ends_as_soon_as_it_is_seen_to_be_no_gain():
    taken = follow(Pace([1, 2], 2), lambda number, _: 0.011 if number == 1 else 0.010, 30)
    assert taken.count(1) == 4  # one that wakes, and three that count


@pytest.mark.parametrize("often, kept", [(20, 2), (4, 1)])
def test_a_step_that_something_came_between_decides_nothing(often, kept):
    """Two threads are quicker, but one of their steps in 20 takes seven times as long: that is no reason to
    leave them, and hardly one to look. One in four is."""
    def times(number, step):
        return 0.003 if number == 1 else 0.014 if step % often == 0 else 0.002

    taken = follow(Pace([1, 2], 1), times, 800)
    assert taken[100:].count(kept) > 0.9 * 700


def test_of_long_steps_the_proof_itself_can_end_a_trial():
    """ResNet-20, 0.4 s a step: a lost trial costs its proof, and one step each time after that."""
    def trials(own, steps):
        choice, lost, taken = Pace([1, 2], 2), 0.0, []
        for _ in range(steps):
            if choice.number not in choice.proven:
                lost += own[choice.number]
                choice.prove(own[choice.number])
            else:
                taken.append(choice.number)
                choice.took(own[choice.number])
        return taken, lost

    taken, lost = trials({1: 0.6, 2: 0.4}, 200)
    assert taken.count(1) == 1 and lost == 0.6
    taken, _ = trials({1: 0.6, 2: 1.2}, 200)  # beside another program
    assert taken.count(1) > 150
    taken, lost = trials({1: 0.006, 2: 0.004}, 200)  # a short step alone says little
    assert taken.count(1) > 3 and lost == 0.006


def test_beyond_a_number_that_gained_the_next_one_is_tried_soon():
    own = {1: 0.008, 2: 0.005, 4: 0.003, 8: 0.002}
    assert 8 in follow(Pace(own, 1), lambda number, _: own[number], 100)


def test_a_number_that_is_refused_is_not_tried_again():
    choice = Pace([1, 2], 1)
    while choice.trial is None:
        choice.took(0.01)
    choice.refuse()
    assert set(follow(choice, lambda *_: 0.01)) == {1}


@pytest.fixture
def restless(two_cores, monkeypatch):
    """Two cores, on which one step takes one thread and the next one two; gives what steps were taken on."""
    turns = itertools.count()

    def took(self, seconds):
        self.trial = 2 if 2 in self.numbers and next(turns) % 2 else None

    monkeypatch.setattr(Pace, "took", took)
    monkeypatch.setattr(pace, "_WORTH", 0)
    monkeypatch.setattr(pace, "_found", {})
    monkeypatch.setattr(pace, "_proven", weakref.WeakKeyDictionary())
    return used(monkeypatch)


@pytest.mark.parametrize("net, recipe", [("mlp", each) for each in (*RECIPES, *MORE)] + [
    ("cnn", each) for each in RECIPES])
def test_the_number_of_threads_changes_no_bit(net, recipe, restless):
    """Nor does the proof: masks, momentum, roots, scores and snapshots included."""
    start = stack.draw(NETS[net], range(5))
    masks = supermasks.shares(start, [0.5])[0] if recipe == "masks" else prune(start, rate=0.5)
    more = {"recipe": (RECIPES | MORE)[recipe], "masks": masks, "snapshots": [13], "order_seeds": range(3, 8)}
    changing = fit(start, **more)
    assert {number for _, number in restless} == {1, 2}
    with threads.using(1):
        plain = fit(start, **more)
    assert_same_bits(changing.stack, plain.stack)
    assert_same_bits(changing.snapshots[13].stack, plain.snapshots[13].stack)
    for name, values in plain.curves.items():
        assert torch.equal(values.nan_to_num(-1), changing.curves[name].nan_to_num(-1)), name
    for name, state in plain.end.optimizer.items():
        for kind, values in state.items():
            assert torch.equal(values, changing.end.optimizer[name][kind]), (name, kind)


@pytest.mark.parametrize("what", ["outputs", "gradients only"])
def test_a_number_of_threads_that_changes_a_bit_is_left_alone(what, restless, monkeypatch):
    forward = trainer.forward

    class Rounds(torch.autograd.Function):
        """Another gradient on another number of threads, and the same value."""

        @staticmethod
        def forward(context, x):
            return x.clone()

        @staticmethod
        def backward(context, gradient):
            return gradient * (1 + 1e-6 * torch.get_num_threads())

    def rounds(some, *arguments, **named):
        found = forward(some, *arguments, **named)
        return Rounds.apply(found) if what != "outputs" else found * (1 + 1e-6 * torch.get_num_threads())

    monkeypatch.setattr(trainer, "forward", rounds)
    taken, step = [], trainer.Trainer.step
    monkeypatch.setattr(trainer.Trainer, "step", lambda *arguments: (
        taken.append(torch.get_num_threads()), step(*arguments))[1])
    # so small a learning rate that the networks themselves do not show it
    fit(stack.draw(NETS["mlp"], range(3)), RECIPES["plain sgd"].with_(lr=1e-45))
    assert taken.count(2) == 1 and taken.count(1) == 40  # the proof's copy, and no more


def test_gradients_that_are_all_zero_prove_nothing(restless, monkeypatch):
    """What is the same there may differ later."""
    monkeypatch.setattr(trainer, "cross_entropies", lambda outputs, labels: outputs.sum(-1) * 0)
    fit(stack.draw(NETS["mlp"], range(3)))
    assert [*pace._found.values()][0][2] == {2}


def test_a_step_needs_no_seeds_to_prove_a_number(restless):
    """`seen` is another argument of a trainer's step, and gradients must not end up in `noise`."""
    torch.set_num_threads(1)
    start = stack.draw(NETS["mlp"], range(3))
    paced = pace.Paced(trainer.Trainer(start, RECIPES["sgd"], None, None, []), 2, 100, (12,))
    for _ in range(8):
        paced.step(torch.randn(3, 10, 12), torch.randint(3, (3, 10)), 0.1)
    assert paced.pace.proven == {1, 2} and not paced.refused


def test_a_batch_is_gathered_on_as_many_threads_as_its_step_takes(restless):
    """On one thread, gathering the images of four LeNets took 4 % of their training."""
    torch.set_num_threads(1)
    start = stack.draw(NETS["mlp"], range(3))
    paced = pace.Paced(trainer.Trainer(start, RECIPES["sgd"], None, None, []), 2, 100, (12,))
    gathered, taken = [], []

    def batches():
        for _ in range(8):
            gathered.append(torch.get_num_threads())
            yield torch.randn(3, 10, 12), torch.randint(3, (3, 10))

    for x, y in paced.over(batches()):
        taken.append(paced.pace.number)
        paced.step(x, y, 0.1)
    assert gathered == taken and set(taken) == {1, 2}
    assert torch.get_num_threads() == 1


def test_an_interrupted_step_leaves_the_number_of_threads_as_it_was(restless, monkeypatch):
    step = trainer.Trainer.step

    def interrupted(*arguments):
        if torch.get_num_threads() == 2 and len(restless) > 1:
            raise KeyboardInterrupt
        restless.add(len(restless))
        return step(*arguments)

    monkeypatch.setattr(trainer.Trainer, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(stack.draw(NETS["mlp"], range(3)))
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_users_own_number_is_taken_by_every_step(number, restless):
    with threads.using(number):
        fit(stack.draw(NETS["mlp"], range(3)))
    assert {own for _, own in restless} == {number}


def test_layers_that_may_draw_or_write_take_no_step_twice(restless):
    """They have no rule; their forward may change the module, which the proof's copy shares."""
    fit(stack.draw(NETS["no batched rule"], range(3)))
    assert {own for _, own in restless} == {1}


def test_a_short_training_does_without(two_cores, monkeypatch):
    seen = used(monkeypatch)
    fit(stack.draw(NETS["mlp"], range(3)), RECIPES["adam"].with_(steps=pace._WORTH - 1))
    assert {own for _, own in seen} == {1}


def test_what_was_proven_is_proven_for_a_training_of_the_same_steps_only(restless, monkeypatch):
    """Another learning rate or length changes no shape; another activation or a mask changes what a step does."""
    copies, copy = [], trainer.Trainer.copy
    monkeypatch.setattr(trainer.Trainer, "copy", lambda self: (copies.append(1), copy(self))[1])
    start, recipe = stack.draw(NETS["mlp"], range(3)), RECIPES["adam"]
    for arguments, proofs in (((start, recipe), 1), ((start, recipe.with_(lr=1e-4, steps=50)), 0),
                              ((start[:2], recipe), 1), ((start, recipe.with_(weight_decay=0.1)), 1)):
        copies.clear()
        fit(*arguments)
        assert len(copies) == proofs
    copies.clear()
    fit(start, recipe, masks=prune(start, rate=0.5))
    assert len(copies) == 1
    tanh = nn.Sequential(*(nn.Tanh() if isinstance(each, nn.ReLU) else each for each in NETS["mlp"]))
    copies.clear()
    fit(stack.draw(tanh, range(3)), recipe)
    assert len(copies) == 1
    copies.clear()
    fit(stack.draw(copy_module(NETS["mlp"]), range(3)), recipe)  # which prints alike
    fit(start, recipe.with_(trained="output"))
    assert len(copies) == 2


def test_what_was_proven_is_proven_for_examples_of_one_shape_and_one_choice_of_frozen_weights(restless):
    """A net that takes images of any size, and one whose module is frozen after the proof."""
    torch.set_num_threads(1)
    net = nn.Sequential(nn.Conv1d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3))

    start = stack.draw(net, range(3))

    def proven(length):
        made = trainer.Trainer(start.clone(), RECIPES["sgd"], None, None, [])
        return pace.Paced(made, 2, 100, (1, length)).pace.proven

    proven(20).add(2)
    assert proven(20) == {1, 2} and proven(30) == {1}
    start.net[0].weight.requires_grad_(False)
    assert proven(20) == {1}


def test_the_next_training_begins_where_the_last_one_like_it_ended(two_cores, monkeypatch):
    monkeypatch.setattr(pace, "_found", {})
    taken, took = [], Pace.took

    def quicker_on_two(self, seconds):
        taken.append(self.number)
        took(self, 0.02 / self.number)

    monkeypatch.setattr(Pace, "took", quicker_on_two)
    start = stack.draw(NETS["mlp"], range(3))
    fit(start, RECIPES["adam"].with_(steps=100))
    assert taken[0] == 1 and taken[-1] == 2
    taken.clear()
    fit(start, RECIPES["adam"].with_(steps=60))
    assert taken[0] == 2
    taken.clear()
    fit(start[:2], RECIPES["adam"].with_(steps=60))
    assert taken[0] == 1
