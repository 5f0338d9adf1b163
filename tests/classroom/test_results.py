"""Class results: many people's files make the table of one search, and no bad file gets in unnamed."""

import json
import math
import os
import re
import shutil
import subprocess
import sys

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib import pyplot

import ticketlab
from tests.lottery.test_iterative_pruning import SHORT, search
from tests.training.test_loop import NETS, make_data
from ticketlab import figures, lottery, nets, stack
from ticketlab.classroom import files as class_files
from ticketlab.classroom.files import Unfit, read
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


@pytest.fixture
def home(tmp_path):
    """The folder of a class of three, each with a seed."""
    for tickets, trials in SINGLES.values():
        write(tmp_path, tickets, trials)
    return tmp_path


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


def test_files_are_small_and_their_names_say_the_seeds_and_do_not_collide(tmp_path):
    paths = [write(tmp_path, *each) for each in SINGLES.values()]
    assert [path.name.rsplit("-", 1)[0] for path in paths] == [f"seed-{seed}" for seed in SEEDS]
    assert write(tmp_path, *TOGETHER).name.startswith("seeds-0-to-11-")
    assert all(path.stat().st_size < 10_000 for path in paths)
    assert write(tmp_path, *SINGLES[7]) == paths[1]  # the same again is the same file
    assert write(tmp_path, SINGLES[7][0]) != paths[1]  # other content under the same seed is not
    assert sorted(tmp_path.iterdir()) == sorted(set(tmp_path.glob("*.json")))  # nothing half-written


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


OTHERS = {"recipe lr": {"recipe": SHORT.with_(lr=0.05)}, "levels": {"levels": 1},
          "rate": {"rate": 0.3}, "scope": {"scope": "global", "rate": 0.5},
          "rewind step": {"rewind": 3}, "net": {"net": nets.mlp(nets.Task((12,), 4), (16, 9))},
          "data": {"data": make_data(seed=1)}, "score": {"score": lambda each: each.parameters and {
              name: values.abs() for name, values in each.parameters.items()}},
          "recipe steps": {"recipe": SHORT.with_(steps="1ep")},
          "initialisation": {"net": stack.draw(NETS["mlp"], [99], nets.torch_default)}}


@pytest.mark.parametrize("field", OTHERS)
def test_another_experiment_is_left_out_and_its_difference_named(home, field):
    arguments = {"recipe": SHORT} | OTHERS[field]
    path = write(home, search(**{"seeds": [99]} | arguments))
    values = (class_files.read(each).experiment[field] for each in (path, file_of(home, 0)))
    reason = why_not(home, path)
    assert f"'{field}" in reason and "run it again as the others did" in reason
    if field not in ("net", "score", "scope", "recipe steps"):  # those come with another field
        for value in values:
            assert repr(value)[:60] in reason


def test_one_recipe_written_in_two_ways_is_one_experiment(home):
    """Steps as passes over the data, one rate for all layers or the same one by layer."""
    per_epoch = len(make_data().x_train) // SHORT.batch
    a = search(recipe=SHORT.with_(steps="2ep", drops=("50%",)), seeds=[50], rate=0.5)
    b = search(recipe=SHORT.with_(steps=2 * per_epoch, drops=(per_epoch,)), seeds=[51],
               rate={"hidden": 0.5, "output": 0.5})
    write(home / "more", a)
    write(home / "more", b)
    assert list(pool(home / "more").files) == [50, 51]


def test_a_net_with_another_forward_is_another_net(tmp_path):
    """``repr`` shows the layers alone; the code is looked at too."""
    def net(scale):
        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last, self.scale = torch.nn.Linear(12, 8), torch.nn.Linear(8, 4), scale

            def forward(self, x):
                return self.last(self.scale * self.first(x).relu())
        return Scaled()

    for seed, scale in ((0, 1.0), (1, 1.0), (2, 2.0)):
        path = write(tmp_path, search(net=net(scale), recipe=SHORT, seeds=[seed], rate=0.5))
    assert "'code of the net' is" in why_not(tmp_path, path)


def test_a_search_that_ended_early_says_so(home):
    tickets = one([99], [])[0]
    short = type(tickets)(**vars(tickets) | {"trials": tickets.trials[:2],
                                             "stopped": "the search ends before level 2 of 2: why"})
    reason = why_not(home, write(home, short))
    assert "'levels' is 1 and not 2; the search ends before level 2 of 2: why" in reason


def test_an_arm_of_another_length_of_training_is_left_out(home):
    tickets = one([99], [])[0]
    longer = lottery.controls(tickets, ["reinit"], recipe=SHORT.with_(steps=9), progress=False)
    reason = why_not(home, write(home, tickets, longer))
    assert "number of steps of arm 'reinit'" in reason and "[9] and not [6]" in reason


