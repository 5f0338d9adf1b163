"""The search: the masks of a plain loop, exact rewinding, exact ladders, and clear refusals."""

import ast
import copy
import inspect
import os
import subprocess
import sys
import textwrap
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.pruning.test_cut import LENET, PAPER_LADDER, PAPER_RATES
from tests.training.test_loop import DATA, NETS, RECIPES, TASK, assert_same_bits, fit
from ticketlab import lottery, nets, stack, training
from ticketlab.lottery import searching
from ticketlab.pruning import apply_masks, density, ladder, magnitude
from ticketlab.pruning.masks import nested
from ticketlab.training import Recipe, Snapshot, train
from ticketlab.training.orders import order

RATES = {"hidden": 0.5, "output": 0.3}
SHORT = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-2, batch=10, steps=6, warmup=2,
               drops=("50%",), evaluate_every=3)


def search(net=NETS["mlp"], recipe=RECIPES["adam"], data=DATA, **arguments) -> lottery.Tickets:
    return lottery.search(net, data, recipe, **{
        "levels": 2, "rate": RATES, "replicates": 2, "progress": False} | arguments)


def assert_same_run(a, b):
    assert_same_bits(a.stack, b.stack)
    for name, curve in a.curves.items():
        assert torch.equal(curve.nan_to_num(), b.curves[name].nan_to_num()), name


def assert_same_trials(some, others):
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        assert (a.arm, a.number) == (b.arm, b.number)
        assert all(torch.equal(mask, b.masks[name]) for name, mask in a.masks.items())
        assert_same_run(a.run, b.run)


def assert_same_moment(a, b):
    """Networks and optimiser, bit for bit; a fresh optimiser is None."""
    assert_same_bits(a.stack, b.stack)
    assert a.step == b.step and (a.optimizer is None) == (b.optimizer is None)
    for name, state in (a.optimizer or {}).items():
        assert state.keys() == b.optimizer[name].keys()
        assert all(torch.equal(t, b.optimizer[name][key]) for key, t in state.items()), name


@contextmanager
def trainings():
    """What ``search`` hands to ``train``: one (start, masks, order_seeds) a level."""
    seen = []

    def watched(start, *arguments, **more):
        moment = start if isinstance(start, Snapshot) else Snapshot(start)
        seen.append(SimpleNamespace(start=moment, masks=more["masks"],
                                    order_seeds=more["order_seeds"]))
        return train(start, *arguments, **more)

    with patch.object(searching, "train", watched):
        yield seen


@contextmanager
def no_training():
    def refuse(*_, **__):
        raise AssertionError("this must not train")

    with patch.object(searching, "train", refuse), patch.object(training, "train", refuse):
        yield


# --- against the loop that anyone would write ------------------------------------------------------

