"""Width and depth: the lottery's own numbers for every net, the rule for matching, equal sizes."""

import json

import pandas
import pytest
import torch

from tests.lottery.test_iterative_pruning import SHORT
from tests.training.test_loop import DATA, TASK
from ticketlab import lottery, nets, scaling, sweep
from ticketlab.basics import threads
from ticketlab.pruning import survivors
from ticketlab.scaling import matching

pytestmark = pytest.mark.usefixtures("none_left")
RATES = {"hidden": 0.5, "output": 0.25}
SEEDS = (3, 5)
NETS = {4: nets.mlp(TASK, (4, 3)), 9: nets.mlp(TASK, (9, 3)), 6: nets.mlp(TASK, (6, 3))}


def measure(found=NETS, **options):
    return scaling.run(found, DATA, SHORT, **{"levels": 2, "rate": RATES, "seeds": SEEDS,
                                              "progress": False} | options)


# --- the table ------------------------------------------------------------------------------------

def test_every_net_has_the_rows_of_its_own_search_and_controls(table):
    """Two searches written out by hand give the same numbers, to the last bit."""
    for width, net in NETS.items():
        tickets = lottery.search(net, DATA, SHORT, levels=2, rate=RATES, seeds=SEEDS,
                                 progress=False)
        controls = lottery.controls(tickets, ["random"], progress=False)
        own = table[table["width"] == width].reset_index(drop=True)
        expected = lottery.table(tickets, controls)
        for column in ("arm", "level", "density", "accuracy", "early_accuracy", "train_accuracy"):
            assert own[column].tolist() == expected[column].tolist(), column
        every = [*tickets.trials, *controls]
        assert own["replicate"].tolist() == [*SEEDS] * len(every)
        validation = torch.cat([trial.run.last("val_accuracy") for trial in every])
        assert own["val_accuracy"].tolist() == validation.tolist()
        for name in ("hidden1", "hidden2", "output"):
            kept = torch.cat([survivors(each.masks)[f"{name}.weight"] for each in every])
            assert own[f"weights_{name}"].tolist() == kept.tolist()
        assert (own["weights"] == own[["weights_hidden1", "weights_hidden2", "weights_output"]]
                .sum(axis=1)).all()
        assert own["weights"].iloc[0] == nets.count(net)["weights"]


def test_the_columns_and_the_order_of_the_nets(table):
    assert list(table.columns[:4]) == ["width", "arm", "level", "density"]
    assert list(dict.fromkeys(table["width"])) == [4, 9, 6]
    assert matching.labels(table) == [4, 6, 9], "by size, whatever the order of the rows"
    deep = measure({2: NETS[4]}, by="depth", arms=["reinit", "one_shot"])
    assert deep.columns[0] == "depth" and set(deep["arm"]) == {"ticket", "reinit", "one_shot"}


def test_without_arms_the_same_tickets_stand_alone(table):
    alone = measure(arms=[])
    tickets = table[table["arm"] == "ticket"].reset_index(drop=True)
    pandas.testing.assert_frame_equal(alone, tickets)


def test_kept_under_a_name_a_sweep_is_not_trained_again(tmp_path, monkeypatch, table):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    pandas.testing.assert_frame_equal(measure(keep="widths"), table)
    assert {path.name for path in (tmp_path / "widths").iterdir()} >= {"width-4", "width-9"}
    monkeypatch.setattr("ticketlab.training.loop.Trainer", None)
    pandas.testing.assert_frame_equal(measure(keep="widths"), table)


def test_several_at_a_time_give_the_bits_of_one_thread_and_are_found_again(two_cores, tmp_path,
                                                                         monkeypatch):
    """Whichever process computed a net: the numbers are the same, and so is the run that is kept."""
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr("ticketlab.training.loop.Trainer", None)  # here nothing is trained
        at_once = measure(keep="widths")
    with threads.using(1):
        pandas.testing.assert_frame_equal(measure(), at_once)
        monkeypatch.setattr("ticketlab.training.loop.Trainer", None)
        pandas.testing.assert_frame_equal(measure(keep="widths"), at_once)


