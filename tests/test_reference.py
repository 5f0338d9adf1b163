"""Results stored beside the lessons: published numbers as published, ours as their script says."""

import importlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pandas
import pytest

import ticketlab as tl
from tests.lottery.test_iterative_pruning import no_training

FOLDER = Path(__file__).resolve().parent.parent / "lessons" / "reference"
PUBLISHED = FOLDER / "renda2020_resnet20.csv"
WAYS = {"rewind to 0": {182}, "rewind to epoch 12": {170}, "lr_rewind": {170, 182},
        "fine_tune": {170, 182}, "one-shot, rewind to 0": {182}, "one-shot, reinit": {182}}

# Renda, Frankle & Carbin 2020, ResNet-20 on CIFAR-10, medians of three; by weights remaining
PERCENT = 80.0, 51.2, 32.77, 20.97, 16.78, 10.74
MEDIANS = {
    ("rewind to 0", 182): (91.86, 90.59, 90.01, 89.21, 88.56, 86.67),
    ("rewind to epoch 12", 170): (91.76, 91.99, 92.03, 91.67, 91.31, 91.00),
    ("lr_rewind", 182): (92.11, 92.29, 92.12, 91.89, 91.79, 91.01),
    ("fine_tune", 182): (91.61, 91.38, 91.00, 90.46, 89.99, 89.33),
    ("one-shot, rewind to 0", 182): (91.14, 90.69, 90.18, 89.18, 88.71, 87.06),
    ("one-shot, reinit", 182): (91.17, 90.48, 89.70, 88.49, 87.91, 86.88),
}


@pytest.fixture(scope="module")
def published():
    return pandas.read_csv(PUBLISHED)


@pytest.mark.parametrize("way", MEDIANS)
def test_the_published_medians_are_those_that_were_published(published, way):
    name, epochs = way
    own = published[(published["way"] == name) & (published["retrain_epochs"] == epochs)]
    own = own.set_index("percent_remaining")["median"]
    assert tuple(own[percent] for percent in PERCENT) == MEDIANS[way]


def test_the_published_table_has_the_columns_ways_and_densities_it_promises(published):
    assert list(published.columns) == ["way", "retrain_epochs", "percent_remaining", "median",
                                       "min", "max", "trials"]
    assert {way: set(own["retrain_epochs"]) for way, own in published.groupby("way")} == WAYS
    for _, own in published.groupby(["way", "retrain_epochs"]):
        # rounds of 20 %, the same ten for every way
        assert own["percent_remaining"].tolist() == pytest.approx(
            [100 * 0.8 ** level for level in range(1, 11)], abs=0.01)
    assert (published["min"] <= published["median"]).all()
    assert (published["median"] <= published["max"]).all()
    assert (published["trials"] == 3).all() and not published.isna().any().any()


def test_every_file_is_small_and_described():
    """A clone carries them, and a table that nobody can trace is worth nothing."""
    words = (FOLDER / "README.md").read_text()
    tables = sorted(path for path in FOLDER.iterdir() if path.suffix in (".csv", ".json", ".py"))
    assert PUBLISHED in tables
    for path in tables:
        assert f"`{path.name}`" in words, f"{path.name} is not in the folder's README"
        assert path.stat().st_size < 250_000, path.name
    assert PUBLISHED.stat().st_size < 5_000
    for name in ("Renda, Frankle & Carbin", "2020", "ResNet-20", "CIFAR-10", "epoch 12"):
        assert name in words


# --- ours -----------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def lenet():
    table, about = FOLDER / "lenet_mnist.csv", FOLDER / "lenet_mnist.json"
    missing = [path.name for path in (table, about) if not path.exists()]
    if missing:
        pytest.skip(f"lessons/reference has no {' and no '.join(missing)}; lenet_mnist.py in the "
                    "same folder computes both")
    return pandas.read_csv(table), json.loads(about.read_text())


def test_the_lenet_table_has_the_columns_and_arms_it_promises(lenet):
    table, about = lenet
    assert list(table.columns) == ["arm", "budget", "level", "density", "sparsity", "replicate",
                                   "accuracy", "early_accuracy", "early_step", "train_accuracy"]
    trained = table[table["arm"] != "untrained"]  # which has no training accuracy
    assert not trained.isna().any().any()
    assert not table.drop(columns="train_accuracy").isna().any().any()
    assert set(table["arm"]) >= {"ticket", "reinit"}
    assert sorted(set(table["replicate"])) == list(range(about["replicates"]))
    for _, own in table.groupby(["arm", "level"]):
        assert own["replicate"].tolist() == list(range(about["replicates"]))
    ticket, reinit = (set(table[table["arm"] == arm]["level"]) for arm in ("ticket", "reinit"))
    assert ticket == set(range(max(ticket) + 1)) and reinit == ticket - {0}
    for column in ("density", "accuracy", "early_accuracy", "train_accuracy"):
        assert trained[column].between(0, 1).all(), column


