"""Groups that come aboard at different steps: each trains as it would alone."""

import copy
from types import SimpleNamespace

import pytest
import torch

from tests.training.test_loop import DATA, NETS, RECIPES, assert_same_bits, fit, plain_loop
from ticketlab import stack
from ticketlab.pruning import prune
from ticketlab.training import Snapshot, train_joining

STARTS = 0, 7, 20  # two groups come aboard between evaluations and at one
KINDS = {"sgd": RECIPES["sgd"], "adam": RECIPES["adam"], "plain sgd": RECIPES["plain sgd"]}


def to_double(values):
    return values.double() if values.is_floating_point() else values


# in float64, chaos does not make anything of the order in which sums are taken
EXACT = SimpleNamespace(**vars(DATA) | {name: to_double(getattr(DATA, name)) for name in
                                        ("x_train", "x_val", "x_test")})


def as_module(nets, replicate):
    """``nets.module(replicate)`` in float64."""
    module = copy.deepcopy(nets.net).double()
    module.load_state_dict({name: values[replicate] for name, values in
                            (nets.parameters | nets.buffers).items()})
    return module


def moments(net, recipe, seeds=((0, 1), (2,), (3, 4))):
    """One group a start: networks of its own, trained up to there in orders of their own."""
    found = []
    for k, own in zip(STARTS, seeds, strict=True):
        start = stack.draw(NETS[net], own).map(to_double)
        found.append(fit(start, recipe, EXACT, order_seeds=own, stop=k).end if k
                     else Snapshot(start))
    return found


def join(starts, recipe, data=EXACT, **arguments):
    arguments = {"order_seeds": [[10 * g + r for r in range(start.stack.replicates)]
                                 for g, start in enumerate(starts)]} | arguments
    return train_joining(starts, data, recipe, progress=False, **arguments)


def assert_close(a, b, **tolerance):
    for field in ("parameters", "buffers"):
        for name, values in getattr(a, field).items():
            torch.testing.assert_close(values, getattr(b, field)[name],
                                       **({"rtol": 1e-9, "atol": 1e-10} | tolerance))


def assert_as_alone(run, alone):
    """Ends, and curves at the steps that both have."""
    assert_close(run.stack, alone.stack)
    rows = [run.curves["step"].tolist().index(step) for step in alone.curves["step"].tolist()]
    for metric in ("val_loss", "test_loss", "val_accuracy", "test_accuracy"):
        torch.testing.assert_close(run.curves[metric][rows], alone.curves[metric])
    assert run.end.step == alone.end.step


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("recipe", KINDS)
@pytest.mark.parametrize("net", ["mlp", "cnn"])
def test_each_group_trains_as_it_would_alone(net, recipe, masked):
    """Schedule, data order, momentum, Adam's counts and moments, batch statistics, masks."""
    recipe = KINDS[recipe]
    starts = moments(net, recipe)
    masks = [prune(start.stack, rate=0.2 + 0.2 * group) for group, start in enumerate(starts)]
    runs = join(starts, recipe, masks=masks if masked else None)
    assert len(runs) == 3
    for group, (start, run) in enumerate(zip(starts, runs, strict=True)):
        seeds = [10 * group + r for r in range(start.stack.replicates)]
        alone = fit(start, recipe, EXACT, order_seeds=seeds, masks=masks[group] if masked else None)
        assert_as_alone(run, alone)
        if masked:
            for name, mask in masks[group].items():
                assert torch.equal(run.stack.parameters[name] != 0, mask)


def test_a_group_that_comes_aboard_trains_as_a_plain_loop_would_go_on():
    """The reference knows nothing of stacks: one net that never stopped, batch norm included."""
    recipe = RECIPES["sgd"]
    start = stack.draw(NETS["cnn"], [0, 1]).map(to_double)
    half = fit(start, recipe, EXACT, order_seeds=[5, 6], stop=20).end
    _, late = join([Snapshot(start), half], recipe, order_seeds=[[1, 2], [5, 6]])
    for r in range(2):
        expected = plain_loop(as_module(start, r), recipe, 5 + r, EXACT).state_dict()
        for name, values in (late.stack.parameters | late.stack.buffers).items():
            torch.testing.assert_close(values[r], expected[name], rtol=1e-9, atol=1e-10)