def plain_search(module, recipe, seed, levels, rates, scope, k):
    """Iterative magnitude pruning with rewinding of one net, without anything of this package but
    the order of the data. Gives masks, test accuracy and test loss of each level."""
    layers = {name: layer for name, layer in module.named_modules()
              if isinstance(layer, nn.Linear | nn.Conv1d)}
    pools = [[name] for name in layers] if scope == "layer" else [list(layers)]
    masks = {name: torch.ones_like(layer.weight) for name, layer in layers.items()}
    total, warmup = recipe.steps, recipe.warmup or 1
    half = total // 2 if recipe.drops else total
    stem, found = None, []

    def hold():
        with torch.no_grad():
            for name, layer in layers.items():
                layer.weight.mul_(masks[name])

    for level in range(levels + 1):
        if level:
            for pool in pools:
                values = torch.cat([layers[name].weight.detach().abs().flatten() for name in pool])
                alive = torch.cat([masks[name].flatten() for name in pool])
                goes = values.masked_fill(alive == 0, torch.inf).argsort()
                alive[goes[:round(rates[pool[0]] * int(alive.sum()))]] = 0
                for name, part in zip(pool, alive.split([masks[n].numel() for n in pool]),
                                      strict=True):
                    masks[name] = part.view_as(masks[name])
            module.load_state_dict(stem[0])
        weights = list(module.parameters())
        optimizer = (torch.optim.Adam(weights, lr=recipe.lr, weight_decay=recipe.weight_decay)
                     if recipe.optimizer == "adam" else
                     torch.optim.SGD(weights, lr=recipe.lr, momentum=recipe.momentum,
                                     weight_decay=recipe.weight_decay))
        if level and k:
            optimizer.load_state_dict(copy.deepcopy(stem[1]))  # torch would share its tensors
        hold()
        batches = order(len(DATA.x_train), recipe.batch, [seed], 0, total)
        for step, index in enumerate(batches):
            if step == k and level == 0:
                stem = copy.deepcopy((module.state_dict(), optimizer.state_dict()))
            if step < k and level:
                continue
            optimizer.param_groups[0]["lr"] = (recipe.lr * min(1, (step + 1) / warmup)
                                               * (0.1 if step >= half else 1))
            module.train()
            optimizer.zero_grad()
            F.cross_entropy(module(DATA.x_train[index[0]]), DATA.y_train[index[0]]).backward()
            optimizer.step()
            hold()
        outputs = module.eval()(DATA.x_test)
        found.append(({name: mask.bool() for name, mask in masks.items()},
                      (outputs.argmax(1) == DATA.y_test).float().mean().item(),
                      F.cross_entropy(outputs, DATA.y_test).item()))
    return found


@pytest.mark.parametrize("net, recipe, rate, scope, k", [
    ("mlp", "adam", RATES, "layer", 0), ("mlp", "sgd", 0.4, "global", 7),
    ("cnn", "sgd", {"conv": 0.3, "output": 0.2}, "layer", 0), ("cnn", "adam", 0.4, "global", 12)])
def test_the_search_finds_what_a_plain_loop_finds_net_by_net(net, recipe, rate, scope, k):
    """Masks exactly, accuracies too; batch normalisation, momentum, decay, warm-up, drops."""
    recipe = RECIPES[recipe].with_(steps=20, evaluate_every=20)
    tickets = search(NETS[net], recipe, rate=rate, scope=scope, rewind=k, seeds=[3, 4])
    kinds = {name: "output" if name == "output" else "conv" if "conv" in name else "hidden"
             for name in ("conv1", "conv2", "conv3", "hidden1", "hidden2", "output")}
    rates = {name: rate[kind] if isinstance(rate, dict) else rate
             for name, kind in kinds.items() if not isinstance(rate, dict) or kind in rate}
    for r, seed in enumerate([3, 4]):
        alone = plain_search(tickets.initial.module(r), recipe, seed, 2, rates, scope, k)
        for trial, (masks, accuracy, loss) in zip(tickets.trials, alone, strict=True):
            for name, mask in masks.items():
                assert torch.equal(trial.masks[f"{name}.weight"][r], mask), (trial.number, name)
            assert trial.run.last("test_accuracy")[r].item() == pytest.approx(accuracy, abs=1e-6)
            assert trial.run.last("test_loss")[r].item() == pytest.approx(loss, rel=1e-3)


