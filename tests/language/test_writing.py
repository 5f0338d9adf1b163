"""Text as data: the grammar and its exact floor, files, splits, perplexity, samples; and that a
small transformer goes through every experiment that the other nets go through."""

import hashlib
import math
import os
import socket
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.test_datasets import Server, visible
from tests.lottery.test_iterative_pruning import assert_same_trials
from tests.runs.test_training import Interrupting, assert_same_moment, assert_same_run
from ticketlab import nets, runs, stack
from ticketlab.data import DownloadError, load, sentences, text_files
from ticketlab.landscape import hamming, instability
from ticketlab.language import writing as text
from ticketlab.lottery import iterative_pruning as lottery
from ticketlab.lottery import rewinding
from ticketlab.lottery.arms import ALL
from ticketlab.lottery.comparisons import paired
from ticketlab.pruning import apply_masks, density, prune
from ticketlab.training import Recipe, Snapshot, train
from ticketlab.training import loop as training

REAL = os.environ.get("TICKETLAB_DATA")  # before the fixture below hides it
DATA = load("sentences")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Each test has a user cache folder of its own, and no TICKETLAB_DATA."""
    monkeypatch.delenv("TICKETLAB_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache"


# The grammar


def written(seed, length=400):
    return sentences.write(length, np.random.default_rng(seed))


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 150))
def test_reading_is_never_ambiguous_and_probabilities_sum_to_one(seed, length):
    """At every place of every text: no piece begins another, and what is likely is what is left."""
    assert len(written(seed, length)) == length
    draw, at = np.random.default_rng(seed), sentences.START
    for _ in range(length // 5):
        known = sentences.choices(at)
        pieces = [piece for piece, _, _ in known]
        assert not any(a != b and b.startswith(a) for a in pieces for b in pieces)
        assert len(set(pieces)) == len(pieces)
        assert math.isclose(sum(share for _, share, _ in known), 1)
        at = known[draw.integers(len(known))][2]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_probabilities_of_all_next_characters_sum_to_one(seed):
    """The likelihood is that of a distribution: without this a floor could be too low."""
    known = written(seed, 60)
    for place in (0, 7, 29, 59):
        total = 0.0
        for character in sentences.alphabet():
            try:
                total += math.exp(-sentences.surprise(known[:place] + character)[-1])
            except ValueError:  # which the grammar cannot write
                continue
        assert math.isclose(total, 1)


def test_the_entropy_rate_from_the_rules_is_the_mean_surprise_of_what_is_written():
    """Two ways that share nothing but the rules: linear equations, and 60,000 characters read."""
    long = written(1, 60_000)
    surprise = sentences.surprise(long)
    # whole sentences are independent, so their spread says how near the mean must be
    ends = np.array([place for place, each in enumerate(long) if each == "\n"]) + 1
    nats = np.add.reduceat(surprise, [0, *ends[:-1]])
    lengths = np.diff([0, *ends])
    rate = sentences.entropy_rate()
    error = (nats - rate * lengths).std() / math.sqrt(len(ends)) / lengths.mean()
    assert error < 0.01 and abs(nats.sum() / lengths.sum() - rate) < 4 * error


def test_what_the_grammar_cannot_write_is_refused_at_its_place():
    """Number agrees over a relative clause, and brackets close."""
    assert len(sentences.surprise("this dog that sees two cats sleeps.\n")) == 36
    with pytest.raises(ValueError, match=r"character 33 is '\.' and should be one of \['s'\]"):
        sentences.surprise("this dog that sees two cats sleep.\n")
    with pytest.raises(ValueError, match=r"character 25 is '\.' and should be one of \['\)'\]"):
        sentences.surprise("two dogs (these cats jump.")


def test_sentences_are_learnt_from_other_sentences_than_they_are_tested_on():
    assert repr(DATA) == ("Data('sentences': 1600/200/200 training/validation/test, shape (48,), "
                          "30 characters, on cpu)")
    parts = [text.decode(DATA, getattr(DATA, f"x_{split}")) for split in ("train", "val", "test")]
    assert "1,600 / 200 / 200" in DATA.provenance and DATA.alphabet == sentences.alphabet()
    alone = [len(set(own) - set().union(*(o for o in parts if o is not own))) / len(set(own))
             for own in parts]
    assert min(alone) > 0.95  # short sentences are written twice now and then
    for split in ("train", "val", "test"):
        x, y = getattr(DATA, f"x_{split}"), getattr(DATA, f"y_{split}")
        assert x.dtype == y.dtype == torch.int64 and x.shape == y.shape
        assert torch.equal(x[:, 1:], y[:, :-1])


def test_sentences_are_the_same_at_every_load_and_share_no_memory():
    spoilt = load("sentences")
    assert spoilt.fingerprint == DATA.fingerprint
    spoilt.x_train.zero_()
    assert load("sentences").fingerprint == DATA.fingerprint != spoilt.fingerprint
    assert sentences.examples(1)["test"] != sentences.examples(0)["test"]


def test_the_first_texts_are_nested_and_leave_the_rest_alone():
    small = DATA.first(20)
    assert torch.equal(small.x_train, DATA.first(50).x_train[:20])
    assert torch.equal(small.y_train, DATA.y_train[:20]) and torch.equal(small.y_test, DATA.y_test)
    assert small.alphabet == DATA.alphabet and DATA.to("meta").y_test.device.type == "meta"


# The floor


def test_the_floor_is_the_grammars_own_loss_and_near_its_entropy_rate():
    pieces = sentences.examples()["val"]
    expected = math.exp(np.mean([sentences.surprise(piece)[1:].mean() for piece in pieces]))
    assert text.floor(DATA, "val") == pytest.approx(expected)
    assert math.log(text.floor(DATA)) == pytest.approx(sentences.entropy_rate(), abs=0.04)


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
    (lambda: load("sentence"), r"'tinyshakespeare'; did you mean 'sentences'\?"),
    (lambda: train(START, TINY, RECIPE.with_(augment="crop-flip"), progress=False), "for images"),
])
def test_what_cannot_be_says_why(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()


# A file, and its download


@pytest.fixture
def shakespeare(monkeypatch):
    """A short text, with its size and checksum in place of the published one's."""
    content = b"".join(b"Speak %d, speak.\n\n" % number for number in range(400))
    monkeypatch.setattr(text_files, "SIZE", len(content))
    monkeypatch.setattr(text_files, "SHA256", hashlib.sha256(content).hexdigest())
    return content


