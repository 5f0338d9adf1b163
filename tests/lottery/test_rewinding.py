"""The ways of retraining: each against a plain loop, and all of them together."""

import warnings

import pytest
import torch
import torch.nn.functional as F

from tests.lottery.test_iterative_pruning import assert_same_trials, no_training
from tests.training.test_joining import EXACT, as_module, to_double
from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import lottery, stack
from ticketlab.landscape.instability import children
from ticketlab.lottery import rewinding
from ticketlab.lottery.rewinding import Way, fine_tuning, learning_rate, weights
from ticketlab.pruning import apply_masks, ladder
from ticketlab.pruning.masks import nested
from ticketlab.training import Recipe, train
from ticketlab.training.orders import order

SGD = RECIPES["sgd"]
ADAM = RECIPES["adam"].with_(warmup=5, drops=("50%",))
ALL = [weights(0), weights(10), weights("50%"), learning_rate(10), fine_tuning(10)]


def search(ways, net="mlp", recipe=SGD, data=EXACT, **arguments):
    if data is EXACT:
        net = stack.draw(NETS[net], [3, 4]).map(to_double)
    else:
        net = NETS[net]
    return rewinding.search(net, data, recipe, ways, **{
        "levels": 2, "rate": 0.4, "seeds": [3, 4], "progress": False} | arguments)


@pytest.fixture(scope="module")
def found():
    return search(ALL)


# --- weight rewinding -----------------------------------------------------------------------------

@pytest.mark.parametrize("net, recipe", [("mlp", SGD), ("cnn", SGD), ("mlp", ADAM)])
def test_rewinding_to_k_is_the_search_of_lesson_04_with_that_k(net, recipe):
    """k = 0 too, which is the original algorithm; all k in one stack, each as if it were alone."""
    ways = [weights(0), weights(10), weights("50%")]
    for way, tickets in zip(ways, search(ways, net, recipe).values(), strict=True):
        initial = stack.draw(NETS[net], [3, 4]).map(to_double)
        alone = lottery.search(initial, EXACT, recipe, levels=2, rate=0.4, scope="global",
                               rewind=way.step, seeds=[3, 4], progress=False)
        assert tickets.stem.step == alone.stem.step == {0: 0, 10: 10, "50%": 20}[way.step]
        assert tickets.densities == alone.densities
        assert tickets.densities == ladder(initial, 0.4, 2, "global")
        for ours, theirs in zip(tickets.trials, alone.trials, strict=True):
            assert (ours.arm, ours.number) == (way.name, theirs.number)
            for name, mask in theirs.masks.items():
                assert torch.equal(ours.masks[name], mask)
            assert torch.equal(ours.run.last("test_accuracy"), theirs.run.last("test_accuracy"))
            torch.testing.assert_close(ours.run.last("test_loss"), theirs.run.last("test_loss"))


def test_each_way_has_masks_of_its_own_inside_those_of_its_level_before(found):
    for tickets in found.values():
        for before, after in zip(tickets.trials, tickets.trials[1:], strict=False):
            assert nested(after.masks, before.masks)
    # the first cut is that of the dense networks, the same for all; the second is each way's own
    first, second = ([tickets.trials[number].masks["hidden1.weight"] for tickets in found.values()]
                     for number in (1, 2))
    assert all(torch.equal(mask, first[0]) for mask in first)
    assert len({mask.numpy().tobytes() for mask in second}) == len(ALL)


# --- trained values, against a loop over plain modules --------------------------------------------