def test_the_lenet_table_stands_on_the_papers_ladder(lenet):
    """20 % of the hidden and 10 % of the output layer's weights a round."""
    ladder = [100, 80.04, 64.06, 51.28, 41.05, 32.87, 26.32, 21.07, 16.88, 13.52, 10.83, 8.68, 6.95,
              5.57, 4.47, 3.58, 2.87, 2.31, 1.85, 1.49, 1.19]
    for _, row in lenet[0].iterrows():
        if row["level"] < len(ladder):
            assert 100 * row["density"] == pytest.approx(ladder[int(row["level"])], abs=0.006)
        assert row["density"] + row["sparsity"] == pytest.approx(1, abs=2e-6)


def test_the_lenet_table_says_how_it_was_made(lenet):
    table, about = lenet
    for name in ("what", "command", "recipe", "replicates", "net_steps", "data", "hardware",
                 "minutes", "date", "versions"):
        assert about[name], name
    assert about["command"].startswith("python lessons/reference/lenet_mnist.py")
    assert set(table["budget"]) == {int(about["recipe"]["steps"])}
    trained = (table["arm"] != "untrained").sum()
    assert about["net_steps"] == trained * int(about["recipe"]["steps"])


# --- kernels of SqueezeNet ------------------------------------------------------------------------

@pytest.fixture(scope="module")
def squeezenet():
    return (pandas.read_csv(FOLDER / "squeezenet_kernels.csv"),
            json.loads((FOLDER / "squeezenet_kernels.json").read_text()))


def test_the_table_of_kernel_fits_has_the_rows_and_columns_it_promises(squeezenet):
    table, about = squeezenet
    assert table["kernel"].tolist() == list(range(96)) and (table["freedom"] == 41).all()
    words = (FOLDER / "README.md").read_text()
    for column in table.columns:
        assert f"`{column}`" in words, column
    for column in ("r2", "share", "grey"):
        assert table[column].between(0, 1).all(), column
    assert table["angle"].between(0, 180).all() and table["frequency"].between(0, 0.5).all()
    colours = table[["red", "green", "blue"]].to_numpy()
    assert (colours**2).sum(1) == pytest.approx(1, abs=1e-3)
    stored = about["summary"]["trained"]
    assert table["r2"].median() == pytest.approx(stored["median r2"], abs=1e-3)
    assert (table["r2"] >= 0.8).mean() == pytest.approx(stored["above 0.8"], abs=1e-3)
    assert (~table["converged"]).sum() == stored["not converged"]


def test_source_and_licence_of_the_kernels_stand_beside_their_fits(squeezenet):
    words = (FOLDER / "README.md").read_text()
    for text in (words, squeezenet[1]["source"]):
        for name in ("SqueezeNet 1.0", "songhan/SqueezeNet-Deep-Compression", "BSD 2-clause"):
            assert name in text
    assert squeezenet[1]["command"].startswith("python lessons/reference/squeezenet_kernels.py")
    assert not list(FOLDER.glob("*.npz")), "the kernels are not ours to ship"


# --- ResNet-20 on CIFAR-10 ------------------------------------------------------------------------

ACCURACIES = ["way", "k", "level", "replicate", "budget", "density", "sparsity", "accuracy",
              "early_accuracy", "early_step", "train_accuracy"]
BARRIERS = ["children", "k", "level", "replicate", "density", "barrier", "end_error", "points"]


