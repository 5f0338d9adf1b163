"""Double descent: label noise, training until the labels are fitted, peaks, and the figure."""

import itertools

import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.test_loop import assert_same_bits
from ticketlab import nets, stack
from ticketlab.basics import threads
from ticketlab.data import Data, load
from ticketlab.scaling import threshold
from ticketlab.scaling.double_descent import COLUMNS, PUBLISHED, fit, peak, sweep, unit
from ticketlab.training import Recipe, train

pytestmark = pytest.mark.usefixtures("none_left")
RECIPE = Recipe("adam", lr=2e-2, batch=10, steps=60, evaluate_every=20)


def make_data(examples=60, classes=4, seed=0) -> Data:
    """Clusters around a point for each class: a wide net fits them soon, wrong labels later."""
    generator = torch.Generator().manual_seed(seed)
    centres = 2 * torch.randn(classes, 12, generator=generator)
    splits = {}
    for split, size in (("train", examples), ("val", 30), ("test", 40)):
        labels = torch.arange(size) % classes
        splits[f"x_{split}"] = centres[labels] + torch.randn(size, 12, generator=generator)
        splits[f"y_{split}"] = labels
    return Data("clusters", **splits, classes=classes, shape=(12,), provenance="made here.")


DATA = make_data()


def measure():
    return sweep(DATA, [24, 2, 6], RECIPE, noises=(0, 0.2), seeds=(3, 5), layers=1, progress=False)


@pytest.fixture(scope="module")
def found():
    return measure()


# --- training until the labels are fitted ---------------------------------------------------------

def test_a_network_stops_at_the_first_evaluation_at_which_it_fits_every_label(found):
    """Without this the widest networks would take most of the time for nothing."""
    noisy = found.data[0.2]
    initial = stack.draw(nets.mlp(DATA, (24,)), (3, 5))
    fitted = fit(initial, noisy, RECIPE, (3, 5))
    assert max(fitted.steps) <= 60
    for place, seed in enumerate((3, 5)):
        for stop in range(20, fitted.steps[place] + 1, 20):
            run = train(initial[place], noisy, RECIPE, order_seeds=[seed], stop=stop,
                        progress=False)
            outputs = run.stack.module()(noisy.x_train).argmax(1)
            done = bool((outputs == noisy.y_train).all())
            assert done == (stop == fitted.steps[place]) or stop == 60
        for name, values in run.stack.parameters.items():
            torch.testing.assert_close(fitted.stack.parameters[name][place], values[0],
                                       rtol=1e-4, atol=1e-5)


def test_a_network_does_not_depend_on_those_it_is_trained_with():
    """Its stack is trained on for the others, and it must not be."""
    initial = stack.draw(nets.mlp(DATA, (24,)), (0, 1, 2))
    initial.parameters["hidden1.weight"][1] *= 0  # this one cannot learn, and goes to the end
    initial.parameters["output.weight"][1] *= 0
    recipe = RECIPE.with_(steps=120)
    together, alone = fit(initial, DATA, recipe, (0, 1, 2)), fit(initial[[2]], DATA, recipe, [2])
    assert together.steps[1] == 120 > together.steps[2] == alone.steps[0]
    for name, values in alone.stack.parameters.items():
        torch.testing.assert_close(together.stack.parameters[name][2], values[0], rtol=1e-4,
                                   atol=1e-5)


def test_fit_wants_a_seed_for_each_network():
    with pytest.raises(ValueError, match="1 seeds for 2 networks"):
        fit(stack.draw(nets.mlp(DATA, (2,)), (0, 1)), DATA, RECIPE, [0])


# --- the sweep ------------------------------------------------------------------------------------

