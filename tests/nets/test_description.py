"""What decides a kept run: whatever a network or a function does differently makes another digest,
and what is equal has the same one in every process."""

import copy
import functools
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.training.test_loop import DATA, RECIPES
from ticketlab import runs, stack, sweep
from ticketlab.nets import describe

ROOT = Path(__file__).parents[2]
ADAM = RECIPES["adam"]


class Net(nn.Module):
    def __init__(self, act=None):
        super().__init__()
        self.act, self.fc = act, nn.Linear(12, 4)

    def forward(self, x):
        return self.fc(x)


class Object:
    def __init__(self, **values):
        vars(self).update(values)


def typed(text, name="Mine", **space):
    """As typed into a plain interpreter: there is no source."""
    exec(text, space := {"nn": nn, "torch": torch, "__name__": "__main__"} | space)  # noqa: S102
    return space[name]


def made(body, **space):
    """A network whose class has these lines."""
    lines = "\n    ".join(["class Mine(nn.Module):", "def __init__(self):",
                            "    super().__init__()", "    self.fc = nn.Linear(12, 4)", *body])
    return typed(lines, **space)()


def adder(number):
    return lambda x: x + number


def hooked(register, hook, where=None, **more):
    net = nn.Sequential(nn.Linear(12, 4), nn.ReLU())
    getattr(net if where is None else net[where], register)(hook, **more)
    return net


def defaulted(value):
    def act(x, by=value, *, more=value):
        return x * by
    return act


FORWARD = ["def forward(self, x):", "    return self.fc(x) * 1"]
FAMILIES = {
    "function": [Net(torch.relu), Net(torch.sin), Net(torch.tanh), Net(nn.functional.relu),
                 Net(torch.Tensor.relu), Net(lambda x: x), Net(lambda x: x + 1)],
    "constant": [
        Net(typed(f"act = lambda x: x + {number}", "act")) for number in (0, 1, 0.0, -0.0, True)],
    "name": [Net(typed(f"act = lambda x: torch.{name}(x)", "act")) for name in ("sin", "cos")],
    "closure": [Net(adder(number)) for number in (1, 2, 2.0, [2], torch.ones(2))],
    "default": [Net(defaulted(number)) for number in (1, 2)],
    "partial": [Net(functools.partial(torch.add, other=number)) for number in (1, 2)],
    "collection": [Net(value) for value in (
        {"act": ["tanh"]}, {"act": ["relu"]}, {"act": []}, {}, [], (), set(), {1}, {1, 2},
        [1, 2], [2, 1], (1, 2), {"a": 1, "b": 2}, {"a": 2, "b": 1}, [[1], 2], [[1, 2]])],
    "tensor": [Net(value) for value in (torch.zeros(2), torch.ones(2), torch.zeros(2).double(),
                                        torch.zeros(1, 2), [torch.zeros(2)], nn.Linear)],
    "object": [Net(Object(a=1)), Net(Object(a=2)), Net(Object(b=1)), Net(Object(a=Object(a=1)))],
    "hidden module": [Net([torch.nn.Softplus(beta)]) for beta in (1, 2)] + [Net([nn.ReLU()])],
    "class attribute": [made([f"factor = {value}", *FORWARD]) for value in (1, 2, [1], [2])],
    "forward": [made(["def forward(self, x):", f"    return {line}"]) for line in (
        "torch.relu(self.fc(x))", "torch.tanh(self.fc(x))", "self.fc(x) * 1", "self.fc(x) * 2",
        "[self.fc(x) for _ in 'a'][0]", "[self.fc(x) for _ in 'b'][0]")],
    "exception": [made(["def forward(self, x):", "    try:", "        return x", f"    except {name}:",
                        "        return 2 * x"]) for name in ("ValueError", "KeyError")],
    "static method": [made([*FORWARD, "@staticmethod", "def act(x):", f"    return x + {number}"])
                      for number in (1, 2)],
    "class method": [made([*FORWARD, "@classmethod", "def act(kind):", f"    return {number}"])
                     for number in (1, 2)],
    "property": [made([*FORWARD, "@property", "def scale(self):", f"    return {number}"])
                 for number in (1, 2)],
    "decorated": [made(["@torch.no_grad()", "def forward(self, x):", f"    return x + {number}"])
                  for number in (1, 2)],
    "global function": [made(["def forward(self, x):", "    return help(x)"], help=typed(
        f"def help(x):\n    return again(x)\ndef again(x):\n    return x and help(x - {number})",
        "help")) for number in (1, 2)],
    "global constant": [made(["def forward(self, x):", "    return x * FACTOR"], FACTOR=number)
                        for number in (1, 2)],
    "base class": [made(FORWARD, nn=Object(Module=typed(
        f"class Base(nn.Module):\n    factor = {number}", "Base"), Linear=nn.Linear))
        for number in (1, 2)],
    "method of an object": [Net(Object(a=1).__init__), Net(Object(a=2).__init__)],
    "hook": [hooked(register, hook, where, **more)
             for register in ("register_forward_hook", "register_forward_pre_hook")
             for hook in (lambda *given: None, lambda *given: 2 * given[-1])
             for where in (None, 0, 1) for more in ({}, {"with_kwargs": True})] + [
                 nn.Sequential(nn.Linear(12, 4), nn.ReLU())],
}


