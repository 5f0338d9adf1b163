"""What is believed of what lies in the place of a kept run."""

import random
import shutil
import warnings

import pytest
import torch
from torch import nn

from tests.nets.test_description import kept
from tests.nets.test_description import made as made_net
from tests.runs.test_training import (
    ADAM,
    MASKS,
    assert_same_moment,
    assert_same_run,
    contents,
    finished,
    half_finished,
    keep,
)
from tests.training.test_loop import DATA
from ticketlab import nets, runs, stack
from ticketlab.runs import files as run_files
from ticketlab.runs import keys as run_keys
from ticketlab.runs import units as run_units

FILES = [(finished, name) for name in ("run.json", "end.safetensors", "masks.safetensors",
                                       "snapshot-10.safetensors")] + [
    (half_finished, name) for name in ("state.safetensors", "masks.safetensors", "snapshot-10.safetensors")]


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
        for file in (run_keys, run_units):
            former.setattr(file, "KEY", 1)
        former.setattr(run_keys.nets, "describe", lambda net: nets.Description("", ()))
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


@pytest.mark.parametrize("pressure", [{"l1": 1e-3}, {"powerprop": 3}, {"trained": "output"}, {"trained": "masks"}])
def test_a_run_under_pressure_is_found_again_and_goes_on_after_a_break(tmp_path, pressure):
    recipe = ADAM.with_(weight_decay=0, **pressure)
    whole = keep(tmp_path / "whole", recipe=recipe, masks=MASKS, snapshots=[20])
    half = keep(tmp_path / "parts", recipe=recipe, masks=MASKS, stop=20)
    parts = keep(tmp_path / "parts", start=half.end, recipe=recipe, masks=MASKS, name="rest")
    assert_same_moment(parts.end, whole.end)
    assert_same_run(keep(tmp_path / "whole", recipe=recipe, masks=MASKS, snapshots=[20]), whole)