DEEP = {1: nets.mlp(TASK, (4,)), 3: nets.mlp(TASK, (4, 4, 4))}


def several():
    common = {"rate": RATES, "seeds": SEEDS}
    return (scaling.experiment(NETS, DATA, SHORT, levels=2, keep="widths", **common),
            scaling.experiment(DEEP, DATA, SHORT.with_(steps=12), levels=1, by="depth", keep="deep",
                               arms={"one_shot": [1]}, rewind=4, **common))


def test_several_experiments_in_one_call_are_each_its_own(two_cores, tmp_path, monkeypatch, table):
    """Other data orders, recipes, arms or labels in one call change nothing, whichever process it is."""
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    widths, deep = scaling.run_all(*several(), progress=False)
    with threads.using(1):
        pandas.testing.assert_frame_equal(widths, measure())
        alone = measure(DEEP, by="depth", levels=1, arms=["one_shot"], rewind=4, progress=False)
        assert alone["accuracy"].tolist() != deep["accuracy"].tolist(), "6 steps and not 12"
        alone = scaling.run(DEEP, DATA, SHORT.with_(steps=12), levels=1, rate=RATES, seeds=SEEDS,
                            by="depth", arms=["one_shot"], rewind=4, progress=False)
        pandas.testing.assert_frame_equal(deep, alone)


def test_what_a_call_kept_is_found_by_a_search_of_that_net(two_cores, tmp_path, monkeypatch):
    """Lesson 06 trains its transformer beside other nets, and reads it in a later cell."""
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    deep = scaling.run_all(*several(), progress=False)[1]
    monkeypatch.setattr("ticketlab.training.loop.Trainer", None)  # here nothing is trained
    tickets = lottery.search(DEEP[3], DATA, SHORT.with_(steps=12), levels=1, rate=RATES, seeds=SEEDS,
                             rewind=4, keep="deep/depth-3", progress=False)
    cut = lottery.controls(tickets, ["one_shot"], keep="deep/depth-3", progress=False)
    assert (deep[deep["depth"] == 3]["accuracy"].tolist() == lottery.table(tickets, cut)["accuracy"].tolist())


def test_the_longest_nets_are_begun_first_and_the_bar_is_shared_by_their_time(monkeypatch):
    """By multiplications and what layers give, not by weights: a small text costs more than a wide MLP."""
    from ticketlab.data import load

    seen, text, task = [], load("sentences", progress=False), load("mnist1d", progress=False)
    monkeypatch.setattr("ticketlab.basics.processes.each", lambda work, pieces, *rest, **more: (
        seen.extend(pieces), [pandas.DataFrame() for _ in pieces])[1])
    recipe = scaling.PROTOCOLS["mlp"].recipe
    scaling.run_all(
        scaling.experiment({width: scaling.architecture("mlp", task, width) for width in (10, 320)},
                           task, recipe, levels=2, rate=RATES),
        scaling.experiment({"gpt": nets.gpt(text, width=32, heads=2)}, text, recipe.with_(batch=8),
                           levels=2, rate=0.65), progress=False)
    narrow, wide, gpt = seen
    assert 2 < wide.cost / narrow.cost < 10 < gpt.cost / narrow.cost < 40
    assert sum(piece.steps * piece.share for piece in seen) == pytest.approx(100)
    assert [piece.arguments[:2] for piece in seen] == [(0, 10), (0, 320), (1, "gpt")]


@pytest.mark.parametrize("given, says", [
    ({"nets": {}}, "no nets"), ({"levels": 1.5}, "levels"), ({"replicates": 0}, "replicates"),
    ({"seeds": [0.5]}, "seeds")])
def test_an_experiment_that_cannot_be_is_refused_before_anything_runs(given, says):
    with pytest.raises(ValueError, match=says):
        scaling.experiment(**{"nets": NETS, "data": DATA, "recipe": SHORT, "levels": 2, "rate": 0.5} | given)
    with pytest.raises(ValueError, match="no experiments"):
        scaling.run_all()
    with pytest.raises(ValueError, match="'widths/width-4'"):
        scaling.run_all(several()[0], several()[0])