def plain(net, name, value):
    setattr(net[1], name, value)
    return net


FAMILIES["attribute of torch's module"] = [
    plain(nn.Sequential(nn.Linear(12, 4), nn.ReLU()), "act", value)
    for value in (torch.relu, torch.sin, [1], [2])]


def two_layers(frozen=None, tied=False):
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    if frozen is not None:
        net[frozen].requires_grad_(False)
    if tied:
        net[1].weight = net[0].weight
    return net


FAMILIES["frozen"] = [two_layers(frozen) for frozen in (None, 0, 1)]
FAMILIES["tied"] = [two_layers(), two_layers(tied=True)]


@pytest.mark.parametrize("family", FAMILIES)
def test_whatever_differs_makes_another_digest_and_a_copy_has_the_same(family):
    found = [describe(net) for net in FAMILIES[family]]
    assert len({each.digest for each in found}) == len(found)
    assert not any(each.unknown for each in found)
    assert [describe(copy.deepcopy(net)) for net in FAMILIES[family]] == found


@pytest.mark.parametrize("family", FAMILIES)
def test_networks_that_differ_are_not_stacked(family):
    one, other = FAMILIES[family][:2]
    assert stack.from_modules([one, copy.deepcopy(one)]).replicates == 2
    with pytest.raises(ValueError, match=r"net 1 differs from net 0 in |of one architecture"):
        stack.from_modules([one, other])
    with pytest.raises(ValueError, match=r"stack 1 differs from stack 0 in |another architecture"):
        stack.concatenate([stack.from_modules([one]), stack.from_modules([other])])


ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.text(max_size=3), inner, max_size=3)
                      | st.tuples(inner) | inner.map(lambda value: Object(value=value)),
                      max_leaves=6)


def text(value):
    """Equal for equal values, their types included."""
    if isinstance(value, Object):
        return f"Object({text(value.value)})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(text, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{name!r}: {text(each)}' for name, each in value.items())})"
    return repr(value)


@settings(max_examples=100, deadline=None)
@given(VALUES, VALUES)
def test_two_attributes_have_one_digest_exactly_if_they_are_equal(one, other):
    """Also as a closure and as a default value."""
    same = text(one) == text(other)
    for net in (Net, lambda value: Net(adder(value)), lambda value: Net(defaulted(value))):
        assert (describe(net(one)) == describe(net(other))) == same
        assert describe(net(one)) == describe(net(copy.deepcopy(one)))


SETS = """
import functools, sys, torch
from torch import nn
from ticketlab.nets import describe
from tests.nets.test_description import DATA, FAMILIES, Net, Object
from tests.nets.test_description import typed
kept = Object(a={"x", "y", "z"}, f=frozenset("abc"), n=nn.Sequential(nn.ReLU()))
kept.cycle = kept
nets_ = [Net({"a", "b", "c"}), Net(lambda x: x in {"a", "b", "c"}), Net(kept), nn.LSTM(2, 3),
         *(net for family in FAMILIES.values() for net in family)]
torch.manual_seed(0)
print([describe(net).digest for net in nets_], any(describe(net).unknown for net in nets_))
"""


def test_every_process_finds_the_same_digests():
    """Whatever the seed of Python's own hashes is: sets have another order then."""
    said = {subprocess.run([sys.executable, "-c", SETS], capture_output=True, text=True, check=True,
                           cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": "."}
                           ).stdout for seed in ("1", "2")}
    assert len(said) == 1 and said.pop().endswith("False\n")