@pytest.fixture
def server(shakespeare, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server({"input.txt": shakespeare})
    monkeypatch.setattr(text_files, "URL", running.mirror + "input.txt")
    yield running
    running.stop()


def test_a_seeded_file_is_split_where_it_stands_and_never_downloaded(
        shakespeare, tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    monkeypatch.setattr(text_files, "_download", None)
    (tmp_path / "tinyshakespeare.txt").write_bytes(shakespeare)
    data, whole = load("tinyshakespeare"), shakespeare.decode()
    assert data.shape == (64,) and data.alphabet == "".join(sorted(set(whole)))
    assert str(tmp_path) in data.provenance
    ends = [0, round(0.9 * len(whole)), round(0.95 * len(whole)), len(whole)]
    for split, start, end in zip(("train", "val", "test"), ends, ends[1:], strict=False):
        x, y = (getattr(data, f"{part}_{split}") for part in "xy")
        length = x.numel()
        assert end - start - 65 <= length < end - start and length % 64 == 0
        assert text.decode(data, x.flatten()) == whole[start:start + length]
        assert text.decode(data, y.flatten()) == whole[start + 1:start + 1 + length]


def test_another_file_is_refused_and_left_alone(shakespeare, tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    path = tmp_path / "tinyshakespeare.txt"
    path.write_bytes(shakespeare.replace(b"\n", b"\r\n"))
    with pytest.raises(ValueError, match="is not the published file.*Replace.*line ends") as error:
        load("tinyshakespeare")
    assert str(path) in str(error.value) and f"{len(shakespeare):,}" in str(error.value)
    assert path.read_bytes() == shakespeare.replace(b"\n", b"\r\n")


def test_a_download_is_verified_stored_once_and_used_without_a_network(server, cache, capfd):
    first = load("tinyshakespeare")
    assert "100%" in capfd.readouterr().err, "no progress bar"
    assert server.sent == ["input.txt"] and visible(cache) == ["tinyshakespeare.txt"]
    assert socket.getdefaulttimeout() is None
    server.stop()
    again = load("tinyshakespeare", progress=False)
    assert again.fingerprint == first.fingerprint and capfd.readouterr() == ("", "")


def test_a_wrong_download_is_refused_and_leaves_nothing(server, cache):
    server.files["input.txt"] = b"<html>Not Found</html>"
    with pytest.raises(DownloadError, match="invalid hash"):
        load("tinyshakespeare", progress=False)
    assert visible(cache) == []


def test_without_a_network_the_message_says_what_was_tried_and_the_cure(monkeypatch, cache):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/input.txt"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(text_files, "URL", closed)
    with pytest.raises(DownloadError) as error:
        load("tinyshakespeare", progress=False)
    for part in (closed, "refused", "as tinyshakespeare.txt", "TICKETLAB_DATA", "'sentences'"):
        assert part in str(error.value)
    assert visible(cache) == []


def test_the_published_address_is_an_address():
    assert urllib.request.Request(text_files.URL).host == "raw.githubusercontent.com"


@pytest.mark.skipif(not REAL or not Path(REAL, "tinyshakespeare.txt").is_file(),
                    reason="TICKETLAB_DATA holds no tinyshakespeare.txt")
def test_real_tinyshakespeare(monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", REAL)
    data = load("tinyshakespeare")
    assert [len(x) for x in (data.x_train, data.x_val, data.x_test)] == [15_685, 871, 871]
    assert data.classes == 65
    assert text.decode(data, data.x_train[0]).startswith("First Citizen:\nBefore we proceed")


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
    assert len(frame) == 2 * (3 + 2 * 7)
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
