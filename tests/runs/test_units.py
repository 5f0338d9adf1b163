"""What decides a kept run, and what is believed of what lies in its place."""

import random
import shutil
import warnings
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.nets.test_description import kept
from tests.nets.test_description import made as made_net
from tests.runs.test_training import (
    ADAM,
    MASKS,
    START,
    assert_same_moment,
    assert_same_run,
    contents,
    finished,
    half_finished,
    keep,
)
from tests.training.test_loop import DATA, NETS, RECIPES, TASK, make_data
from ticketlab import nets, runs, stack
from ticketlab.data import Data
from ticketlab.runs import Job
from ticketlab.runs import files as run_files
from ticketlab.runs import units as run_units
from ticketlab.training import Snapshot, train


def key(start=START, data=DATA, recipe=ADAM, masks=MASKS, order_seeds=(0, 1), stop=40,
        snapshots=()):
    moment = start if isinstance(start, Snapshot) else Snapshot(start)
    return Job(moment, data, recipe, masks, list(order_seeds), stop, list(snapshots)).key


def with_one_changed(tensors, name):
    tensor = tensors[name].clone()
    first = tensor.view(-1)[:1]
    first.copy_(first + 1e-3 if tensor.is_floating_point() else ~first)
    return tensors | {name: tensor}


def user_net(scale, line):
    """As a learner defines it in a cell: the same name and shapes, another ``forward``."""
    code = f"class Mine(nn.Sequential):\n    def forward(self, x):\n        return {line}\n"
    space = {"nn": nn}
    exec(code, space)  # noqa: S102
    net = space["Mine"](nn.Linear(12, 4))
    net.scale = scale
    return stack.draw(net, [0, 1])


TRAINED = train(START, DATA, ADAM, stop=10, progress=False).end


OTHERS = {
    "a weight": {"start": replace(START, parameters=with_one_changed(START.parameters,
                                                                       "hidden1.weight"))},
    "a bias": {"start": replace(START, parameters=with_one_changed(START.parameters,
                                                                     "output.bias"))},
    "architecture": {"start": stack.draw(nets.mlp(TASK, (16, 9)), [0, 1])},
    "activation": {"start": stack.draw(nn.Sequential(nn.Linear(12, 4), nn.Tanh()), [0, 1])},
    "replicates": {"start": START[0]},
    "order of replicates": {"start": START[[1, 0]]},
    "step": {"start": Snapshot(START, 10)},
    "optimiser": {"start": TRAINED},
    "fresh optimiser": {"start": TRAINED._replace(optimizer=None)},
    "no masks": {"masks": None},
    "one weight masked": {"masks": with_one_changed(MASKS, "hidden2.weight")},
    "data": {"data": make_data(seed=1)},
    "fewer data": {"data": make_data(examples=69)},
    "order seeds": {"order_seeds": [0, 2]},
    "stop": {"stop": 39},
    "snapshots": {"snapshots": [7]},
    "user's net": {"start": user_net(1.0, "super().forward(x)")},
    "user's attribute": {"start": user_net(2.0, "super().forward(x)")},
    "user's forward": {"start": user_net(1.0, "super().forward(x) * 2")},
} | {name: {"recipe": ADAM.with_(**{name: value})} for name, value in {
    "lr": 4.9e-3, "batch": 9, "steps": 50, "weight_decay": 0.0, "warmup": 1, "drops": (5,),
    "drop_factor": 0.2, "evaluate_every": 5, "cosine": True, "trained": "output"}.items()
} | {name: {"recipe": RECIPES["plain sgd"].with_(momentum=value)}
     for name, value in {"optimizer": 0.0, "momentum": 0.9}.items()}


BUFFERED = stack.draw(NETS["cnn"], [0, 1])


NAME = next(name for name in BUFFERED.buffers if "running_mean" in name)


@pytest.mark.parametrize("what", OTHERS)
def test_whatever_decides_the_result_makes_it_another_run(what):
    others = {name: key(**arguments) for name, arguments in OTHERS.items() if name != what}
    assert key(**OTHERS[what]) not in {key(), *others.values()}


def test_batch_statistics_decide_too():
    moved = replace(BUFFERED, buffers=with_one_changed(BUFFERED.buffers, NAME))
    assert key(moved, masks=None) != key(BUFFERED, masks=None)