def plain(module, masks, rates, seed, first):
    """Trains one net at these learning rates, on the batches from step ``first`` on, with a fresh
    SGD of torch's own, and holds the mask."""
    optimizer = torch.optim.SGD(module.parameters(), lr=1, momentum=SGD.momentum,
                                weight_decay=SGD.weight_decay)
    module.train()
    batches = order(len(EXACT.x_train), SGD.batch, [seed], first, first + len(rates))
    for rate, index in zip(rates, batches, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        F.cross_entropy(module(EXACT.x_train[index[0]]), EXACT.y_train[index[0]]).backward()
        optimizer.step()
        with torch.no_grad():
            for name, weight in module.named_parameters():
                if name in masks:
                    weight.mul_(masks[name])
    return module.eval()


# of the recipe, written out: lr 0.1, a warm-up of 5 steps, a tenth of it from step 20 of 40 on
SCHEDULE = [0.1 * min(1, (step + 1) / 5) * (1 if step < 20 else 0.1) for step in range(40)]


@pytest.mark.parametrize("net", ["mlp", "cnn"])
@pytest.mark.parametrize("way, first, rates", [
    (learning_rate(0), 0, SCHEDULE), (learning_rate(10), 10, SCHEDULE[10:]),
    (fine_tuning(10), 0, [0.01] * 30), (fine_tuning(0), 0, [0.01] * 40)])
def test_trained_values_are_retrained_as_a_plain_loop_would(net, way, first, rates):
    """From the trained weights and statistics of the level before, with a fresh optimiser, beside
    other ways: learning-rate rewinding at the rates from step k on, fine-tuning at the last."""
    tickets = search([weights(10), way, weights(0)], net)[way.name]
    for before, after in zip(tickets.trials, tickets.trials[1:], strict=False):
        begin = apply_masks(before.run.stack, after.masks)
        for r, seed in enumerate([3, 4]):
            masks = {name: mask[r] for name, mask in after.masks.items()}
            alone = plain(as_module(begin, r), masks, rates, seed, first)
            for name, value in alone.state_dict().items():
                if "num_batches" in name:  # it counts on, and is not used
                    continue
                ours = (after.run.stack.parameters | after.run.stack.buffers)[name][r]
                torch.testing.assert_close(ours, value, rtol=1e-8, atol=1e-9)
        assert after.run.end.step == first + len(rates)


def test_what_a_fresh_optimiser_cannot_share_with_adams_count_trains_alone():
    """Learning-rate rewinding under Adam, in the company of weight rewinding."""
    ways = [weights(0), weights(10), learning_rate(10), fine_tuning(10)]
    together = search(ways, recipe=ADAM)
    for way in ways:
        alone = search([way], recipe=ADAM)[way.name]
        for ours, theirs in zip(together[way.name].trials, alone.trials, strict=True):
            assert all(torch.equal(ours.masks[name], m) for name, m in theirs.masks.items())
            for name, values in theirs.run.stack.parameters.items():
                torch.testing.assert_close(ours.run.stack.parameters[name], values,
                                           rtol=1e-8, atol=1e-9)


# --- what is shared, kept and passed on -----------------------------------------------------------

def test_the_dense_networks_are_trained_once_and_are_level_0_of_every_way(found):
    assert list(found) == ["rewind to 0", "rewind to 10", "rewind to 50%", "lr rewind to 10",
                           "fine_tune"]
    assert len({id(tickets.trials[0].run) for tickets in found.values()}) == 1
    assert [[trial.number for trial in tickets.trials] for tickets in found.values()] == [
        [0, 1, 2]] * 5
    table = lottery.table(*found.values())
    assert set(table["arm"]) == set(found) and len(table) == 5 * 3 * 2


def test_further_steps_of_the_dense_networks_are_kept_as_starts_for_children():
    found = search([weights(0), weights(10)], snapshots=(0, 5))
    dense = found["rewind to 0"].trials[0].run
    assert list(dense.snapshots) == [0, 5, 10]
    drawn = stack.draw(NETS["mlp"], [3, 4]).map(to_double)
    alone = train(drawn, EXACT, SGD, order_seeds=[3, 4], stop=5, progress=False)
    for name, values in alone.stack.parameters.items():
        torch.testing.assert_close(dense.snapshots[5].stack.parameters[name], values,
                                   rtol=1e-8, atol=1e-9)
    pairs = children({k: dense.snapshots[k] for k in (0, 5)}, EXACT, SGD, [3, 4], progress=False)
    assert set(pairs) == {0, 5}


def test_the_bar_counts_every_step_once():
    class Bar:
        done = 0

        def update(self, steps=1):
            self.done += steps

        def set_postfix_str(self, *_):
            pass

    def planned(progress, steps, label):
        counted.append(steps)
        return own(bar, steps, label)

    bar, counted, own = Bar(), [], rewinding.progress_bar
    for ways in (ALL, [weights(20), fine_tuning(0)], [weights(10), learning_rate(20)]):
        bar.done = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rewinding, "progress_bar", planned)
            search(ways, data=DATA)
        assert bar.done == counted[-1]


@pytest.mark.parametrize("ways", [ALL, [weights(k) for k in range(9, 21)]])
def test_a_kept_search_has_the_same_bits_and_the_second_time_it_trains_nothing(
        tmp_path, monkeypatch, ways):
    """Twelve ways have a name too long for a folder; it is cut short."""
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    free, kept = search(ways, data=DATA), search(ways, data=DATA, keep="x")
    with no_training():
        loaded = search(ways, data=DATA, keep="x")
    for name, tickets in free.items():
        for other in (kept[name], loaded[name]):
            assert_same_trials(tickets.trials, other.trials)
            assert other.stem.step == tickets.stem.step