def test_a_row_for_each_width_noise_and_replicate_with_what_plain_torch_measures(found):
    table = found.table
    assert tuple(table.columns) == COLUMNS
    assert list(zip(table["width"], table["noise"], table["replicate"], strict=True)) == list(
        itertools.product((2, 6, 24), (0, 0.2), (0, 1)))
    for row in table.itertuples():
        net = found.stacks[row.noise, row.width].module(row.replicate)
        assert row.parameters == sum(each.numel() for each in net.parameters())
        assert net.hidden1.out_features == row.width
        data = found.data[row.noise]
        for split in ("train", "val", "test"):
            x, y = getattr(data, f"x_{split}"), getattr(data, f"y_{split}")
            with torch.no_grad():
                loss = torch.nn.functional.cross_entropy(net(x), y).item()
                error = (net(x).argmax(1) != y).double().mean().item()
            assert getattr(row, f"{split}_error") == pytest.approx(error, abs=1e-6)
            assert getattr(row, f"{split}_loss") == pytest.approx(loss, rel=1e-4)


def test_both_shares_begin_at_the_same_weights_and_only_the_labels_differ(found):
    """Paired: their difference is that of the labels."""
    assert torch.equal(found.data[0].x_train, found.data[0.2].x_train)
    assert (found.data[0].y_train != found.data[0.2].y_train).sum() == 12
    alone = sweep(DATA, [6], RECIPE, noises=[0.2], seeds=(3, 5), layers=1, progress=False)
    assert set(alone.data) == {0, 0.2}, "the right labels are there in any case"
    assert_same_bits(alone.stacks[0.2, 6], found.stacks[0.2, 6])


def test_a_unit_gives_the_rows_of_a_sweep_of_mnist1d():
    """Many machines share a sweep by units: their rows must be those of the sweep."""
    settings = {"examples": 40, "batch": 20, "steps": 6, "evaluate_every": 3, "lr": 1e-2}
    rows = unit(width=5, noise=0.2, seeds=(4, 9), **settings, noise_seed=2)
    recipe = Recipe("adam", lr=1e-2, batch=20, steps=6, evaluate_every=3, drops=("75%",))
    whole = sweep(load("mnist1d").first(40), [5], recipe, noises=(0, 0.2), seeds=(4, 9),
                  noise_seed=2, progress=False).table
    expected = whole[whole["noise"] == 0.2].assign(replicate=[4, 9])
    assert rows == expected.to_dict("records")
    assert rows[0]["parameters"] == 40 * 5 + 5 + 25 + 5 + 50 + 10  # two hidden layers


def test_a_kept_sweep_is_loaded_with_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    arguments = {"noises": (0, 0.2), "replicates": 2, "keep": "widths", "progress": False}
    first = sweep(DATA, [3], RECIPE, **arguments)

    def never(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr("ticketlab.training.loop.Trainer", never)
    second = sweep(DATA, [3], RECIPE, **arguments)
    pandas.testing.assert_frame_equal(first.table, second.table)
    assert_same_bits(first.stacks[0.2, 3], second.stacks[0.2, 3])


def test_several_at_a_time_give_the_bits_of_one_thread(two_cores, monkeypatch, found):
    with monkeypatch.context() as patch:
        patch.setattr("ticketlab.training.loop.Trainer", None)  # here nothing is trained
        at_once = measure()
    with threads.using(1):
        alone = measure()
    pandas.testing.assert_frame_equal(at_once.table, alone.table)
    assert list(at_once.stacks) == list(alone.stacks)
    for which, each in alone.stacks.items():
        assert_same_bits(at_once.stacks[which], each)


def test_one_bar_counts_the_steps_of_all_those_that_were_not_needed_too():
    class Bar:
        n = 0

        def update(self, steps=1):
            self.n += steps

        def set_postfix_str(self, *words):
            """Nothing is shown."""

    bar = Bar()
    found = sweep(DATA, [24, 2], RECIPE, noises=(0, 0.2), seeds=(3, 5), layers=1, progress=bar)
    assert found.table["steps"].min() < 60 and bar.n == 4 * 60


@pytest.mark.parametrize("change, message", [
    ({"widths": []}, "widths are \\[\\]"), ({"widths": [3, 3]}, "widths are \\[3, 3\\]"),
    ({"noises": []}, "noises are"), ({"noises": [0.1, 2]}, "share is 2"),
    ({"widths": [0]}, "at least 1 unit"), ({"layers": 0}, "layers is 0")])
def test_a_sweep_says_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=message):
        sweep(**({"data": DATA, "widths": [3], "recipe": RECIPE, "progress": False} | change))


