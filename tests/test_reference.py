"""Results stored beside the lessons: published numbers as published, ours as their script says."""

import json
from pathlib import Path

import pandas
import pytest

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
        assert path.stat().st_size < 200_000, path.name
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