def test_twenty_levels_of_lenet_stand_on_the_papers_ladder():
    """Whole masks of real size, cut twenty times; each level trains for one step."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(10, 1, 28, 28, generator=generator), torch.arange(10)
    data = SimpleNamespace(x_train=x, y_train=y, x_val=x, y_val=y, x_test=x, y_test=y,
                           classes=10, shape=(1, 28, 28))
    tickets = search(LENET, Recipe(steps=1, batch=10, evaluate_every=1), data, levels=20,
                     rate=PAPER_RATES, replicates=1)
    published = [float(value) for value in PAPER_LADDER.split(",")][:21]
    assert [round(100 * share, 2) for share in tickets.densities] == published
    frame = lottery.table(tickets)
    assert frame.density.tolist() == tickets.densities
    assert (frame.density + frame.sparsity == 1).all()
    assert tickets.nearest(0.21) == 7 and tickets.nearest(0.0358) == 15


# --- what must hold at every level, over random nets, rates, scopes and rewind steps ---------------

@st.composite
def experiments(draw):
    if draw(st.booleans()):
        hidden = tuple(draw(st.lists(st.integers(2, 9), max_size=2)))
        net, kinds = nets.mlp(TASK, hidden), ("hidden",) * bool(hidden) + ("output",)
    else:
        net, kinds = nets.conv1d(TASK, width=draw(st.integers(2, 5))), ("conv", "output")
    rate, scope = draw(st.floats(0.1, 0.7)), draw(st.sampled_from(["layer", "global"]))
    if draw(st.booleans()):
        rate = {kind: rate if scope == "global" else draw(st.floats(0.1, 0.7)) for kind in kinds}
        if len(kinds) > 1 and draw(st.booleans()):
            rate["output"] = 0
    recipe = SHORT if draw(st.booleans()) else SHORT.with_(optimizer="adam", lr=0.01, momentum=0)
    return net, recipe, {"rate": rate, "scope": scope, "levels": draw(st.integers(1, 3)),
                         "rewind": draw(st.sampled_from([0, 0, 1, 3, "4it", "5it"])),
                         "seeds": draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=3))}


@settings(max_examples=25)
@given(experiments())
def test_what_defines_a_ticket_holds_at_every_level(experiment):
    """Asked of what is handed to training and of what comes back, not of the search's own checks;
    the stem is trained here anew."""
    net, recipe, asked = experiment
    k, seeds = int(str(asked["rewind"])[0]), asked["seeds"]
    with trainings() as seen, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a collapse: then fewer levels
        tickets = search(net, recipe, **asked)
    initial = stack.draw(net, seeds)
    stem = fit(initial, recipe, order_seeds=seeds, stop=k).end if k else Snapshot(initial)
    assert_same_bits(tickets.initial, initial)
    assert_same_moment(tickets.stem, stem)
    assert len(seen) == len(tickets.trials)
    assert (len(seen) == asked["levels"] + 1) == (tickets.stopped is None)
    assert_same_moment(seen[0].start, Snapshot(initial))
    steps = ladder(initial, asked["rate"], asked["levels"], asked["scope"])
    before = tickets.trials[0]
    for trial, given_ in zip(tickets.trials, seen, strict=True):
        assert density(trial.masks).tolist() == [steps[trial.number]] * len(seeds)
        assert given_.masks is trial.masks and given_.order_seeds == seeds
        assert nested(trial.masks, before.masks)
        if trial.number:
            assert_same_moment(given_.start, stem._replace(
                stack=apply_masks(stem.stack, trial.masks)))
        for name, mask in trial.masks.items():
            assert (given_.start.stack.parameters[name][~mask] == 0).all()
            assert (trial.run.stack.parameters[name][~mask] == 0).all()
        assert trial.run.end.step == 6
        before = trial


@pytest.mark.parametrize("k", [0, 17])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_level_that_cuts_only_what_never_mattered_repeats_the_run_that_never_stopped(recipe, k):
    """The first input is always 0, so its weights change nothing, and a level that cuts just them
    must end with the bits of the dense run: only if data order, learning rate, optimiser and
    weights of step k are all as they were there."""
    data = SimpleNamespace(**vars(DATA))
    for split in ("x_train", "x_val", "x_test"):
        values = getattr(DATA, split).clone()
        values[:, 0] = 0
        setattr(data, split, values)

    def last_inputs_first(nets_here):
        scores = magnitude(nets_here)
        scores["hidden1.weight"] = scores["hidden1.weight"] + 1
        scores["hidden1.weight"][:, :, 0] = 0
        return scores

    tickets = search(NETS["mlp"], RECIPES[recipe], data, levels=1, rewind=k, score=last_inputs_first,
                     rate={"hidden1": 1 / 12, "hidden": 0, "output": 0})
    whole, again = tickets.trials[0].run, tickets.trials[1].run
    gone = ~tickets.trials[1].masks["hidden1.weight"]
    assert gone[:, :, 0].all() and not gone[:, :, 1:].any()
    assert_same_bits(again.stack, apply_masks(whole.stack, tickets.trials[1].masks))
    for name in ("train_loss", "test_loss", "val_loss"):
        rows = slice(-2, None)
        assert torch.equal(again.curves[name][rows], whole.curves[name][rows])
    start = apply_masks(tickets.stem.stack, tickets.trials[1].masks)
    direct = fit(tickets.stem._replace(stack=start), RECIPES[recipe], data,
                 masks=tickets.trials[1].masks)
    assert_same_run(again, direct)


def test_the_loop_fits_on_a_screen():
    """A learner can follow it line by line: 40 lines at most, the docstring not counted."""
    function = ast.parse(textwrap.dedent(inspect.getsource(lottery.search))).body[0]
    docstring = function.body[0]
    lines = function.end_lineno - (docstring.end_lineno - docstring.lineno + 1)
    assert 10 < lines <= 40


def test_the_same_search_gives_the_same_bits_and_leaves_torchs_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = search(recipe=SHORT)
    arms = lottery.controls(one, list(lottery.ARMS), progress=False)
    assert torch.equal(torch.rand(3), expected)
    two = search(recipe=SHORT)
    assert_same_trials(one.trials, two.trials)
    assert_same_trials(arms, lottery.controls(two, list(lottery.ARMS), progress=False))


# --- what is kept on disk ---------------------------------------------------------------------------

@pytest.mark.parametrize("k", [0, 4])
def test_a_kept_search_has_the_same_bits_and_the_second_time_it_is_loaded(tmp_path, monkeypatch, k):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    names = ["reinit", "fine_tune", "untrained"]
    asked = {"net": NETS["cnn"], "recipe": SHORT, "rate": 0.3, "rewind": k}
    free = search(**asked)
    arms = lottery.controls(free, names, progress=False)
    assert not any(tmp_path.iterdir()), "nothing is kept unless it is asked for"
    kept = search(**asked, keep="x")
    kept_arms = lottery.controls(kept, names, keep="x", progress=False)
    bar = SimpleNamespace(n=0, set_postfix_str=lambda *_: None)
    bar.update = lambda steps=1: setattr(bar, "n", bar.n + steps)
    with no_training():
        loaded = search(**asked, keep="x", progress=bar)
        loaded_arms = lottery.controls(loaded, names, keep="x", progress=False)
    assert bar.n == 6 + 2 * (6 - k)
    for tickets, controls in ((kept, kept_arms), (loaded, loaded_arms)):
        assert_same_trials(tickets.trials, free.trials)
        assert_same_moment(tickets.stem, free.stem)
        assert_same_trials(controls, arms)
        assert lottery.table(tickets, controls).equals(lottery.table(free, arms))


def test_a_kept_search_goes_on_where_fewer_levels_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    search(recipe=SHORT, levels=1, keep="x")
    trained = set()

    def watched(*arguments, **more):
        trained.add(density(more["masks"])[0].item())
        return train(*arguments, **more)

    with patch.object(training, "train", watched):
        more = search(recipe=SHORT, levels=3, keep="x")
    assert trained == set(more.densities[2:])
    assert_same_trials(more.trials, search(recipe=SHORT, levels=3).trials)
    assert [path.name[:8] for path in sorted((tmp_path / "x").iterdir())] == [
        "level-00", "level-01", "level-02", "level-03"]


EXPERIMENT = """
import functools
import torch
from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import lottery, runs


