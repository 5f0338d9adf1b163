"""Whole numbers of every kind are whole numbers, and settings lose the quotes that Jupyter keeps."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ticketlab import Recipe, data, draw, lottery, nets, pruning, runs, scales, train
from ticketlab.basics import choose, environment, one_each, whole

KINDS = st.sampled_from([int, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64, np.array, torch.tensor,
                         lambda n: torch.tensor(n, dtype=torch.uint8)])
STACK = draw(nets.mlp(nets.Task((6,), 3), (4,)), range(3))


@given(KINDS, st.integers(0, 100))
def test_every_kind_of_whole_number_is_one(kind, number):
    assert whole(kind(number)) == number and type(whole(kind(number))) is int


@pytest.mark.parametrize("value", [True, np.True_, torch.tensor(True), 1.0, np.float32(1), torch.tensor(1.0), "1",
                                   None, [1], np.array([1]), torch.tensor([1]), slice(1)], ids=repr)
def test_nothing_else_is(value):
    assert whole(value) is None


@given(KINDS, st.integers(0, 2))
def test_a_place_in_a_stack_is_one_network_whatever_its_kind(kind, place):
    assert STACK[kind(place)].replicates == 1
    weights = next(iter(STACK.parameters))
    assert torch.equal(STACK[kind(place)].parameters[weights][0], STACK.parameters[weights][place])


@given(KINDS, st.integers(1, 20))
def test_a_recipe_and_a_ladder_are_the_same_whatever_the_kind_of_their_numbers(kind, number):
    one = Recipe(steps=number, batch=number, warmup=number, evaluate_every=number, drops=(number,))
    other = Recipe(steps=kind(number), batch=kind(number), warmup=kind(number), evaluate_every=kind(number),
                   drops=(kind(number),))
    assert one == other and repr(one) == repr(other)
    assert pruning.ladder(STACK, 0.1, number) == pruning.ladder(STACK, 0.1, kind(number))


FLAT = data.load("digits").first(60)
SHORT = Recipe(steps=4, batch=20, evaluate_every=2)
NET = nets.mlp(FLAT, (4,))
DRAWN = draw(NET, range(2))


def kept(run) -> list:
    return [*run.stack.parameters.values(), *run.curves.values(), torch.tensor(sorted(run.snapshots))]


# of a function that turns a number into one of some kind, what comes out; and a number that is refused
NUMBERS = {
    "draw": lambda kind: [*draw(NET, [kind(3), kind(5)]).parameters.values()],
    "order seeds": lambda kind: kept(train(DRAWN, FLAT, SHORT, order_seeds=[kind(3), kind(5)], progress=False)),
    "stop and snapshots": lambda kind: kept(train(DRAWN, FLAT, SHORT, stop=kind(3), snapshots=[kind(1)],
                                                  progress=False)),
    "search": lambda kind: kept(lottery.search(NET, FLAT, SHORT, levels=kind(1), rate=0.5, replicates=kind(2),
                                               progress=False).trials[-1].run),
    "seeds of a search": lambda kind: kept(lottery.search(NET, FLAT, SHORT, levels=1, rate=0.5, seeds=[kind(3)],
                                                          progress=False).trials[-1].run),
    "label noise": lambda kind: [data.label_noise.label_noise(FLAT, 0.5, kind(3)).y_train],
    "validation seed": lambda kind: [data.load("digits", validation_seed=kind(3)).x_val],
    "arrays": lambda kind: [data.from_arrays(FLAT.x_train, FLAT.y_train, seed=kind(3)).x_train],
    "random score": lambda kind: [*pruning.random([kind(3), kind(5)])(DRAWN).values()],
}


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.array, torch.tensor])
@pytest.mark.parametrize("takes", NUMBERS)
def test_whole_numbers_of_every_kind_give_the_same_bits(takes, kind):
    for one, other in zip(NUMBERS[takes](int), NUMBERS[takes](kind), strict=True):
        assert torch.equal(one.nan_to_num(), other.nan_to_num())


@pytest.mark.parametrize("kind", [float, bool, np.float64, torch.tensor([1.0]).__mul__, str],
                         ids=["float", "bool", "NumPy float", "tensor of one", "text"])
@pytest.mark.parametrize("takes", NUMBERS)
def test_what_is_no_whole_number_is_named_and_neither_rounded_nor_counted(takes, kind):
    with pytest.raises(ValueError, match=r"^\w+(\[0\])? is .*; it must be a whole number"):
        NUMBERS[takes](kind)


def test_seeds_are_one_a_network():
    assert one_each("order_seeds", None, 2) == [0, 1] and one_each("order_seeds", np.array([7, 7]), 2) == [7, 7]
    with pytest.raises(ValueError, match="^3 order seeds for 2 networks; give one each"):
        one_each("order_seeds", range(3), 2)


def test_one_number_for_a_sequence_is_named():
    with pytest.raises(TypeError, match=r"seeds is 3; it must be a sequence .*\[3\]"):
        draw(NET, 3)


@pytest.mark.parametrize("quotes", ["{}", '"{}"', "'{}'", ' "{}" ', " {} "])
def test_the_environment_names_one_absolute_folder(tmp_path, monkeypatch, quotes):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for given_, right in (("my runs", tmp_path / "my runs"), ("~/there", tmp_path / "there"),
                          (str(tmp_path / "a b"), tmp_path / "a b")):
        monkeypatch.setenv("TICKETLAB_RUNS", quotes.format(given_))
        assert runs.folder() == right
    monkeypatch.setenv("TICKETLAB_SCALE", quotes.format("class"))
    assert scales.current().name == "class"
    monkeypatch.setenv("TICKETLAB_DATA", quotes.format("no such folder"))
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "no such folder")):
        data.load("mnist")


@pytest.mark.parametrize("empty", ["", "  ", '""', "''", '" "'])
def test_an_empty_setting_is_the_default(monkeypatch, empty):
    monkeypatch.setenv("TICKETLAB_SCALE", empty)
    assert scales.current().name == "quick" and environment("TICKETLAB_SCALE") == ""


@pytest.mark.parametrize("value, allowed, message", [
    ("MNIST", ["mnist", "digits"], "it is 'MNIST'; choose one of 'mnist', 'digits' (did you mean 'mnist'?)"),
    (0.5, [0.4, 0.64], "it is 0.5; choose one of 0.4, 0.64"),
    ([], {"a": 1}, "it is []; choose one of 'a'"),
])
def test_a_name_that_is_not_there_is_answered_by_those_that_are_and_the_nearest(value, allowed, message):
    with pytest.raises(ValueError) as error:
        choose("it", value, allowed)
    assert str(error.value).startswith(message)
    with pytest.raises(ValueError, match=", or write one$"):
        choose("it", value, allowed, "write one")
    choose("it", next(iter(allowed)), allowed)