def test_experiments_with_as_many_files_are_a_question_and_like_answers_it(home):
    paths = [write(home, search(recipe=SHORT.with_(lr=0.05), seeds=[seed])) for seed in (20, 21, 22)]
    with pytest.raises(ValueError, match=r"several experiments.*'recipe lr' is 0\.\d+ and not 0\.\d+"
                                         r".*with like='seed-"):
        pool(home)
    with pytest.warns(UserWarning, match="of 6 files"):
        pooled = pool(home, like=paths[0].name)
    assert list(pooled.files) == [20, 21, 22] and pooled.experiment["recipe lr"] == 0.05
    with pytest.warns(UserWarning):
        assert list(pool(home, like=file_of(home, 0)).files) == SEEDS
    for wrong in ("nobody.json", home):
        with pytest.raises(ValueError, match="like is .*it is missing, or no plain file"):
            pool(home, like=wrong)


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


BAD = {
    "accuracy above 1": ("accuracy", 1.5, "accuracy has the value 1.5; .* fraction from 0 to 1"),
    "accuracy in percent": ("early_accuracy", -1, "early_accuracy has the value -1"),
    "accuracy that is text": ("accuracy", "0.5", "accuracy has the value '0.5'"),
    "accuracy true": ("accuracy", True, "accuracy has the value True"),
    "no accuracy": ("accuracy", None, "accuracy has the value None"),
    "density 0": ("density", 0.0, "density has the value 0.0; .* above 0 to 1"),
    "another density": ("density", 0.5, "its densities of arm 'ticket'"),
    "negative step": ("early_step", -1, "early_step has the value -1"),
    "huge step": ("early_step", 10**400, "early_step has the value 1000"),
    "broken level": ("level", 0.5, "level has the value 0.5"),
    "level missing": ("level", 9, "its levels of arm 'ticket' are 9"),
    "level twice": ("level", 1, r"arm 'ticket' has at level 1 the seeds \[0, 0\]"),
    "another seed": ("seed", 5, r"seed has the value 5; it must be one of the file's seeds"),
    "list as arm": ("arm", [], r"arm has the value \[\]")}


@pytest.mark.parametrize("case", BAD)
def test_a_value_that_cannot_be_is_named_though_the_digest_fits(home, case):
    column, value, words = BAD[case]
    path = file_of(home, 0)
    rows = run_files.read_table(path)["rows"]
    rows[column][0] = value
    rewritten(path, rows=rows)
    assert re.search(words, why_not(home, path))


@pytest.mark.parametrize("changes, words", [
    ({"class_results": 2}, "in format 2, and this is ticketlab .* with format 1; let everybody"),
    ({"ticketlab": "0.0.9"}, "written by ticketlab '0.0.9'.* install the same version"),
    ({"ticketlab": None}, "written by ticketlab None"), ({"format": 2}, "another .*let everybody"),
    ({"seeds": [0, 0]}, "different whole numbers"), ({"seeds": [-1]}, "different whole numbers"),
    ({"seeds": []}, "different whole numbers"), ({"rows": {}}, "its columns are"),
    ({"experiment": []}, "'experiment' is .* not a dict"), ({"steps": {"ticket": 6}}, "are 6"),
    ({"experiment": {"net": [[[1]]]}}, "a field of an experiment"),
    ({"participant": "\x1b[31m"}, r"'participant' is '\\x1b\[31m'"), ({"stopped": 5}, "'stopped' is 5")])
def test_other_entries_that_cannot_be_are_named(home, changes, words):
    path = file_of(home, 0)
    rewritten(path, **changes)
    assert re.search(words, why_not(home, path))


def test_a_later_patch_of_the_same_version_fits(home, monkeypatch):
    monkeypatch.setattr(ticketlab, "__version__", ".".join([
        *ticketlab.__version__.split(".")[:2], "99"]))
    assert len(pool(home).files) == 3


@pytest.mark.parametrize("content", [
    b"", b"hello", b"{}", b"[1]", b"[" * 100_000, b"\xff\xfe{}", b'{"format": 1}', b"PK\x03\x04", b"null",
    b'{"format": 1e999}', b'{"format": ' + b"1" * 5000 + b"}"])
def test_foreign_files_are_named(home, content):
    path = home / "foreign file.json.txt"
    path.write_bytes(content)
    assert why_not(home, path)


def test_what_is_no_plain_file_is_named_and_not_waited_for(home):
    os.mkfifo(home / "pipe")
    (home / "nowhere").symlink_to(home / "missing")
    with open(home / "big.json", "wb") as file:
        file.truncate(class_files.LARGEST + 1)
    with pytest.warns(UserWarning):
        left_out = pool(home).left_out
    assert "no plain file" in left_out["pipe"] and "no plain file" in left_out["nowhere"]
    assert "10,000,001 bytes" in left_out["big.json"]


