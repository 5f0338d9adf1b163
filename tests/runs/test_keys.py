"""What decides a kept run, and what does not."""

from dataclasses import replace

import pytest
from torch import nn

from tests.runs.test_training import ADAM, MASKS, START, keep
from tests.training.test_loop import DATA, NETS, RECIPES, TASK, make_data
from ticketlab import nets, stack
from ticketlab.data import Data
from ticketlab.runs import Job
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