def test_what_does_not_decide_the_result_finds_the_same_run(tmp_path, segments):
    keep(tmp_path, masks=MASKS, snapshots=[7, 20])
    del segments[:]
    fresh = {name: {} for name in START.parameters}
    for start in (replace(START, initialise=nets.torch_default), Snapshot(START),
                  Snapshot(START, 0, fresh)):
        keep(tmp_path, start, masks=dict(reversed(MASKS.items())), snapshots=(20, 7, 7), stop=40,
             order_seeds=range(2), interval=5)
    assert not segments
    keep(tmp_path, masks=MASKS, snapshots=[7, 20], name="another")
    assert segments, "another name is another unit"


def test_lr_1_and_lr_1_point_0_are_one_recipe():
    assert key(recipe=ADAM.with_(lr=1)) == key(recipe=ADAM.with_(lr=1.0))


def test_a_data_sets_fingerprint_follows_its_tensors_and_nothing_else():
    fields = vars(DATA)
    data = Data("toy", **fields, provenance="here")
    first = data.fingerprint
    assert len(first) == 64 and first == data.fingerprint == data.to("cpu").fingerprint
    assert replace(data, name="other", provenance="there").fingerprint == first
    assert key(data=data) == key(data=DATA)
    for change in ({"classes": 5}, {"shape": (3, 4)}, {"y_test": data.y_test.flip(0)},
                   {"x_train": data.x_train * 1.0001}):
        assert replace(data, **change).fingerprint != first
    copied = replace(data, y_train=data.y_train.clone())
    assert copied.fingerprint == first
    copied.y_train[0] += 1  # label noise, say, in place
    assert copied.fingerprint != first and data.fingerprint == first


FILES = [(finished, name) for name in ("run.json", "end.safetensors", "masks.safetensors",
                                       "snapshot-10.safetensors")] + [(half_finished, name) for name in ("state.safetensors", "masks.safetensors",
                                             "snapshot-10.safetensors")]