def test_a_name_that_no_screen_can_print_is_printed_all_the_same(home):
    try:
        (home / os.fsdecode(b"\xff\nname")).write_text("hello")
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.warns(UserWarning):
        pooled = pool(home)
    repr(pooled).encode()
    assert list(pooled.left_out) == [r"'\udcff\nname'"]


def garbled(content: bytes):
    """A file with bytes replaced, left out, put in or cut off."""
    places = st.integers(0, len(content) - 1)
    return st.one_of(
        st.tuples(places, st.integers(1, 255)).map(
            lambda at: content[:at[0]] + bytes([content[at[0]] ^ at[1]]) + content[at[0] + 1:]),
        places.map(lambda at: content[:at]),
        st.tuples(places, places).map(lambda at: content[:min(at)] + content[max(at) + 1:]),
        st.tuples(places, st.binary(min_size=1)).map(
            lambda at: content[:at[0]] + at[1] + content[at[0]:]),
        st.binary())


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_garbled_bytes_are_unfit_and_nothing_else(home, data):
    original = file_of(home, 0).read_bytes()
    (home / "garbled").write_bytes(data.draw(garbled(original)))
    with pytest.raises(Unfit):
        read(home / "garbled")


@ignored
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_garbled_bytes_never_stop_a_pool_and_are_always_named(home, data):
    path = file_of(home, 0)
    original = path.read_bytes()
    path.write_bytes(data.draw(garbled(original)))
    try:
        pooled = pool(home)
        assert list(pooled.files) == [7, 11] and list(pooled.left_out) == [path.name]
        repr(pooled).encode()
    finally:
        path.write_bytes(original)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=5), inner, max_size=3), max_leaves=6)


@ignored
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_tampered_entries_never_stop_a_pool_and_get_in_only_if_they_fit(home, data):
    """Anything anywhere in the file, with a digest that fits. What gets in is a sound table."""
    path = file_of(home, 0)
    original = path.read_bytes()
    content = run_files.read_table(path)
    place, keys = content, data.draw(st.sampled_from(
        [(name,) for name in content] + [("experiment", name) for name in content["experiment"]]
        + [("steps", "reinit"), ("rows", "new")] + [("rows", name) for name in content["rows"]]
        + [("rows", name, 2) for name in content["rows"]]))
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = data.draw(ANYTHING)
    try:
        run_files.write_table(path, content)
        pooled = pool(home)
        assert path.name in pooled.files.values() or path.name in pooled.left_out
        assert {7, 11} <= set(pooled.files)
        repr(pooled).encode()
        shares = pooled.table[["accuracy", "early_accuracy", "density"]]
        assert ((shares >= 0) & (shares <= 1)).all(axis=None)
        assert len(pooled.table[pooled.table["arm"] == "ticket"]) == 3 * len(pooled.files)
    finally:
        path.write_bytes(original)


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


def test_a_file_is_data_and_a_person_can_read_it(home):
    content = json.loads(file_of(home, 7).read_text())
    assert content["seeds"] == [7] and content["experiment"]["recipe lr"] == SHORT.lr
    assert content["ticketlab"] == ticketlab.__version__ and content["participant"] is None
    with pytest.raises(Unfit, match="it is missing"):
        read(home / "nowhere")


def test_the_figure_of_a_class_has_intervals_of_students_t(home):
    """Bars by hand for one arm and level, n in the legend, a dot a replicate, and none for n = 1."""
    pooled = pool(home)
    ax = class_figures.class_accuracy(pooled)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["dense", *(f"{arm} (n = 3)" for arm in ["ticket", *ARMS])]
    bars = ax.containers[0]  # the ticket
    mean, spread = bars.lines[0].get_ydata(), bars.lines[2][0].get_segments()
    numbers = comparisons.values(pooled.table, "ticket", 1)
    low, high = comparisons.interval(numbers)
    place = int(abs(mean - numbers.mean().item()).argmin())
    assert mean[place] == pytest.approx(numbers.mean().item())
    assert spread[place][:, 1].tolist() == pytest.approx([low, high])
    alone = class_figures.class_accuracy(lottery.table(*SINGLES[0]), column="early_accuracy")
    assert all(a == b for (_, a), (_, b) in alone.containers[0].lines[2][0].get_segments())
    with pytest.raises(ValueError, match="column is 'early_step'"):
        class_figures.class_accuracy(pooled, column="early_step")
    pyplot.close("all")


def test_pooling_needs_no_pictures(home):
    code = ("import sys; sys.modules.update(dict.fromkeys(('matplotlib', 'IPython', 'ipywidgets'))); "
            f"from ticketlab import class_results; print(class_results.pool({str(home)!r}))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("3 replicates from 3 files\n  ticket: 3\n")