# --- peaks ----------------------------------------------------------------------------------------

def made(errors, noise=0.15, column="test_error", widths=(4, 8, 16, 32, 64, 300)):
    """A table with these errors [widths][replicates] in one column and those of ``val`` alike."""
    rows = [{"width": width, "noise": noise, "replicate": replicate, "val_error": error,
             "test_error": error, "train_error": error} | {column: error}
            for width, own in zip(widths, errors, strict=True)
            for replicate, error in enumerate(own)]
    return pandas.DataFrame(rows).sample(frac=1, random_state=0)


def test_the_peak_is_the_largest_rise_and_not_the_largest_error():
    """The narrowest networks have the largest error of all, and are no peak."""
    table = made([[.60, .62], [.50, .48], [.47, .46], [.52, .51], [.54, .56], [.45, .44]])
    seen = peak(table, 0.15)
    assert (seen.first_minimum, seen.width, seen.widest) == (16, 64, 300)
    torch.testing.assert_close(seen.height, torch.tensor([7.0, 10.0], dtype=torch.float64))
    torch.testing.assert_close(seen.drop, torch.tensor([9.0, 12.0], dtype=torch.float64))
    assert seen.widths.tolist() == [64, 64]


def test_widths_are_chosen_on_validation_and_reported_on_test():
    """Chosen on the test split, noise alone would look like a peak."""
    table = made([[.6], [.5], [.4], [.5], [.45], [.3]])
    table["test_error"] = table["width"].map({4: .1, 8: .2, 16: .35, 32: .36, 64: .9, 300: .3})
    seen = peak(table, 0.15)
    assert (seen.first_minimum, seen.width) == (16, 32)
    assert seen.height.tolist() == pytest.approx([1]) and seen.drop.tolist() == pytest.approx([6])
    assert peak(table, 0.15, by="test_error").width == 64


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_no_rise_is_larger(errors):
    seen = peak(made([[each] for each in errors], widths=range(1, len(errors) + 1)), 0.15)
    rises = [b - a for a, b in itertools.combinations(errors, 2)]
    assert seen.first_minimum < seen.width
    assert seen.height.item() == pytest.approx(100 * max(rises), abs=1e-9)


def test_a_curve_that_only_falls_has_no_peak():
    assert (peak(made([[.6], [.5], [.4], [.3], [.2], [.1]]), 0.15).height < 0).all()


def test_the_published_curves_have_a_peak_with_noise_and_none_without():
    """The numbers that the lesson sets its own against: 47.2 (16), 54.1 (47), 45.5 (300)."""
    for noise, width, low, high in ((0.15, 47, 6.8, 6.9), (0.0, 5, 3.0, 3.2)):
        own = PUBLISHED[noise]
        seen = peak(made([[each / 100] for each in own.values()], noise, widths=list(own)), noise)
        assert seen.width == width and low < seen.height.item() < high
    assert [PUBLISHED[0.15][width] for width in (16, 47, 300)] == pytest.approx(
        [47.2, 54.1, 45.5], abs=0.06)


def test_the_threshold_is_the_narrowest_width_that_fits():
    table = made([[.5, .5], [.2, .2], [.005, .03], [.0, .01], [0, 0], [0, 0]])
    assert threshold(table, 0.15) == 32 and threshold(table, 0.15, below=0.02) == 16
    assert threshold(table, 0.15, below=0) is None


@pytest.mark.parametrize("change, message", [
    (lambda t: (t, 0.2), "no noise 0.2; it has \\[0.15\\]"),
    (lambda t: (t.drop(columns="val_error"), 0.15), "no column 'val_error'"),
    (lambda t: (pandas.concat([t, t]), 0.15), "more than once"),
    (lambda t: (t[(t["width"] > 4) | (t["replicate"] == 0)], 0.15), "other replicates"),
    (lambda t: (t[t["width"] == 4], 0.15), "only the width 4")])
def test_a_table_that_does_not_fit_is_refused(change, message):
    table = made([[.5, .5]] * 6)
    with pytest.raises(ValueError, match=message):
        peak(*change(table))


# --- the figure -----------------------------------------------------------------------------------
