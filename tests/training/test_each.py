"""Several trainings at once: each as if it were alone, errors and interruptions where they belong."""

import threading

import pytest
import torch

from tests.training.test_loop import DATA, NETS, assert_same_bits
from tests.training.test_side_by_side import still_there, used
from ticketlab import stack
from ticketlab.basics import threads
from ticketlab.pruning import prune
from ticketlab.training import Recipe, train, train_each
from ticketlab.training.each import _Cost, _dealt

PLAIN = Recipe("sgd", lr=0.02, momentum=0.9, batch=10, steps=30, evaluate_every=10)
RECIPES = {"plain": PLAIN, "L1": PLAIN.with_(l1=3e-3), "α = 3": PLAIN.with_(powerprop=3, steps=20)}
START = stack.draw(NETS["mlp"], range(3))
SEEDS = [5, 6, 7]


class Bar:
    """Writes down how far it was moved, and by which threads."""

    def __init__(self):
        self.n, self.threads = 0, set()

    def update(self, steps=1):
        self.n += steps
        self.threads.add(threading.get_ident())

    def set_postfix_str(self, text, refresh=True):
        self.threads.add(threading.get_ident())


@pytest.mark.parametrize("masked", [False, True])
def test_each_is_trained_as_it_is_alone_to_the_bit(two_cores, monkeypatch, masked):
    seen, bar = used(monkeypatch), Bar()
    masks = {label: prune(START, rate=0.3 + 0.1 * place) for place, label in enumerate(RECIPES)}
    found = train_each(START, DATA, RECIPES, masks=masks if masked else None, order_seeds=SEEDS, progress=bar)
    assert len(seen) == 2 and {number for _, number in seen} == {1}
    assert list(found) == list(RECIPES) and bar.n == 80 and bar.threads == {threading.get_ident()}
    for label, recipe in RECIPES.items():
        with threads.using(1):
            alone = train(START, DATA, recipe, masks=masks[label] if masked else None, order_seeds=SEEDS,
                          progress=False)
        assert_same_bits(found[label].stack, alone.stack)
        assert all(torch.equal(values.nan_to_num(), alone.curves[name].nan_to_num())
                   for name, values in found[label].curves.items())


def test_starts_of_their_own_under_one_recipe(two_cores):
    starts = {width: stack.draw(NETS["mlp"], [width]) for width in (1, 2)}
    found = train_each(starts, DATA, PLAIN, progress=False)
    for label, start in starts.items():
        with threads.using(1):
            assert_same_bits(found[label].stack, train(start, DATA, PLAIN, progress=False).stack)


def test_the_last_of_an_odd_number_is_shared_out_with_the_thread_that_would_wait(in_parts, monkeypatch):
    from ticketlab.training import loop

    trained, bar, one = {}, Bar(), loop._train

    def watched(moment, data, recipe, *arguments):
        trained.setdefault(recipe, []).append((threading.get_ident(), moment.stack.replicates))
        return one(moment, data, recipe, *arguments)

    monkeypatch.setattr(loop, "_train", watched)
    found = train_each(START, DATA, RECIPES, order_seeds=SEEDS, progress=bar)
    *others, last = RECIPES.values()
    assert [[size for _, size in trained[each]] for each in others] == [[3], [3]]
    assert sorted(size for _, size in trained[last]) == [1, 2]
    assert len({thread for thread, _ in trained[last]}) == 2
    assert bar.n == 80 and bar.threads == {threading.get_ident()}
    with threads.using(1):
        alone = train(START, DATA, last, order_seeds=SEEDS, progress=False)
    for name, values in alone.stack.parameters.items():
        torch.testing.assert_close(found["α = 3"].stack.parameters[name], values)


def dealt(*alone, shared=0.5):
    """Each thread's share of trainings that cost that much, and the place of the one that all share."""
    parts, last = _dealt([_Cost(cost, cost * shared) for cost in alone], 2)
    return [sum(alone[place] for place in part) for part in parts], last


def test_all_threads_end_together():
    assert dealt(8, 8, 8, 2, 2, 2, 2) == ([16, 16], [])  # lesson 07: in turn it would be 12 and 18, and a shared 2
    assert dealt(*[1] * 7) == ([3, 3], [6])  # alike: the last one
    assert dealt(*[1] * 7, shared=1) == ([4, 3], [])  # too small to be shared out
    assert dealt(1, 3, 12) == ([3, 1], [2])  # the widest net takes longer than all others together
    assert dealt(5, 1, 5) == ([5, 5], [1]) and dealt(3, 3) == ([3, 3], [])


def test_the_largest_networks_go_first_beside_one_another(two_cores, monkeypatch):
    from ticketlab.training import loop

    begun, one = {}, loop._train

    def watched(moment, data, recipe, *arguments):
        begun.setdefault(threading.get_ident(), []).append(moment.stack.replicates)
        return one(moment, data, recipe, *arguments)

    monkeypatch.setattr(loop, "_train", watched)
    sizes = {"a": 1, "b": 1, "c": 20, "d": 20, "e": 1, "f": 1}
    found = train_each({label: stack.draw(NETS["mlp"], range(size)) for label, size in sizes.items()}, DATA,
                       PLAIN, progress=False)
    assert sorted(begun.values()) == [[20, 1, 1], [20, 1, 1]]
    assert {label: run.stack.replicates for label, run in found.items()} == sizes and list(found) == list(sizes)


def test_one_after_the_other_where_the_threads_are_given_or_layers_may_draw(two_cores, monkeypatch):
    seen = used(monkeypatch)
    train_each(stack.draw(NETS["no batched rule"], range(3)), DATA, RECIPES, progress=False)
    assert len({thread for thread, _ in seen}) == 1
    seen.clear()
    monkeypatch.setattr(threads, "_GIVEN", True)
    train_each(START, DATA, RECIPES, progress=False)
    assert seen == {(threading.get_ident(), 2)}


def test_the_first_error_ends_all_and_leaves_no_thread(two_cores):
    broken = {"plain": PLAIN.with_(steps=100_000), "breaks": PLAIN.with_(lr=1e30)}
    with pytest.raises(FloatingPointError, match="replicate 0"):
        train_each(START, DATA, broken, progress=False)
    assert not still_there()


def test_an_interruption_ends_all_and_leaves_no_thread(two_cores):
    class Stopped(Bar):
        def update(self, steps=1):
            super().update(steps)
            if self.n > 10:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_each(START, DATA, {"a": PLAIN.with_(steps=100_000), "b": PLAIN.with_(steps=100_000)},
                   progress=Stopped())
    assert not still_there()


@pytest.mark.parametrize("starts, recipes, masks, message", [
    (START, PLAIN, None, "nothing to train"), (START, {}, None, "nothing to train"),
    ({"a": START}, {"b": PLAIN}, None, r"recipes has the labels \['b'\] and starts has \['a'\]"),
    (START, {"a": PLAIN}, {}, r"masks has the labels \[\]"),
    ({"a": None}, PLAIN, None, "starts")])
def test_what_does_not_fit_is_named(starts, recipes, masks, message):
    with pytest.raises((ValueError, TypeError), match=message):
        train_each(starts, DATA, recipes, masks=masks, progress=False)
