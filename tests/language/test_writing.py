"""Text as data: its floor, perplexity, samples; and that a
small transformer goes through every experiment that the other nets go through."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.data.test_sentences import DATA
from tests.lottery.test_iterative_pruning import assert_same_trials
from tests.runs.test_training import Interrupting, assert_same_moment, assert_same_run
from ticketlab import nets, runs, stack
from ticketlab.data import load, sentences
from ticketlab.landscape import hamming, instability
from ticketlab.language import writing as text
from ticketlab.lottery import iterative_pruning as lottery
from ticketlab.lottery import rewinding
from ticketlab.lottery.arms import ALL
from ticketlab.lottery.comparisons import paired
from ticketlab.pruning import apply_masks, density, prune
from ticketlab.training import Recipe, Snapshot, train
from ticketlab.training import loop as training

# The floor


def test_counting_what_follows_each_character_stays_above_the_floor():
    """A weaker predictor, the frequencies of pairs, cannot be below what none can be below."""
    pairs = torch.ones(DATA.classes, DATA.classes, dtype=torch.float64)
    pairs.index_put_((DATA.x_train.flatten(), DATA.y_train.flatten()),
                     torch.ones(DATA.x_train.numel(), dtype=torch.float64), accumulate=True)
    chances = pairs / pairs.sum(1, keepdim=True)
    loss = -chances[DATA.x_test.flatten(), DATA.y_test.flatten()].log().mean().item()
    assert math.exp(loss) > 2 * text.floor(DATA)


# Numbers and characters


@given(st.text(alphabet=sentences.alphabet()))
def test_a_text_comes_back_from_its_numbers(some):
    assert text.decode(DATA, text.encode(DATA, some)) == some


RECIPE = Recipe("adam", lr=3e-3, batch=4, steps=4, evaluate_every=2)
TINY = replace(DATA.first(12), shape=(10,), **{
    f"{part}_{split}": getattr(DATA, f"{part}_{split}")[:12, :10].clone()
    for part in "xy" for split in ("train", "val", "test")})
NET = nets.gpt(TINY, width=8, heads=2, blocks=1)
START = stack.draw(NET, range(2))


def test_perplexity_is_the_exponential_of_the_loss():
    run = train(START, TINY, RECIPE, progress=False)
    assert torch.equal(text.perplexity(run), run.last("test_loss").exp())
    assert torch.equal(text.perplexity(run, "val_loss"), run.last("val_loss").exp())
    trial = lottery.Trial("ticket", 0, {"w": torch.ones(2, 3, dtype=torch.bool)}, run)
    frame = text.table(trial, [trial])
    assert frame["perplexity"].tolist() == [*text.perplexity(run).double().tolist()] * 2
    assert frame["loss"].tolist() == [*run.last("test_loss").double().tolist()] * 2
    with pytest.raises(ValueError, match="metric is 'test_accuracy'.*'test_loss'"):
        text.perplexity(run, "test_accuracy")


def test_a_net_that_knows_one_answer_writes_it():
    """An un-embedding that ignores all but the last character: a, b, a, b, ..."""
    net = START.clone()
    for values in net.parameters.values():
        values.zero_()
    a, b = text.encode(TINY, "ab").tolist()
    net.parameters["embedding.characters"][:, a, 0] = 9
    net.parameters["embedding.characters"][:, b, 1] = 9
    net.parameters["norm.weight"].fill_(9)
    net.parameters["output.weight"][:, b, 0] = net.parameters["output.weight"][:, a, 1] = 9
    for temperature in (0, 1):  # longer than the context of 10, too
        assert text.sample(net, TINY, "a", 15, temperature=temperature) == ["abababababababab"] * 2


def test_samples_are_drawn_as_often_as_the_net_says():
    """500 replicates of one net, each with one draw of its own, against the scores."""
    scores = stack.forward(START[0], text.encode(TINY, "two")[None], shared=True)[0, 0, -1]
    seen = [text.encode(TINY, text.sample(START[0], TINY, "two", 1, seed=seed)[0])[-1].item()
            for seed in range(500)]
    shares = torch.bincount(torch.tensor(seen), minlength=TINY.classes) / 500
    expected = scores.double().softmax(0)
    assert (shares - expected).abs().max() < 4 * (expected.max() / 500) ** 0.5


def test_equal_seeds_write_equal_texts_and_nets_share_their_luck():
    one, two = (text.sample(START[[0, 0]], TINY, "my ", 40, seed=seed) for seed in (0, 1))
    assert one == text.sample(START[[0, 0]], TINY, "my ", 40, seed=0) != two
    assert one[0] == one[1] and len(one[0]) == 43


@pytest.mark.parametrize("ask, message", [
    (lambda: text.sample(START, TINY, "", 3), "text is empty"),
    (lambda: text.sample(START, TINY, "Zoë", 3), r"alphabet of sentences has no \['Z', 'ë'\]"),
    (lambda: text.sample(START, TINY, "a", 0), "length is 0; .*1 or above"),
    (lambda: text.sample(START, TINY, "a", 3, temperature=-1), "temperature is -1; .*0 or above"),
    (lambda: text.sample(START, replace(TINY, classes=31), "a", 3), "know 30 characters .* has 31"),
    (lambda: text.decode(DATA, torch.tensor([3, 30])), r"numbered from 0, and so none for \[30\]"),
    (lambda: text.encode(load("digits"), "a"), r"digits is no text.*load\('sentences'\)"),
    (lambda: text.floor(replace(DATA, name="tinyshakespeare")), "source of tinyshakespeare"),
    (lambda: load("sentences", validation=10), "splits are fixed: leave out validation=10"),
    (lambda: load("tinyshakespeare", validation_seed=1), r"less of it with data.first\(n\)"),
    (lambda: load("sentence"), r"'tinyshakespeare' \(did you mean 'sentences'\?"),
    (lambda: train(START, TINY, RECIPE.with_(augment="crop-flip"), progress=False), "for images"),
])
def test_what_cannot_be_says_why(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()


# The same experiments as of every other net


@pytest.fixture(scope="module")
def tickets():
    return lottery.search(NET, TINY, RECIPE, levels=2, rate={"attention": 0.5, "mlp": 0.4},
                          replicates=2, progress=False)


@pytest.mark.parametrize("scope, rate", [("layer", {"attention": 0.5, "mlp": 0.4}),
                                         ("global", 0.5)])
def test_the_search_finds_tickets_whose_masks_lie_on_prunable_weights(scope, rate, monkeypatch):
    """With the exact checks of every level switched on, and counted."""
    checked = []
    for name in ("check_rewound", "check_trained"):
        own = getattr(lottery, name)
        monkeypatch.setattr(lottery, name, lambda *given, own=own: checked.append(own(*given)))
    found = lottery.search(NET, TINY, RECIPE, levels=2, rate=rate, scope=scope, rewind=2,
                           replicates=2, progress=False)
    assert len(checked) == 4 and found.stem.step == 2 and found.stopped is None
    # 256 weights of attention and 512 of the MLP: 32 of 64 go a matrix, and 102 of 256
    assert found.densities == ([1, 0.5, 0.25] if scope == "global" else
                               [1, (128 + 308) / 768, (64 + 2 * 92) / 768])
    end = found.trials[-1].run.stack
    for name in ("embedding.characters", "output.weight", "norm.bias", "block1.mlp.hidden.bias"):
        assert end.parameters[name].count_nonzero() > 0.9 * end.parameters[name].numel(), name


def test_every_arm_trains_and_one_shot_is_another_mask_of_the_same_density(tickets):
    arms = lottery.controls(tickets, list(ALL), progress=False)
    assert [trial.arm for trial in arms[::2]] == list(ALL)
    for trial in arms:
        assert torch.equal(density(trial.masks), density(tickets.trials[trial.number].masks))
    by_arm = {(trial.arm, trial.number): trial for trial in arms}
    assert (hamming(by_arm["one_shot", 2].masks, tickets.trials[2].masks) > 0).all()
    once = prune(tickets.trials[0].run.stack, density={"attention": 0.25, "mlp": 92 / 256})
    assert all(torch.equal(mask, once[name])
               for name, mask in by_arm["one_shot", 2].masks.items())
    frame = text.table(tickets, [trial for trial in arms if trial.arm != "ticket"])
    assert len(frame) == 2 * (3 + 2 * (len(ALL) - 1))
    np.testing.assert_allclose(frame["perplexity"], np.exp(frame["loss"]), rtol=1e-6)
    assert len(paired(frame, [("ticket", "one_shot")], [1, 2])) == 2


def test_all_ways_of_rewinding_run(tickets):
    ways = [rewinding.weights(0), rewinding.learning_rate(2), rewinding.fine_tuning(2)]
    found = rewinding.search(NET, TINY, RECIPE, ways, levels=1, rate=0.5, replicates=2,
                             progress=False)
    assert list(found) == [way.name for way in ways]
    for each in found.values():
        assert each.densities == [1, 0.5] and each.trials[-1].run.last("test_loss").isfinite().all()


def test_children_and_the_lines_between_them(tickets):
    start = train(START, TINY, RECIPE, snapshots=[2], progress=False).snapshots[2]
    pairs = instability.children({2: start}, TINY, RECIPE, [0, 1], progress=False)
    found = instability.lines(pairs, TINY, points=3, progress=False)[2]
    for end, child in ((0, 0), (-1, 1)):
        torch.testing.assert_close(found.loss[end], pairs[2][child].last("test_loss"))
        torch.testing.assert_close(1 - found.error[end], pairs[2][child].last("test_accuracy"))
    assert found.barrier().shape == (2,)


def test_a_killed_run_goes_on_with_the_same_bits(tmp_path):
    masks = prune(START, rate=0.5)
    given = {"masks": masks, "folder": tmp_path, "interval": 0, "snapshots": [2]}
    with pytest.raises(KeyboardInterrupt):
        runs.train("text", START, TINY, RECIPE, progress=Interrupting(3), **given)
    again = runs.train("text", START, TINY, RECIPE, progress=False, **given)
    whole = train(START, TINY, RECIPE, masks=masks, snapshots=[2], progress=False)
    assert_same_run(again, whole, end=False)
    assert_same_moment(again.end, whole.end._replace(optimizer=None))  # none can follow
    loaded = runs.train("text", START, TINY, RECIPE, progress=False, **given)
    assert_same_run(loaded, whole, end=False)


def test_a_kept_search_is_loaded_and_equals_the_one_computed(tickets, tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    asked = {"levels": 2, "rate": {"attention": 0.5, "mlp": 0.4}, "replicates": 2,
             "progress": False, "keep": "text"}
    first = lottery.search(NET, TINY, RECIPE, **asked)
    monkeypatch.setattr(training, "train", None)  # what is kept needs no training
    assert_same_trials(lottery.search(NET, TINY, RECIPE, **asked).trials, first.trials)
    assert_same_trials(first.trials, tickets.trials)


def test_replicates_together_are_replicates_alone_under_masks():
    masks = prune(START, rate=0.5)
    both = train(START, TINY, RECIPE, masks=masks, progress=False)
    for r in (0, 1):
        own = {name: mask[[r]] for name, mask in masks.items()}
        alone = train(Snapshot(apply_masks(START[r], own)), TINY, RECIPE, masks=own,
                      order_seeds=[r], progress=False)
        for name, values in alone.stack.parameters.items():
            torch.testing.assert_close(both.stack.parameters[name][r], values[0], rtol=1e-3,
                                       atol=1e-4)