def test_where_code_stands_comments_and_seeds_do_not_matter():
    one, other = (made([*blank, *FORWARD]) for blank in ([], ["", "# a remark", ""]))
    assert describe(one) == describe(other)
    assert not torch.equal(one.fc.weight, other.fc.weight)


def test_what_a_cached_property_keeps_does_not_matter():
    class Cached(Net):
        @functools.cached_property
        def table(self):
            return torch.ones(3)

    net = Cached()
    before = describe(net)
    assert net.table.sum() == 3 and describe(net) == before


def module_at(path, text, name="edited"):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_file_edited_after_its_import_changes_nothing_until_it_is_imported(tmp_path):
    written = ("from torch import nn\nclass Mine(nn.Linear):\n    def forward(self, x):\n"
               "        return super().forward(x) * {}\n")
    module = module_at(tmp_path / "edited.py", written.format(1))
    net = module.Mine(12, 4)
    before = describe(net)
    # of another length: Python takes what it compiled of a file of the same size and second for the new one's
    (tmp_path / "edited.py").write_text(written.format(22))
    assert describe(net) == before == describe(module.Mine(12, 4))
    assert describe(module_at(tmp_path / "edited.py", written.format(22)).Mine(12, 4)) != before


def test_helpers_in_a_module_of_ones_own_count_and_what_is_not_used_does_not(tmp_path, monkeypatch):
    def net(number, unused):
        helpers = module_at(tmp_path / f"helpers{number}{unused}.py",
                            f"def act(x):\n    return x + {number}\nUNUSED = {unused}\n", "helpers")
        monkeypatch.setitem(sys.modules, "helpers", helpers)
        at_the_top = made(["def forward(self, x):", "    return helpers.act(x)"], helpers=helpers)
        inside = made(["def forward(self, x):", "    import helpers", "    return helpers.act(x)"])
        return describe(at_the_top), describe(inside)

    one, same, other = net(1, 1), net(1, 2), net(2, 1)
    assert one == same and all(a != b for a, b in zip(one, other, strict=True))


# --- what cannot be described ------------------------------------------------------------------

def kept(net, home, **more):
    return runs.train("own", stack.draw(net, [0, 1]), DATA, ADAM, progress=False, folder=home, **more)


class Act:
    """An activation that holds what has no description."""

    def __init__(self, power):
        self.power, self.generator = power, (x for x in ())

    def __deepcopy__(self, memo):
        return self

    def __call__(self, x):
        return x ** self.power


class Powered(Net):
    def forward(self, x):
        return self.act(self.fc(x))


@pytest.mark.filterwarnings("default")  # or the second warning would be the first again
def test_what_cannot_be_told_apart_is_not_kept_and_the_warning_says_what_to_do(tmp_path):
    losses = []
    for power in (1, 2):
        with pytest.warns(UserWarning, match=r"neither kept nor looked up.* act\.generator "
                                             r"\(.*ticketlab_version = '1'") as caught:
            losses.append(kept(Powered(Act(power)), tmp_path).last("train_loss"))
        assert caught[0].filename == __file__
    assert not torch.equal(*losses) and runs.listing(tmp_path).empty


def test_a_version_stands_for_what_has_no_description(tmp_path):
    digests = set()
    for version in ("1", "2"):
        act = Act(1)
        act.ticketlab_version = version
        kept(Powered(act), tmp_path)
        kept(Powered(act), tmp_path)
        digests.add(describe(Powered(act)).digest)
    assert len(digests) == 2 == len(runs.listing(tmp_path))


def test_a_sweep_with_a_lock_is_computed_and_not_kept(tmp_path):
    lock = threading.Lock()

    def function(width, keep=None):
        with lock:
            return {"keep": keep}

    with pytest.warns(UserWarning, match=r"lock in function \(_thread.lock\)"):
        found = sweep.run(function, [{"width": 1}], keep="a", folder=tmp_path, progress=False)
    assert found.table["keep"].isna().all() and runs.listing(tmp_path).empty


def test_a_data_frame_and_a_data_set_have_descriptions_that_last():
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})
    before = describe(Object(frame=frame))
    frame["a"].isin([1]), frame.loc[0]
    assert describe(Object(frame=frame)) == before and not before.unknown
    assert describe(Object(frame=frame + frame)).digest != before.digest