def test_controls_go_on_from_any_way():
    found = search(ALL, data=DATA)
    for name in ("rewind to 10", "lr rewind to 10", "fine_tune"):
        trials = lottery.controls(found[name], ["ticket", "reinit", "shuffled", "fine_tune"],
                                  progress=False)
        assert [(trial.arm, trial.number) for trial in trials][:3] == [
            ("ticket", 1), ("ticket", 2), ("reinit", 1)]
        for trial in trials:
            kept = found[name].trials[trial.number].masks
            assert {n: int(m.sum()) for n, m in kept.items()} == {
                n: int(m.sum()) for n, m in trial.masks.items()}
            assert trial.run.last("test_accuracy").shape == (2,)
    again = lottery.controls(found["rewind to 10"], ["ticket"], progress=False)[0].run
    first = found["rewind to 10"].trials[1].run
    torch.testing.assert_close(again.last("test_loss"), first.last("test_loss"),
                               rtol=1e-3, atol=1e-4)


# --- bad input ------------------------------------------------------------------------------------

def test_a_level_that_would_empty_a_layer_ends_all_ways_with_what_is_finished():
    with pytest.warns(UserWarning, match=r"ends before level 2 of 5: layer '\w+' of replicate \d "
                                         r"would lose all of its \d+ weights"):
        stopped = search(ALL, rate=0.9, levels=5)
    whole = search(ALL, rate=0.9, levels=1)
    for name, tickets in stopped.items():
        assert "before level 2 of 5" in tickets.stopped and whole[name].stopped is None
        assert_same_trials(tickets.trials, whole[name].trials)


@pytest.mark.parametrize("ways, message", [
    ([], "the ways are .*give at least one"),
    ([weights(10), weights(10)], "'rewind to 10', 'rewind to 10'.*each its own name"),
    ([fine_tuning(0), fine_tuning(10)], "each its own name"),
    (["rewind to 10"], r"'rewind to 10' is not a way of retraining; give rewinding.weights\(k\)"),
    ([weights(0), weights(40)], "rewind is 40, which is step 40.*40 steps; rewind to an earlier"),
    ([learning_rate("100%")], "rewind is '100%', which is step 40"),
    ([fine_tuning(99)], "rewind is 99, which is step 99"),
    ([weights("10 steps")], "'10 steps' is not a number of steps"),
])
def test_ways_that_do_not_fit_are_refused_before_anything_trains(ways, message):
    with no_training(), pytest.raises(ValueError, match=message):
        search(ways)


# --- a step inside the warm-up --------------------------------------------------------------------

SHORT = Recipe("sgd", lr=0.1, momentum=0.9, batch=10, steps=8, warmup=5, evaluate_every=8)
INSIDE = r"rewind is '?(4|50%)'?, which is step 4, .*warms up for 5 steps.*rest of the warm-up"


@pytest.mark.parametrize("step", [4, "50%"])
def test_rewinding_into_the_warm_up_warns_and_says_why_it_matters(step):
    """At the line that asked for it, whichever search it was."""
    for ask in (lambda: search([weights(0), weights(step)], recipe=SHORT, levels=1),
                lambda: search([learning_rate(step)], recipe=SHORT, levels=1),
                lambda: lottery.search(NETS["mlp"], DATA, SHORT, levels=1, rate=0.4, rewind=step,
                                       replicates=1, progress=False)):
        with pytest.warns(UserWarning, match=INSIDE) as caught:
            ask()
        assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("ways, recipe", [
    ([weights(0)], SHORT), ([weights(5)], SHORT), ([weights(6), fine_tuning(2)], SHORT),
    ([weights(2)], SHORT.with_(warmup=0))])
def test_no_warning_at_0_after_the_warm_up_or_where_nothing_warms_up(ways, recipe):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search(ways, recipe=recipe, levels=1)


def test_a_way_of_ones_own_is_named_as_one_likes(tmp_path, monkeypatch):
    """Also where its name becomes part of a folder's."""
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    own = Way("late / rewinding: 20 %", 20)
    ours = search([own], keep="x", data=DATA)[own.name]
    theirs = search([weights(20)], data=DATA)["rewind to 20"]
    for one, two in zip(ours.trials, theirs.trials, strict=True):
        assert one.arm == own.name
        assert torch.equal(one.run.last("test_loss"), two.run.last("test_loss"))
