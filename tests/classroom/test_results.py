"""Class results: many people's files make the table of one search, and no bad file gets in unnamed."""

import math
import shutil
import subprocess
import sys

import pytest
import torch
from matplotlib import pyplot

from tests.lottery.test_iterative_pruning import SHORT, search
from ticketlab import figures, lottery
from ticketlab.classroom.files import read
from ticketlab.classroom.results import COLUMNS, pool, write, write_table
from ticketlab.figures import classroom as class_figures
from ticketlab.lottery import comparisons
from ticketlab.runs import files as run_files

SEEDS = [0, 7, 11]
ARMS = ["reinit", "random", "untrained"]
ignored = pytest.mark.filterwarnings("ignore:of .* files in")


def one(seeds, arms=ARMS, **arguments):
    tickets = search(recipe=SHORT, seeds=seeds, **arguments)
    return tickets, lottery.controls(tickets, arms, progress=False) if arms else []


SINGLES = {seed: one([seed]) for seed in SEEDS}
TOGETHER = one(SEEDS)


def rewritten(path, **changes):
    """A file with other entries, and a digest that fits them."""
    content = run_files.read_table(path) | changes
    run_files.write_table(path, {name: value for name, value in content.items() if name != "digest"})


def file_of(home, seed):
    return next(home.glob(f"seed-{seed}-*.json"))


def why_not(home, path):
    """Why a file is left out; the others must still be pooled."""
    with pytest.warns(UserWarning, match="files in"):
        pooled = pool(home)
    assert path.name not in pooled.files.values()
    assert len(pooled.files) >= 2
    return pooled.left_out[path.name]


def test_the_pooled_table_is_that_of_one_search_with_all_the_seeds(home):
    """Order of rows and columns included, whatever the order of the seeds; masks are equal."""
    pooled, expected = pool(home), lottery.table(*TOGETHER)
    table = pooled.table
    assert pooled.left_out == {} and list(pooled.files) == SEEDS
    assert list(table.columns) == [*expected.columns, "seed"] == list(COLUMNS)
    for column in expected:
        if expected[column].dtype == "float64":
            assert table[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-6,
                                                           nan_ok=True), column
        else:
            assert table[column].tolist() == expected[column].tolist(), column
    assert table["density"].tolist() == expected["density"].tolist()
    assert table["seed"].tolist() == [SEEDS[number] for number in table["replicate"]]
    for place, seed in enumerate(SEEDS):
        for alone, trial in zip(SINGLES[seed][0].trials, TOGETHER[0].trials, strict=True):
            assert all(torch.equal(alone.masks[name][0], mask[place])
                       for name, mask in trial.masks.items())


def test_numbers_are_exact(home):
    table = pool(home).table
    for number, (tickets, trials) in enumerate(SINGLES.values()):
        own, there = lottery.table(tickets, trials), table[table["replicate"] == number]
        for column in ("accuracy", "early_accuracy", "train_accuracy"):
            assert own[column].dropna().tolist() == there[column].dropna().tolist()
    untrained = table["arm"] == "untrained"  # no training, no training accuracy
    assert table["train_accuracy"][untrained].isna().all()
    assert table["train_accuracy"][~untrained].notna().all()


def test_pooled_replicates_are_paired_and_drawn_as_those_of_one_search(home):
    pooled, expected = pool(home), lottery.table(*TOGETHER)
    pairs = [("ticket", "reinit"), ("random", "dense")]
    found, wanted = (comparisons.paired(each, pairs, [1, 2]) for each in (pooled.table, expected))
    assert found["difference"].tolist() == pytest.approx(wanted["difference"].tolist(), abs=1e-4)
    assert found["low"].tolist() == pytest.approx(wanted["low"].tolist(), abs=1e-3)
    ax = figures.accuracy_by_density(pooled.table)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["dense", "ticket", *ARMS]
    pyplot.close("all")


def test_several_replicates_in_one_file_and_files_in_folders(tmp_path):
    write(tmp_path / "Zoë Ä", *one([3, 5]))
    write(tmp_path, *SINGLES[7])
    (tmp_path / ".ipynb_checkpoints").mkdir()
    shutil.copy(file_of(tmp_path, 7), tmp_path / ".ipynb_checkpoints")
    pooled = pool(tmp_path)
    assert list(pooled.files) == [3, 5, 7] and pooled.left_out == {}
    assert pooled.files[3].startswith("Zoë Ä/seeds-3-to-5-")


def test_nicknames_are_shown_only_where_they_were_given(tmp_path):
    """Umlauts, whichever way they were typed; files themselves are plain ASCII."""
    path = write(tmp_path, *SINGLES[0], participant=" Jo\u0308rg \N{SNOWMAN} ")
    write(tmp_path, *SINGLES[7], participant="")
    write(tmp_path, *SINGLES[11])
    assert path.read_bytes().isascii()
    pooled = pool(tmp_path)
    assert pooled.participants == {0: "J\u00f6rg \N{SNOWMAN}"}
    assert "participant" not in pooled.table
    for wrong in ("x" * 61, "two\nlines", "\ud800"):
        with pytest.raises(ValueError, match="'participant' is .*60 printable characters at most"):
            write(tmp_path, *SINGLES[0], participant=wrong)


