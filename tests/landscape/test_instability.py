"""Children of one moment: only the order of the data parts them, and all starts share it."""

from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch

from tests.lottery.test_iterative_pruning import no_training
from tests.training.test_joining import EXACT, assert_close, to_double
from tests.training.test_loop import DATA, NETS, RECIPES, assert_same_bits, fit
from ticketlab import landscape, stack
from ticketlab.landscape import instability
from ticketlab.lottery import searching
from ticketlab.pruning import apply_masks, prune
from ticketlab.training import Snapshot, train
from ticketlab.training.orders import order

RECIPE, SEEDS, STEPS = RECIPES["sgd"], (3, 4), (0, 7, 20)


def parents(net="cnn", recipe=RECIPE, seeds=SEEDS, data=EXACT):
    """Step k -> the moment of one dense training."""
    start = stack.draw(NETS[net], seeds)
    start = start.map(to_double) if data is EXACT else start
    run = fit(start, recipe, data, order_seeds=seeds, snapshots=STEPS[1:])
    return {0: Snapshot(start)} | run.snapshots


def children(starts, recipe=RECIPE, data=EXACT, seeds=SEEDS, **arguments):
    return instability.children(starts, data, recipe, seeds, progress=False, **arguments)


@pytest.fixture(scope="module")
def family():
    """Starts, their children, and what was handed to training."""
    seen = []

    def watched(start, *arguments, **more):
        seen.append(SimpleNamespace(start=start, **more))
        return train(start, *arguments, **more)

    starts = parents()
    with patch.object(searching, "train", watched):
        return SimpleNamespace(starts=starts, children=children(starts, snapshots=[30]), seen=seen)


def orders_of(seen, label):
    """The order seeds of the first and second child of a start, in the last training of all."""
    seeds, at = seen[-1].order_seeds, 4 * STEPS.index(label)
    return tuple(seeds[at:at + 2]), tuple(seeds[at + 2:at + 4])


@pytest.mark.parametrize("net, recipe", [("cnn", "sgd"), ("mlp", "adam")])
def test_each_child_is_a_training_from_its_start_in_its_own_order(net, recipe):
    recipe = RECIPES[recipe]
    starts = parents(net, recipe)
    orders = [[instability._order_seed(seed, child) for seed in SEEDS] for child in range(2)]
    for label, pair in children(starts, recipe).items():
        for child, own in zip(pair, orders, strict=True):
            assert_close(child.stack, fit(starts[label], recipe, EXACT, order_seeds=own).stack)


def test_two_children_part_through_the_order_alone(family):
    """The same start, the same schedule; with one order for both they would be one network."""
    for label, (one, two) in family.children.items():
        assert (landscape.distance(one.stack, two.stack) > 1e-3).all(), label
    with patch.object(instability, "_order_seed", lambda seed, child: seed):
        for one, two in children(family.starts).values():
            assert_close(one.stack, two.stack)


def test_both_children_begin_with_the_bits_of_their_start(family):
    pair = children(family.starts, snapshots=[20])[20]
    for child in pair:
        assert_same_bits(child.snapshots[20].stack, family.starts[20].stack)
    assert sorted(family.children[0][0].snapshots) == [30]


def test_all_starts_share_the_two_orders(family):
    """Else a difference between two k could be one between two orders."""
    assert len({orders_of(family.seen, label) for label in STEPS}) == 1
    again = dict.fromkeys(("a", "b"), family.starts[7])
    found = children(again)
    for one, two in zip(found["a"], found["b"], strict=True):
        assert_close(one.stack, two.stack)


def test_a_start_has_the_same_children_whatever_starts_are_beside_it(family):
    alone = children({20: family.starts[20]})
    for one, two in zip(alone[20], family.children[20], strict=True):
        assert_close(one.stack, two.stack)