def experiment(bar, table):
    "A search of three levels with its controls, as a notebook keeps it, and its table."
    recipe = RECIPES["sgd"].with_(steps=12, evaluate_every=4)
    tickets = lottery.search(NETS["cnn"], DATA, recipe, levels=3, rate=0.3, scope="global", rewind=5,
                             replicates=2, keep="killed/search", progress=bar)
    arms = lottery.controls(tickets, ["reinit", "shuffled", "untrained"], levels=[1, 3],
                            together=4, keep="killed/arms", progress=bar)
    lottery.table(tickets, arms).to_csv(table, index=False)


class Bar:
    "Says each step to the process that is going to kill this one."

    def __init__(self, pipe):
        self.pipe = pipe

    def update(self, steps=1):
        os.write(self.pipe, b".")

    def set_postfix_str(self, *_):
        pass


import os, random, signal, sys, time
import pandas
torch.optim.SGD([torch.zeros(1)], lr=0.1)  # imports half of torch: once, and not in every child
runs.train = functools.partial(runs.train, interval=0)
chance, kills = random.Random(7), 0
while True:
    ours, theirs = os.pipe()
    child = os.fork()  # torch is imported already, and has not computed anything
    if child == 0:
        os.close(ours)
        experiment(Bar(theirs), sys.argv[1])
        os._exit(0)
    os.close(theirs)
    for _ in range(chance.randrange(2, 40)):
        if not os.read(ours, 1):
            break
    time.sleep(chance.choice([0, chance.random() / 50]))  # in training, or between two files
    os.kill(child, signal.SIGKILL)
    os.close(ours)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        sys.exit(os.WEXITSTATUS(status) or print(kills))
    kills += 1
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")
def test_a_search_killed_at_random_moments_ends_with_the_bytes_of_one_that_never_was(
        tmp_path, monkeypatch):
    """kill -9 of real processes, again and again until one is through: search and controls."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    place = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]),
             "TICKETLAB_RUNS": str(killed)}
    done = subprocess.run([sys.executable, "-c", EXPERIMENT, str(tmp_path / "killed.csv")],
                          env=os.environ | place, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 4, "it was not killed often enough to mean anything"
    monkeypatch.setenv("TICKETLAB_RUNS", str(whole))
    definitions = {}
    exec(EXPERIMENT.partition("class Bar")[0], definitions)  # noqa: S102 - our own text
    definitions["experiment"](False, tmp_path / "whole.csv")
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    contents = [{path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*")
                 if path.is_file() and ".locks" not in path.parts} for home in (killed, whole)]
    assert contents[0].keys() == contents[1].keys() and len(contents[1]) > 3 * 7
    assert [name for name in contents[0] if contents[0][name] != contents[1][name]] == []


# --- bad input --------------------------------------------------------------------------------------

@pytest.mark.parametrize("scope, rate", [("layer", {"hidden": 0.2, "output": 0.97}), ("global", 0.9)])
def test_a_level_that_would_empty_a_layer_ends_the_search_with_what_is_finished(scope, rate):
    with pytest.warns(UserWarning, match=r"ends before level 2 of 5: layer '(output|hidden1)' of "
                                         r"replicate \d would lose all of its \d+ weights"):
        tickets = search(recipe=SHORT, scope=scope, rate=rate, levels=5)
    assert "before level 2 of 5: layer" in tickets.stopped
    assert_same_trials(tickets.trials, search(recipe=SHORT, scope=scope, rate=rate, levels=1).trials)
    assert len(lottery.controls(tickets, ["random"], progress=False)) == 1
    assert len(lottery.table(tickets)) == 2 * 2


def test_levels_beyond_the_last_weight_end_in_the_same_way():
    """By then the ladder says density 0, which is no reason to refuse the levels before."""
    with pytest.warns(UserWarning, match="ends before level 4 of 40: layer 'output'"):
        tickets = search(nets.mlp(TASK, ()), SHORT, rate=0.7, levels=40)
    assert [trial.number for trial in tickets.trials] == [0, 1, 2, 3]