def flip_bit(content, draw):
    content = bytearray(content)
    content[draw.randrange(len(content) // 3, len(content))] ^= 1 << draw.randrange(8)
    return bytes(content)


DAMAGES = {"truncated": lambda content, draw: content[:draw.randrange(len(content))],
           "a bit flipped": flip_bit, "emptied": lambda content, draw: b""}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("make", "name"), FILES)
def test_a_damaged_file_is_named_set_aside_and_its_run_computed_again(
        tmp_path, made, make, name, damage):
    homes, right = made
    home = shutil.copytree(homes[make], tmp_path / "home")
    (path,) = home.rglob(name)
    broken = DAMAGES[damage](path.read_bytes(), random.Random(f"{name} {damage}"))
    path.write_bytes(broken)
    with pytest.warns(UserWarning, match=rf"{name}.*\.damaged-1.*again") as caught:
        again = finished(home)
    assert caught[0].filename == keep.__code__.co_filename, "the warning points at the caller's line"
    assert_same_run(again, right)
    (aside,) = home.rglob("*.damaged-1")
    assert (aside / name).read_bytes() == broken
    shutil.rmtree(aside)
    assert contents(home) == contents(homes[finished])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same_run(finished(home), right)


def test_files_of_another_run_in_this_ones_place_are_not_believed(tmp_path, made):
    """Each intact, but of another training: as after copying folders by hand."""
    homes, right = made
    home = shutil.copytree(homes[finished], tmp_path / "home")
    keep(tmp_path / "other", masks=MASKS, snapshots=[10], order_seeds=[5, 6])
    (ours,) = home.rglob("end.safetensors")
    (others,) = (tmp_path / "other").rglob("end.safetensors")
    shutil.copy(others, ours)
    with pytest.warns(UserWarning, match="end.safetensors belongs to another run"):
        assert_same_run(finished(home), right)
    shutil.copy(others.with_name("run.json"), ours.with_name("run.json"))
    with pytest.warns(UserWarning, match="run.json belongs to another run.*damaged-2"):
        assert_same_run(finished(home), right)


@pytest.mark.parametrize(("make", "name"), [*FILES[:2], FILES[4]])
def test_a_run_of_another_format_is_an_error_and_stays(tmp_path, made, make, name, monkeypatch):
    home = shutil.copytree(made[0][make], tmp_path / "home")
    (path,) = home.rglob(name)
    with monkeypatch.context() as later:
        if name == "run.json":
            table = run_files.read_table(path)
            del table["format"]
            later.setattr(run_files, "FORMAT", 2)
            run_files.write_table(path, table)
        else:
            tensors, notes = run_files.read_tensors(path)
            later.setattr(run_files, "FORMAT", 2)
            run_files.write_tensors(path, tensors, {"step": notes["step"]})
    before = contents(home)
    said = f"{name} has format 2.*format 1.*remove"
    with pytest.raises(runs.IncompatibleRun, match=said) as caught:
        finished(home)
    assert contents(home) == before
    pattern = str(caught.value).split("runs.remove('")[1].split("'")[0]
    assert len(runs.remove(pattern, folder=home)) == 1, "the cure that it names"
    assert_same_run(finished(home), made[1])


def test_networks_of_one_printed_form_get_their_own_results(tmp_path):
    def one(text):
        return kept(made_net(["def forward(self, x):", f"    return torch.{text}(self.fc(x))"]), tmp_path)

    first, second = one("relu").last("train_loss"), one("tanh").last("train_loss")
    assert not torch.equal(first, second) and len(runs.listing(tmp_path)) == 2
    assert torch.equal(one("relu").last("train_loss"), first) and len(runs.listing(tmp_path)) == 2


def test_a_run_is_found_whether_or_not_the_one_before_it_was_loaded(tmp_path):
    """Training leaves no trace in the attributes, which decide the next run."""
    net = made_net(["calls = 0", "def forward(self, x):", "    self.calls += 1",
                "    self.seen = self.fc(x)", "    return self.seen"])
    start = stack.draw(net, [0, 1])
    for _ in range(2):
        runs.train("own", start, DATA, ADAM, progress=False, folder=tmp_path)
    assert len(runs.listing(tmp_path)) == 1 and start.net.calls == 0


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_of_a_former_key_is_named_and_computed_again(tmp_path, monkeypatch, finished):
    with monkeypatch.context() as former:
        former.setattr(run_units, "KEY", 1)
        former.setattr(run_units.nets, "describe", lambda net: nets.Description("", ()))
        if finished:
            kept(nn.Sequential(nn.Linear(12, 4)), tmp_path)
        else:
            former.setattr(run_units.Unit, "finish", lambda *given: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                kept(nn.Sequential(nn.Linear(12, 4)), tmp_path, interval=0)
    (old,) = runs.listing(tmp_path)["name"]
    with pytest.warns(UserWarning, match=f"{old} was kept by .* computed again"):
        kept(nn.Sequential(nn.Linear(12, 4)), tmp_path)
    kept(nn.Sequential(nn.Linear(12, 4)), tmp_path)
    assert len(runs.listing(tmp_path)) == 2 and runs.remove(old, folder=tmp_path) == [old]


def test_what_is_frozen_decides_a_run():
    """The values at the start are the same, and what training makes of them is not."""
    one, other = (stack.draw(NETS["no batched rule"], [0, 1]) for _ in range(2))
    assert key(one, masks=None) == key(other, masks=None)
    other.net[0].requires_grad_(False)
    assert key(one, masks=None) != key(other, masks=None)


def test_a_recipe_without_pressure_has_the_key_it_always_had_and_pressure_makes_another():
    """Else all that was kept before recipes knew of pressure would be computed again."""
    def job(recipe):
        return Job(Snapshot(START), DATA, recipe, None, [0, 1], 40, [])

    assert not {"l1", "powerprop", "cosine", "trained"} & set(job(ADAM).decided_by["recipe"])
    assert job(ADAM.with_(l1=0, powerprop=1, cosine=False, trained=("everything",))).key == job(ADAM).key
    plain = ADAM.with_(weight_decay=0)
    keys = {job(each).key for each in (plain, plain.with_(l1=1e-4), plain.with_(powerprop=2), plain.with_(powerprop=3))}
    assert len(keys) == 4 and job(plain.with_(powerprop=2)).key == job(plain.with_(powerprop=2.0)).key


@pytest.mark.parametrize("pressure", [{"l1": 1e-3}, {"powerprop": 3}, {"trained": "output"}, {"trained": "masks"}])
def test_a_run_under_pressure_is_found_again_and_goes_on_after_a_break(tmp_path, pressure):
    recipe = ADAM.with_(weight_decay=0, **pressure)
    whole = keep(tmp_path / "whole", recipe=recipe, masks=MASKS, snapshots=[20])
    half = keep(tmp_path / "parts", recipe=recipe, masks=MASKS, stop=20)
    parts = keep(tmp_path / "parts", start=half.end, recipe=recipe, masks=MASKS, name="rest")
    assert_same_moment(parts.end, whole.end)
    assert_same_run(keep(tmp_path / "whole", recipe=recipe, masks=MASKS, snapshots=[20]), whole)