@pytest.fixture(scope="module")
def script():
    """The script as a module, with the folder it stands in on the path, as when it is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield importlib.import_module("resnet20_cifar10")


@pytest.fixture(scope="module")
def small(script):
    """Images of 8 x 8 pixels, and a setting of the script for them."""
    data = tl.data.load("digits", progress=False)
    setting = replace(script.SCALES["paper"], ks=(0, 2, 4), levels=2, rate=0.4, replicates=2,
                      recipe=script.SCALES["paper"].recipe.with_(steps=8, batch=32),
                      examples=100, val=20, test=50, points=3, norm_examples=64)
    return script.cut(data, setting), setting


def check_tables(accuracies, barriers, setting: dict, steps: int):
    """What README.md promises of the two tables."""
    assert list(accuracies.columns) == ACCURACIES and list(barriers.columns) == BARRIERS
    assert not accuracies.isna().any().any() and not barriers.isna().any().any()
    replicates = list(range(setting["replicates"]))
    arms = {("dense", 0): [0]}
    retrained = list(range(1, setting["levels"] + 1))
    arms |= {("rewind", k): retrained for k in setting["ks"]} | {("lr_rewind", 0): retrained}
    assert set(accuracies.groupby(["way", "k"]).groups) == set(arms)
    for (way, k), own in accuracies.groupby(["way", "k"]):
        assert sorted(set(own["level"])) == arms[way, k]
        assert (own["budget"] == steps - k).all()
        for _, level in own.groupby("level"):
            assert level["replicate"].tolist() == replicates
    for column in ("density", "accuracy", "early_accuracy", "train_accuracy"):
        assert accuracies[column].between(0, 1).all(), column
    # global rounds of the convolutions; the output layer, a small share, is left alone
    for level, own in accuracies.groupby("level"):
        assert own["density"].to_numpy() == pytest.approx((1 - setting["rate"]) ** level, abs=0.06)
    starts = {(kind, k) for kind in setting["children"] for k in setting["ks"]}
    assert set(barriers.groupby(["children", "k"]).groups) == starts
    for (kind, _), own in barriers.groupby(["children", "k"]):
        assert own["replicate"].tolist() == replicates
        assert set(own["level"]) == {setting["levels"] if kind == "ticket" else 0}
        assert kind == "ticket" or (own["density"] == 1).all()
    assert barriers["barrier"].between(0, 1).all() and barriers["end_error"].between(0, 1).all()


def test_the_resnet_script_measures_every_way_and_start_and_goes_on_after_a_stop(
        script, small, monkeypatch, tmp_path):
    """On small images; asked for again, nothing is trained and the numbers are the same."""
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path))
    data, setting = small
    net = tl.nets.resnet20(data, width=4, depth=8)
    tables = script.experiment(net, data, setting, keep="small", progress=False)
    check_tables(*tables, asdict(setting), steps=8)
    with no_training():
        again = script.experiment(net, data, setting, keep="small", progress=False)
    for one, other in zip(tables, again, strict=True):
        pandas.testing.assert_frame_equal(one, other)


def test_the_children_of_a_ticket_keep_its_mask(script, small):
    """Without it they would be dense, and their barrier that of other networks."""
    data, setting = small
    net = tl.nets.resnet20(data, width=4, depth=8)
    short = replace(setting, ks=(0,), levels=1, replicates=1)
    seen = {}

    def watched(starts, *arguments, masks, **more):
        seen["masks"], seen["pairs"] = masks, children(starts, *arguments, masks=masks, **more)
        return seen["pairs"]

    children = tl.instability.children
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tl.instability, "children", watched)
        script.experiment(net, data, short, progress=False)
    for child in seen["pairs"]["ticket", 0]:
        for name, mask in seen["masks"]["ticket", 0].items():
            assert (child.stack.parameters[name][~mask] == 0).all(), name
    assert all(mask.all() for mask in seen["masks"]["dense", 0].values())


def test_the_scales_of_the_resnet_script_are_those_that_its_readme_names(script):
    paper, lesson = (script.SCALES[name] for name in ("paper", "class"))
    schedule = paper.recipe.schedule(45_000)
    assert schedule.total == 62_500 and schedule.drops == (31_250, 46_875)
    assert [schedule.lr_at(step) for step in (0, 31_250, 46_875)] == pytest.approx(
        [0.1, 0.01, 0.001])
    assert (paper.ks, paper.replicates, paper.recipe.precision) == ((0, 500, 2_000), 3, "float32")
    assert lesson.recipe.schedule(45_000).total == 702
    for setting in script.SCALES.values():
        # all end at 16.8 %
        assert (1 - setting.rate) ** setting.levels == pytest.approx(0.168, abs=0.001)
        recipe = setting.recipe
        assert (recipe.lr, recipe.momentum, recipe.weight_decay, recipe.batch, recipe.drops,
                recipe.augment) == (0.1, 0.9, 1e-4, 128, ("50%", "75%"), "crop-flip")


def test_arguments_change_a_scale_and_misspelt_ones_are_refused(script, capsys):
    asked = script._arguments(["--scale", "paper", "--ks", "0,1000", "--steps", "160ep",
                               "--children", "ticket", "--precision", "mixed", "--net", "vgg16"])
    setting = script._changed(script.SCALES["paper"], asked)
    assert (setting.ks, setting.children) == ((0, 1000), ("ticket",))
    assert (setting.recipe.precision, setting.recipe.schedule(45_000).total) == ("mixed", 56_160)
    assert replace(setting, ks=(0, 500, 2_000), children=("dense", "ticket"),
                   recipe=script.SCALES["paper"].recipe) == script.SCALES["paper"]
    with pytest.raises(SystemExit):
        script._arguments(["--children", "dense,tickets"])
    assert "names ['tickets']; there are 'dense' and 'ticket'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def resnet():
    files = [FOLDER / f"resnet20_cifar10{end}" for end in (".csv", "_barriers.csv", ".json")]
    missing = [path.name for path in files if not path.exists()]
    if missing:
        pytest.skip(f"lessons/reference has no {' and no '.join(missing)}; resnet20_cifar10.py in "
                    "the same folder computes all three")
    return pandas.read_csv(files[0]), pandas.read_csv(files[1]), json.loads(files[2].read_text())


def test_the_resnet_tables_hold_what_the_readme_promises(resnet):
    accuracies, barriers, about = resnet
    check_tables(accuracies, barriers, about["setting"], about["steps"])
    assert (barriers["points"] == about["setting"]["points"]).all()


def test_the_resnet_tables_say_how_they_were_made(resnet):
    about = resnet[2]
    for name in ("what", "command", "scale", "setting", "recipe", "steps", "data", "hardware",
                 "minutes", "date", "versions"):
        assert about[name], name
    assert about["command"].startswith("python lessons/reference/resnet20_cifar10.py")
    assert about["recipe"]["augment"] == "crop-flip"