def test_the_error_of_one_net_is_raised_and_the_others_are_ended(two_cores):
    wild = SHORT.with_(lr=1e30, steps=100)
    with pytest.raises(FloatingPointError, match="the loss of replicate 0 is"):
        scaling.run(NETS, DATA, wild, levels=1, rate=RATES, seeds=SEEDS, progress=False)


def test_one_bar_goes_from_0_to_100_also_where_a_search_ends_early():
    class Bar:
        seen, words = 0, []

        def update(self, n=1):
            assert isinstance(n, int) and n >= 0
            self.seen += n

        def set_postfix_str(self, *words):
            self.words.append(words)

    bar = Bar()
    with pytest.warns(UserWarning, match="ends before level"):
        measure({4: NETS[4], 9: NETS[9]}, levels=6, rate=0.8, progress=bar)
    assert bar.seen == 100 and bar.words


def test_a_search_that_ends_before_its_first_level_is_a_table_of_dense_nets():
    with pytest.warns(UserWarning, match="ends before level 1"):
        found = measure({4: NETS[4]}, rate=0.99)
    assert found["level"].tolist() == [0, 0] and set(found["arm"]) == {"ticket"}


# --- units ----------------------------------------------------------------------------------------

def test_a_unit_is_the_same_as_the_sweep_in_this_process():
    """What runs on other machines is no second implementation: same columns, same bits."""
    from ticketlab.data import load

    data, protocol = load("mnist1d"), scaling.PROTOCOLS["mlp"]
    here = scaling.run({6: scaling.architecture("mlp", data, 6)}, data,
                       protocol.recipe.with_(steps=20), levels=1, rate=protocol.rate, seeds=[1, 2],
                       progress=False)
    unit = scaling.unit(width=6, seeds=[1, 2], levels=1, steps=20)
    assert unit["net"].eq("mlp").all() and unit["depth"].eq(2).all()
    pandas.testing.assert_frame_equal(unit.drop(columns=["net", "depth"]), here)


def test_units_go_through_a_sweep_and_come_back_as_one_table(tmp_path):
    units = sweep.grid(width=[4, 8], seeds=[[0, 1], [2]])
    more = {"levels": 1, "steps": 10}
    result = sweep.run(scaling.unit, [each | more for each in units], keep="sweep", folder=tmp_path,
                       progress=False)
    assert result.failures.empty
    # the setting `levels` stands in front, the column `level` is the row's own
    found = result.table
    assert sorted(found["replicate"].unique()) == [0, 1, 2]
    assert matching.labels(found) == [4, 8]
    assert len(matching.lowest_matching(found)) == 2 * 3
    json.dumps(found.drop(columns="seeds").to_dict("records"))


@pytest.mark.parametrize("net, width, depth, weights", [
    ("mlp", 300, None, 40 * 300 + 300 * 100 + 100 * 10), ("mlp", 10, 1, 40 * 10 + 10 * 10),
    ("mlp", 1, 2, 40 + 1 + 10), ("mlp", 60, 4, 40 * 60 + 2 * 60 * 60 + 60 * 20 + 20 * 10),
    ("cnn", 32, None, 7904), ("cnn", 8, 1, 40 + 8 * 20 * 10)])
def test_architectures_have_the_weights_that_width_and_depth_say(net, width, depth, weights):
    task = nets.Task((40,), 10)
    assert nets.count(scaling.architecture(net, task, width, depth))["weights"] == weights


def test_the_protocol_of_every_kind_can_be_run():
    found = scaling.unit(width=4, net="cnn", seeds=[0], steps=10, levels=1)
    assert found["weights"].min() < found["weights"].max() == 20 + 48 + 48 + 4 * 5 * 10
    assert found["depth"].eq(3).all() and found["weights_conv1"].notna().all()