def test_no_order_is_that_of_the_parent_or_of_another_child(family):
    """The batches of the first steps after k, of both replicates, are four different ones, and
    not those that the parent has seen there."""
    first, second = orders_of(family.seen, 7)
    seeds = [*first, *second, *SEEDS]
    assert len(set(seeds)) == 6
    batches = next(iter(order(len(DATA.x_train), RECIPE.batch, seeds, 7, 8)))
    assert len({tuple(batch.tolist()) for batch in batches}) == 6


def test_children_go_on_with_the_optimiser_of_their_start(family):
    late = family.seen[-1].start
    assert late.step == 20
    kept = family.starts[20].optimizer["output.weight"]["momentum_buffer"]
    torch.testing.assert_close(late.optimizer["output.weight"]["momentum_buffer"][-2:], kept)


def test_the_same_call_gives_the_same_bits_and_a_kept_one_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    starts = parents(data=DATA)
    asked = {"data": DATA, "snapshots": [30]}
    free, kept = children(starts, **asked), children(starts, **asked, keep="family")
    with no_training():
        loaded = children(starts, **asked, keep="family")
    for found in (kept, loaded):
        for label, pair in free.items():
            for one, two in zip(pair, found[label], strict=True):
                assert_same_bits(one.stack, two.stack)
                assert_same_bits(one.snapshots[30].stack, two.snapshots[30].stack)


def test_masks_hold_in_all_children():
    starts = parents("mlp")
    masks = {k: prune(start.stack, rate=0.1 * number + 0.3)
             for number, (k, start) in enumerate(starts.items())}
    starts = {k: start._replace(stack=apply_masks(start.stack, masks[k]))
              for k, start in starts.items()}
    for k, pair in children(starts, masks=masks).items():
        for child in pair:
            for name, mask in masks[k].items():
                assert torch.equal(child.stack.parameters[name] != 0, mask)


@pytest.mark.parametrize("masked", [False, True])
def test_lines_measured_together_are_those_measured_one_by_one(masked):
    starts = parents(data=DATA)
    masks = {k: prune(start.stack, rate=0.3) for k, start in starts.items()} if masked else None
    pairs = children(starts, data=DATA, masks=masks)
    together = instability.lines(pairs, DATA, masks=masks, progress=False, points=5)
    assert list(together) == list(STEPS)
    for k, (one, two) in pairs.items():
        alone = landscape.line(one.stack, two.stack, DATA, points=5, progress=False,
                               masks=masks[k] if masked else None)
        assert torch.equal(together[k].alphas, alone.alphas)
        torch.testing.assert_close(together[k].loss, alone.loss, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(together[k].error, alone.error, rtol=0,
                                   atol=1.5 / len(DATA.x_test))
        assert together[k].barrier().shape == (2,)


# --- bad input ------------------------------------------------------------------------------------

def test_what_does_not_fit_is_named():
    starts = parents("mlp")
    with pytest.raises(ValueError, match="start 0 has 2 networks and there are 3 seeds"):
        children(starts, seeds=(0, 1, 2))
    with pytest.raises(ValueError, match="starts is empty"):
        children({})
    with pytest.raises(ValueError, match="another architecture than stack 0"):
        children({"mlp": starts[0], "cnn": parents("cnn")[0]})
    with pytest.raises(ValueError, match="start 20 has no masks; there are some for .0, 7."):
        masks = {k: prune(starts[k].stack, rate=0.5) for k in (0, 7)}
        children(starts, masks=masks)
    with pytest.raises(ValueError, match=r"snapshots \[41\] lie outside"):
        children(starts, snapshots=[41])


def test_lines_between_children_of_different_architectures_are_refused():
    small, other = (fit(stack.draw(NETS[name], SEEDS)) for name in ("mlp", "cnn"))
    with pytest.raises(ValueError, match="another architecture"):
        instability.lines({0: (small, other)}, DATA, progress=False)
    with pytest.raises(ValueError, match="another architecture"):
        instability.lines({0: (small, small), 1: (other, other)}, DATA, progress=False)
