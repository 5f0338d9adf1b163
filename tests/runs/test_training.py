"""Kept runs: loaded equals trained, killed equals uninterrupted, nothing wrong is ever loaded."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import nets, runs, stack
from ticketlab.basics import digest
from ticketlab.pruning import prune
from ticketlab.training import Snapshot, train

START = stack.draw(NETS["mlp"], range(2))
MASKS = prune(START, rate=0.5)
ADAM = RECIPES["adam"]  # 40 steps, evaluated every 10


def keep(folder, start=START, recipe=ADAM, data=DATA, name="lesson-04/unit", **arguments):
    return runs.train(name, start, data, recipe, folder=folder,
                      **({"progress": False, "interval": 0} | arguments))


def contents(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in Path(folder).rglob("*") if path.is_file() and ".locks" not in path.parts}


def tensors_of(moment: Snapshot):
    yield from moment.stack.parameters.items()
    yield from moment.stack.buffers.items()
    for name, state in (moment.optimizer or {}).items():
        yield from ((f"{name} {kind}", tensor) for kind, tensor in sorted(state.items()))


def assert_same_moment(a, b):
    assert a.step == b.step and (a.optimizer is None) == (b.optimizer is None)
    assert a.optimizer is None or a.optimizer.keys() == b.optimizer.keys()
    for (name, one), (other_name, other) in zip(tensors_of(a), tensors_of(b), strict=True):
        assert name == other_name and one.dtype == other.dtype and torch.equal(one, other), name


def assert_same_run(a, b, end=True):
    if end:
        assert_same_moment(a.end, b.end)
    assert list(a.snapshots) == list(b.snapshots) and a.curves.keys() == b.curves.keys()
    for step in a.snapshots:
        assert_same_moment(a.snapshots[step], b.snapshots[step])
    for name, curve in a.curves.items():
        assert curve.dtype == b.curves[name].dtype
        assert torch.equal(curve.nan_to_num(-1), b.curves[name].nan_to_num(-1)), name


class Interrupting:
    """A bar whose owner presses Ctrl-C after so many steps."""

    def __init__(self, after):
        self.left = after

    def update(self, steps=1):
        self.left -= steps
        if self.left < 0:
            raise KeyboardInterrupt

    def set_postfix_str(self, *_):
        pass


# --- loaded, trained, resumed: the same bits ---------------------------------------------------

@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("stop", [None, 27])
def test_kept_in_segments_then_loaded_is_the_training_itself(tmp_path, segments, net, recipe, stop):
    """Stopping at a step that is no evaluation; snapshots at the first, the last, on and off
    evaluations, whole with the optimiser; the curves with their first row of nan."""
    start = stack.draw(NETS[net], range(2), initialise=nets.torch_default)
    arguments = {"masks": prune(start, rate=0.5), "order_seeds": [3, 8], "stop": stop,
                 "snapshots": [0, 7, 20, stop or 40]}
    plain = train(start, DATA, RECIPES[recipe], progress=False, **arguments)
    del segments[:]
    made = keep(tmp_path, start, RECIPES[recipe], **arguments)
    assert segments == [0, 10, 20, 30][:4 if stop is None else 3]
    loaded = keep(tmp_path, start, RECIPES[recipe], **arguments)
    assert len(segments) == (4 if stop is None else 3), "the second call trained"
    assert_same_run(made, loaded)
    assert digest(made.curves) == digest(loaded.curves), "the bits of nan too"
    assert_same_run(plain, loaded, end=stop is not None)
    if stop is None:
        assert loaded.end.optimizer is None
        assert_same_moment(plain.end._replace(optimizer=None), loaded.end)
    assert loaded.stack.initialise is start.initialise


def test_going_on_from_a_loaded_run_is_going_on_from_the_trained_one(tmp_path):
    whole = keep(tmp_path, masks=MASKS)
    for _ in range(2):
        first = keep(tmp_path, masks=MASKS, stop=13)
        assert_same_moment(keep(tmp_path, first.end, masks=MASKS).end, whole.end)


def test_a_run_without_steps_is_evaluated_once_and_kept(tmp_path, segments):
    """A mask applied to the untrained net is an arm too."""
    for _ in range(2):
        run = keep(tmp_path, masks=MASKS, stop=0, snapshots=[0])
    assert segments == [0] and run.curves["step"].tolist() == [0]
    assert torch.equal(run.stack.parameters["output.weight"] != 0, MASKS["output.weight"])


@pytest.mark.parametrize("after", [5, 15, 25, 39])
def test_an_interrupted_run_goes_on_from_its_last_state(tmp_path, segments, after):
    whole = keep(tmp_path / "whole", masks=MASKS, snapshots=[8, 30])
    del segments[:]
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "two", masks=MASKS, snapshots=[8, 30], progress=Interrupting(after))
    done = after // 10 * 10
    assert segments == list(range(0, done + 1, 10))
    del segments[:]
    assert_same_run(keep(tmp_path / "two", masks=MASKS, snapshots=[8, 30]), whole)
    assert segments == list(range(done, 40, 10))
    assert contents(tmp_path / "two") == contents(tmp_path / "whole")


def test_a_long_interval_saves_no_state_and_changes_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "often", progress=Interrupting(25), interval=0)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "never", progress=Interrupting(25), interval=1e9)
    assert [Path(name).name for name in contents(tmp_path / "often")] == ["state.safetensors"]
    assert not contents(tmp_path / "never")
    keep(tmp_path / "often"), keep(tmp_path / "never", interval=1e9)
    assert contents(tmp_path / "often") == contents(tmp_path / "never")


def test_dropout_is_decided_by_the_run_and_torchs_generator_is_left_alone(tmp_path):
    start = stack.draw(nn.Sequential(nn.Linear(12, 8), nn.Dropout(0.5), nn.Linear(8, 4)), [0, 1])
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = keep(tmp_path / "one", start)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    plain = train(start, DATA, ADAM, progress=False)
    assert_same_run(one, plain, end=False)
    assert torch.equal(one.stack.parameters["0.weight"], plain.stack.parameters["0.weight"])
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "two", start, progress=Interrupting(25))
    torch.manual_seed(3)
    assert_same_run(keep(tmp_path / "two", start), one)
    other = keep(tmp_path / "one", start, order_seeds=[1, 0])
    assert not torch.equal(other.stack.parameters["0.weight"], one.stack.parameters["0.weight"])


def test_one_bar_over_all_segments_and_the_same_when_loaded(tmp_path, capsys):
    from tqdm.auto import tqdm

    ends = []
    for _ in range(2):
        with tqdm(total=100, desc="all") as bar:
            keep(tmp_path, progress=bar)
            assert bar.n == 40
            ends.append(bar.postfix)
        keep(tmp_path, progress="dense nets")
    assert ends[0] == ends[1] and ends[0].startswith("loss ")
    said = capsys.readouterr().err
    assert "dense nets" in said and "40/40" in said
    keep(tmp_path, progress=False)
    assert capsys.readouterr().err == ""


# --- damaged, incompatible, impossible ---------------------------------------------------------

def finished(folder):
    return keep(folder, masks=MASKS, snapshots=[10])


def half_finished(folder):
    with pytest.raises(KeyboardInterrupt):
        keep(folder, masks=MASKS, snapshots=[10], progress=Interrupting(25))


@pytest.mark.parametrize("name", ["", "..", "../out", "a/../../out", "/etc/x", "a//b", "a/", "a\\b",
                                  "~", ".hidden", "a b", "a\n", "-r", "a:b", "x" * 200, "é"])
def test_a_name_that_escapes_or_cannot_be_a_folder_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="cannot be the name of a run"):
        keep(tmp_path / "home", name=name)
    assert not contents(tmp_path)


@pytest.mark.parametrize("wrong", [{"stop": 41}, {"stop": -1}, {"snapshots": [41]},
                                   {"snapshots": [-1]}, {"order_seeds": [0]}, {"masks": {}}])
def test_arguments_that_do_not_fit_are_refused_before_any_training(tmp_path, wrong):
    with pytest.raises(ValueError):
        keep(tmp_path, **wrong)
    assert not contents(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named_before_training(
        tmp_path, segments, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TICKETLAB_RUNS", str(tmp_path / "file" / "runs"))
    with pytest.raises(OSError, match="file/runs, cannot be used.*TICKETLAB_RUNS"):
        keep(None)
    assert not segments


# --- other processes ---------------------------------------------------------------------------

# Imports torch once, then makes runs in a forked process of its own for each line that it is sent.
SERVER = '''
import json, os, signal, sys
from types import SimpleNamespace
import torch
from torch import nn
from ticketlab import nets, runs, stack, training
from ticketlab.basics import digest
from ticketlab.nets import Task
from ticketlab.pruning import prune
from ticketlab.training.recipe import Recipe

TASK = Task((12,), 4)
MOMENTUM = Recipe("sgd", lr=0.05, momentum=0.9, weight_decay=1e-3, batch=10, steps=40,
                  evaluate_every=2)
ADAM = Recipe("adam", lr=5e-3, batch=10, steps=40, evaluate_every=2)
DROPOUT = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 4))
UNITS = {"dropout": (DROPOUT, ADAM), "batch-norm": (nets.conv1d(TASK, width=6), MOMENTUM),
         "masked": (nets.mlp(TASK, (16, 8)), ADAM), "large": (nets.mlp(TASK, (300, 300)), MOMENTUM)}
train = training.train

def make_data():
    data = SimpleNamespace(classes=4, shape=(12,))
    generator = torch.Generator().manual_seed(0)
    for part in ("train", "val", "test"):
        setattr(data, f"x_{part}", torch.randn(70, 12, generator=generator))
        setattr(data, f"y_{part}", torch.arange(70) % 4)
    return data

def make(home, log, out, names, interval, largest):
    def write(path, line):
        with open(path, "a") as file:
            file.write(line + "\\n")

    def logged(moment, *positional, **named):
        if not largest:
            write(log, f"{unit} {moment.step}")
        return train(moment, *positional, **named)

    training.train = logged
    if largest:
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    for unit in names:
        net, recipe = UNITS[unit]
        start = stack.draw(net, [0, 1])
        try:
            run = runs.train(f"kill/{unit}", start, make_data(), recipe, folder=home,
                             masks=prune(start, rate=0.3), snapshots=[3, 20], progress=False,
                             interval=interval)
            said = digest(run.stack.parameters | run.stack.buffers | run.curves)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        write(out, json.dumps([unit, said]))
    write(out, json.dumps("end"))

signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try:
            make(**json.loads(line))
        finally:
            os._exit(0)
    print(pid, flush=True)
'''
ROOT = Path(__file__).resolve().parents[2]
KEPT = ("dropout", "batch-norm", "masked")


class Process:
    """A process that makes runs, and what it wrote down: a line each segment, then its results."""

    def __init__(self, server, place, **task):
        self.log, self.out = place.with_suffix(".log"), place.with_suffix(".out")
        self.log.touch(), self.out.touch()
        task = {"log": str(self.log), "out": str(self.out), "interval": 0, "largest": None} | task
        server.stdin.write(json.dumps(task) + "\n")
        server.stdin.flush()
        self.pid = int(server.stdout.readline())

    def alive(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self):
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
        while self.alive():
            time.sleep(0.001)

    def entered(self):
        return self.log.read_text().splitlines()

    def results(self):
        while self.alive():
            time.sleep(0.01)
        *found, end = [json.loads(line) for line in self.out.read_text().splitlines()]
        assert end == "end"
        return found


@pytest.fixture(scope="module")
def server():
    if not hasattr(os, "fork"):
        pytest.skip("this system has neither fork nor kill -9")
    # one thread: a process with several must not be forked
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)})
    yield process
    process.communicate()


@pytest.fixture
def begin(server, tmp_path):
    """Start a process that makes runs in a folder."""
    begun = []

    def start(home, *names, **task):
        place = tmp_path / str(len(begun))
        begun.append(Process(server, place, home=str(home), names=names, **task))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()


def test_killed_at_random_moments_it_ends_with_the_files_of_an_uninterrupted_run(tmp_path, begin):
    """kill -9, really, seven times, in the middle of training and of writing: with dropout, with
    batch norm and momentum, with masks and Adam. Each time at most one interval is lost."""
    whole = begin(tmp_path / "whole", *KEPT, interval=1e9).results()
    draw = random.Random(20)
    processes = []
    for _ in range(7):
        process = begin(tmp_path / "killed", *KEPT)
        segments = draw.randint(3, 8)
        while process.alive() and len(process.entered()) < segments:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.05))
        process.kill()
        processes.append(process)
    killed = [process for process in processes if '"end"' not in process.out.read_text()]
    assert len(killed) >= 4, "most were to be killed in the middle"
    processes.append(begin(tmp_path / "killed", *KEPT))
    assert processes[-1].results() == whole
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    begins = [process.entered()[0] for process in processes[1:] if process.entered()]
    assert any(not line.endswith(" 0") for line in begins), "none went on from within a run"
    entered = [line for process in processes for line in process.entered()]
    assert len(set(entered)) == 60, "20 segments each"
    assert len(entered) <= 60 + len(killed), "more than an interval was lost"


def test_two_processes_that_ask_at_once_train_once_and_get_the_same(tmp_path, begin):
    pair = [begin(tmp_path / "home", "batch-norm") for _ in range(2)]
    one, two = (process.results() for process in pair)
    assert one == two and len(one) == 1 and len(one[0][1]) == 64
    entered = [line for process in pair for line in process.entered()]
    assert len(entered) == 20 == len(set(entered))


def test_a_full_disk_is_a_clear_error_and_leaves_what_was_finished(tmp_path, begin):
    """Full in earnest: the system refuses to write beyond a size."""
    home = tmp_path / "home"
    small, large, again = begin(home, "masked", "large", "masked", largest=60_000).results()
    assert small[0] == "masked" and again == small, "what was finished is still there"
    assert large[0] == "large" and large[1].startswith("OSError: ") and "no room left" in large[1]
    assert all(text in large[1] for text in (str(home / "kill"), "TICKETLAB_RUNS", "runs.remove"))
    left = contents(home)
    assert {Path(name).name for name in left if "masked" in name} == {
        "run.json", "end.safetensors", "masks.safetensors", "snapshot-3.safetensors",
        "snapshot-20.safetensors"}
    assert not any(name.endswith(".tmp") for name in left)
    assert all(len(content) <= 60_000 for content in left.values())
    with_room = begin(home, "large")
    assert len(with_room.results()[0][1]) == 64 and "large 38" in with_room.entered()


def test_what_a_killed_process_was_writing_is_cleaned_up(tmp_path):
    keep(tmp_path)
    (unit,) = (tmp_path / "lesson-04").iterdir()
    (unit / ".end.safetensors.123-abc.tmp").write_bytes(b"half")
    (unit / "state.safetensors").write_bytes(b"killed before it was removed")
    keep(tmp_path)
    assert sorted(os.listdir(unit)) == ["end.safetensors", "run.json"]


def test_what_the_nets_give_is_looked_at_once_a_training_and_not_once_a_segment(tmp_path, segments, monkeypatch):
    from ticketlab.training import loop

    looked = []
    monkeypatch.setattr(loop, "check_outputs", lambda *_: looked.append(1))
    keep(tmp_path)
    assert len(segments) > 1 and len(looked) == 1