def test_in_float32_the_same_within_float_tolerance():
    recipe, start = RECIPES["adam"], stack.draw(NETS["mlp"], [0, 1])
    half = fit(start, recipe, stop=20).end
    first, second = join([Snapshot(start), half], recipe, DATA, order_seeds=[[0, 1], [8, 9]])
    assert_close(first.stack, fit(start, recipe).stack, rtol=1e-3, atol=1e-5)
    assert_close(second.stack, fit(half, recipe, order_seeds=[8, 9]).stack, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("fresh_first", [False, True])
def test_a_fresh_sgd_joins_those_that_have_momentum_and_starts_without(fresh_first):
    """As learning-rate rewinding to k does, also where rewinding to k is the only company."""
    recipe = RECIPES["sgd"]
    used = fit(stack.draw(NETS["mlp"], [0]).map(to_double), recipe, EXACT, stop=10).end
    fresh = Snapshot(used.stack, 10)
    starts = [fresh, used] if fresh_first else [used, fresh]
    runs = join(starts, recipe, order_seeds=[[0], [0]])
    for start, run in zip(starts, runs, strict=True):
        assert_as_alone(run, fit(start, recipe, EXACT, order_seeds=[0]))
    assert not torch.allclose(*(run.stack.parameters["output.weight"] for run in runs))


def test_curves_begin_where_the_group_does_with_a_row_where_others_come_aboard():
    runs = join(moments("mlp", RECIPES["sgd"]), RECIPES["sgd"])
    assert [run.curves["step"].tolist() for run in runs] == [
        [0, 7, 10, 20, 30, 40], [10, 20, 30, 40], [30, 40]]
    for run in runs:
        assert {len(curve) for curve in run.curves.values()} == {len(run.curves["step"])}
        assert run.curves["train_loss"][-1].isfinite().all()


def test_snapshots_are_kept_of_the_groups_that_are_aboard():
    starts = moments("cnn", RECIPES["sgd"])
    runs = join(starts, RECIPES["sgd"], snapshots=[0, 7, 20, 33, 40])
    assert [sorted(run.snapshots) for run in runs] == [[0, 7, 20, 33, 40], [7, 20, 33, 40],
                                                       [20, 33, 40]]
    for start, run in zip(starts, runs, strict=True):
        assert_same_bits(run.snapshots[start.step].stack, start.stack)
        assert_same_bits(run.snapshots[40].stack, run.stack)
    alone = fit(starts[1], RECIPES["sgd"], EXACT, order_seeds=[10], snapshots=[33])
    assert_close(runs[1].snapshots[33].stack, alone.snapshots[33].stack)


def test_the_order_of_the_groups_is_the_callers_and_starts_stay_as_they_were():
    starts = moments("mlp", RECIPES["sgd"])
    before = [start.stack.clone() for start in starts]
    seeds = [[0, 1], [10], [20, 21]]
    runs, turned = (join(starts[::way], RECIPES["sgd"], order_seeds=seeds[::way])
                    for way in (1, -1))
    for run, other in zip(runs, turned[::-1], strict=True):
        assert_close(run.stack, other.stack)
    for start, old in zip(starts, before, strict=True):
        assert_same_bits(start.stack, old)


def test_the_same_call_gives_the_same_bits():
    starts = moments("cnn", RECIPES["adam"])
    for one, two in zip(join(starts, RECIPES["adam"]), join(starts, RECIPES["adam"]), strict=True):
        assert_same_bits(one.stack, two.stack)


# --- bad input ------------------------------------------------------------------------------------

def test_a_fresh_adam_cannot_join_later():
    recipe = RECIPES["adam"]
    first, second, _ = moments("mlp", recipe)
    with pytest.raises(ValueError, match="a fresh adam cannot join at step 7.*train it alone"):
        join([first, Snapshot(second.stack, 7)], recipe)


@pytest.mark.parametrize("arguments, message", [
    ({"order_seeds": [[0], [0, 1], [2, 3]]}, "group 0 has 2 networks and 1 order seeds"),
    ({"order_seeds": [[0, 1], [2]]}, "order_seeds has 2 entries for 3 groups"),
    ({"masks": []}, "masks has 0 entries for 3 groups"),
    ({"snapshots": [50]}, r"snapshots \[50\] lie outside the steps trained, 0 to 40"),
])
def test_arguments_that_do_not_fit_the_groups(arguments, message):
    with pytest.raises(ValueError, match=message):
        join(moments("mlp", RECIPES["sgd"]), RECIPES["sgd"], **arguments)


def test_groups_that_cannot_be_one_stack():
    recipe = RECIPES["sgd"]
    mlp, cnn = (Snapshot(stack.draw(NETS[name], [0]).map(to_double)) for name in ("mlp", "cnn"))
    with pytest.raises(ValueError, match="another architecture"):
        join([mlp, cnn], recipe)
    with pytest.raises(ValueError, match="no groups to train"):
        join([], recipe)
    with pytest.raises(ValueError, match="from step 41 to step 40 is not within"):
        join([Snapshot(mlp.stack, 41)], recipe)


def test_groups_that_join_out_of_order_keep_their_own_masks():
    """The first group named comes aboard last, so its place in the stack is not its number."""
    start = stack.draw(NETS["mlp"], range(2))
    starts = [fit(start, stop=20).end, Snapshot(start)]
    masks = [prune(start, rate=0.5), prune(start, rate=0.3)]
    runs = train_joining(starts, DATA, RECIPES["sgd"], masks=masks, order_seeds=[[0, 1], [2, 3]],
                         progress=False)
    for run, own in zip(runs, masks, strict=True):
        for name, mask in own.items():
            assert torch.equal(run.stack.parameters[name] != 0, mask), name
