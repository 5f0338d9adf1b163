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