def test_an_arm_that_somebody_lacks_is_pooled_over_the_others(tmp_path):
    for seed in SEEDS:
        tickets, trials = SINGLES[seed]
        write(tmp_path, tickets, [trial for trial in trials if seed != 7 or trial.arm != "random"])
    pooled = pool(tmp_path)
    counts = pooled.counts.set_index(["arm", "level"])["replicates"]
    assert counts["ticket", 1] == counts["reinit", 2] == 3 and counts["random", 1] == 2
    assert "ticket: 3" in repr(pooled) and "random: 2" in repr(pooled)
    with pytest.raises(ValueError, match="same replicates"):
        comparisons.difference(pooled.table, "ticket", "random", 1)
    both = pooled.having("random")
    assert set(both["seed"]) == {0, 11} and set(both["arm"]) == {"ticket", "random"}
    for other in ("random", "dense"):
        assert len(comparisons.difference(both, "ticket", other, 1)) == 2
    assert set(pooled.having("reinit")["seed"]) == {0, 7, 11}
    assert set(pooled.having()["seed"]) == {0, 11}
    with pytest.raises(ValueError, match=r"nobody has the arm 'sings'; the arms are \['ticket'"):
        pooled.having("sings")


def test_of_two_files_with_one_seed_the_fuller_then_the_first_is_kept(home):
    copy = home / f"a copy of {file_of(home, 7).name}"
    shutil.copy(file_of(home, 7), copy)
    short = write(home / "again", SINGLES[7][0])
    changed = run_files.read_table(copy)["rows"]
    changed["accuracy"][0] -= 0.125
    rewritten(copy, rows=changed)
    with pytest.warns(UserWarning, match="of 5 files"):
        pooled = pool(home)
    assert pooled.files[7] == copy.name and len(pooled.table) == len(lottery.table(*TOGETHER))
    first = pooled.left_out[file_of(home, 7).name]
    assert "its seed 7 is in 'a copy" in first and "up to 12 points apart" in first
    again = pooled.left_out[short.relative_to(home).as_posix()]
    assert "its seed 7 is in 'a copy" in again and "give everyone a seed of their own" in again


def test_only_the_seed_that_is_there_twice_is_left_out_of_a_file(home):
    path = write(home, *one([7, 30]))
    with pytest.warns(UserWarning, match="seed 7 .*; its other seeds are used"):
        pooled = pool(home)
    assert list(pooled.files) == [0, 7, 11, 30] and pooled.files[30] == path.name
    assert pooled.files[7] == file_of(home, 7).name and list(pooled.left_out) == [path.name]


@ignored
def test_a_folder_without_a_single_good_file_is_an_empty_table(tmp_path):
    assert len(pool(tmp_path).table) == 0
    (tmp_path / "bad.json").write_text("{")
    pooled = pool(tmp_path)
    assert list(pooled.left_out) == ["bad.json"] and list(pooled.table.columns) == list(COLUMNS)
    assert repr(pooled).startswith("0 replicates") and len(pooled.counts) == len(pooled.having()) == 0
    with pytest.raises(ValueError, match="at least one"):
        figures.accuracy_by_density(pooled.table)
    with pytest.raises(ValueError, match="at least one"):
        class_figures.class_accuracy(pooled)
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere"):
        pool(tmp_path / "nowhere")


def test_what_pool_would_refuse_is_not_written(tmp_path):
    tickets, trials = SINGLES[0]
    with pytest.raises(ValueError, match=r"arm 'reinit' has at level 1 the seeds \[0, 0\]"):
        write(tmp_path, tickets, trials, trials)
    with pytest.raises(ValueError, match="1 seeds, and the replicates of the table are .0, 1, 2."):
        write(tmp_path, tickets, TOGETHER[1])
    table = lottery.table(tickets, trials)
    with pytest.raises(ValueError, match="accuracy has the value 60"):
        write_table(tmp_path, table.assign(accuracy=60.0), seeds=[0], experiment={})
    with pytest.raises(ValueError, match="accuracy has the value nan"):
        write_table(tmp_path, table.assign(accuracy=math.nan), seeds=[0], experiment={})
    with pytest.raises(ValueError, match="no column 'early_step'"):
        write_table(tmp_path, table.drop(columns="early_step"), seeds=[0], experiment={})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="seed-0-.* cannot be written to .*another folder"):
        write(tmp_path / "file", tickets)


def test_a_table_of_ones_own_experiment_is_pooled_too(tmp_path):
    for seed in SEEDS:
        path = write_table(tmp_path, lottery.table(*SINGLES[seed]), seeds=[seed],
                           experiment={"what": "mine", "width": 16 if seed else 17})
    assert "'width' is 17 and not 16" in why_not(tmp_path, file_of(tmp_path, 0))
    assert read(path).experiment["what"] == "mine"


def test_pooling_needs_no_pictures(home):
    code = ("import sys; sys.modules.update(dict.fromkeys(('matplotlib', 'IPython', 'ipywidgets'))); "
            f"from ticketlab import class_results; print(class_results.pool({str(home)!r}))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("3 replicates from 3 files\n  ticket: 3\n")
