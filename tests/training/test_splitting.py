"""A stack that does not fit is split, and nobody can tell from the results."""

import os
import subprocess
import sys

import pytest
import torch
from tqdm.auto import tqdm

from tests.training.test_loop import DATA, NETS, RECIPES, fit
from ticketlab import nets, runs, stack
from ticketlab.landscape import lines as landscape
from ticketlab.pruning import prune
from ticketlab.training import METRICS, in_parts
from ticketlab.training import loop as training
from ticketlab.training.splitting import out_of_memory

SHORT = {name: recipe.with_(steps=8, evaluate_every=4) for name, recipe in RECIPES.items()}
# not with biases of zero: before batch normalisation their gradients are rounding errors alone, and
# Adam makes full steps of those
START = {name: stack.draw(net, range(5), initialise=nets.torch_default)
         for name, net in NETS.items()}


def no_room():
    return torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.fixture
def room(monkeypatch):
    """A device with room for ``limit`` networks, which runs out in the third step of an attempt."""
    tried, step = [], training.Trainer.step

    def limited(limit, error=None):
        def within(trainer, *arguments):
            trainer.steps = getattr(trainer, "steps", 0) + 1
            if trainer.steps == 1:
                tried.append(trainer.stack.replicates)
            if trainer.steps == 3 and trainer.stack.replicates > limit:
                raise error or no_room()
            return step(trainer, *arguments)

        monkeypatch.setattr(training.Trainer, "step", within)
        return tried

    return limited


def assert_same_run(split, whole):
    """Ends, optimiser, snapshots and curves, within float tolerance."""
    def same(a, b):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4, equal_nan=True)

    for a, b in ((split.end, whole.end), *((split.snapshots[s], whole.snapshots[s])
                                          for s in whole.snapshots)):
        assert a.step == b.step
        for name, values in (b.stack.parameters | b.stack.buffers).items():
            same((a.stack.parameters | a.stack.buffers)[name], values)
        for name, state in b.optimizer.items():
            for kind, values in state.items():
                same(a.optimizer[name][kind], values)
    assert list(split.snapshots) == list(whole.snapshots)
    for name in ("step", *METRICS):
        same(split.curves[name], whole.curves[name])


@pytest.mark.parametrize("net", ["mlp", "cnn"])
@pytest.mark.parametrize("recipe", SHORT)
def test_a_split_run_equals_the_run_of_all_at_once(net, recipe, room):
    """Each part with its own starts, masks, orders and optimiser state; Adam's count stays one."""
    masks = prune(START[net], rate=0.5)
    arguments = {"masks": masks, "order_seeds": [4, 1, 8, 8, 0], "snapshots": [0, 5]}
    half = fit(START[net], SHORT[recipe], stop=3, masks=masks, order_seeds=[4, 1, 8, 8, 0]).end
    whole = fit(START[net], SHORT[recipe], **arguments)
    rest = fit(half, SHORT[recipe], masks=masks, order_seeds=[4, 1, 8, 8, 0])
    tried = room(2)
    with pytest.warns(UserWarning, match="^5 networks did not fit on cpu; trained 2 at a time$") as said:
        split = fit(START[net], SHORT[recipe], **arguments)
    assert len(said) == 1 and said[0].filename == sys.modules["tests.training.test_loop"].__file__
    assert_same_run(split, whole)
    # 5 fail, 3 fail, and neither size is tried again
    assert tried == [5, 3, 2, 2, 1] and split.together == 2 and whole.together is None
    with pytest.warns(UserWarning, match="did not fit"):
        assert_same_run(fit(half, SHORT[recipe], masks=masks, order_seeds=[4, 1, 8, 8, 0]), rest)


def test_the_number_trained_together_can_be_chosen_and_is_then_no_surprise(room):
    tried = room(2)
    run = fit(START["mlp"], SHORT["adam"], together=2)
    assert tried == [2, 2, 1] and run.together == 2
    with pytest.raises(ValueError, match="together is 0; it must be a whole number, 1 or above"):
        fit(START["mlp"], SHORT["adam"], together=0)


def test_one_network_that_does_not_fit_is_an_error_with_the_cure(room):
    tried = room(0)
    with pytest.raises(torch.cuda.OutOfMemoryError,
                       match="not even one network fits on cpu: take a smaller batch.*'mixed'.*"
                             "Tried to allocate 2.00 GiB"):
        fit(START["mlp"], SHORT["adam"])
    assert tried == [5, 3, 2, 1]


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
                                   KeyError("x"), KeyboardInterrupt()])
def test_no_other_error_is_taken_for_a_lack_of_memory(error, room):
    tried = room(0, error)
    with pytest.raises(type(error)) as raised:
        fit(START["mlp"], SHORT["adam"])
    # an interruption comes out with a sentence of its own, and every other error as it is
    assert raised.value is error or isinstance(error, KeyboardInterrupt)
    assert tried == [5]


def test_a_loss_that_is_not_finite_names_the_replicate_of_the_whole_stack(room):
    start = START["mlp"].clone()
    start.parameters["output.weight"][4] = float("nan")
    room(2)
    with pytest.raises(FloatingPointError, match="replicate 4 is nan at step 1"):
        fit(start, SHORT["adam"])


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_the_bar_never_goes_back_and_ends_at_its_total(limit, room):
    """Also when it is somebody else's, and half of it is still to come."""
    room(limit)
    with open(os.devnull, "w") as nowhere, tqdm(total=20, file=nowhere) as bar:
        moves, update = [], bar.update
        bar.update = lambda n=1: (moves.append(n), update(n))
        if limit < 5:
            with pytest.warns(UserWarning, match="did not fit"):
                training.train(START["mlp"], DATA, SHORT["adam"], progress=bar)
        else:
            training.train(START["mlp"], DATA, SHORT["adam"], progress=bar)
        assert bar.n == sum(moves) == 8 and min(moves) > 0


def test_what_an_attempt_held_is_free_before_the_next_one():
    """Else its error, kept alive, would hold on to the memory that the smaller part needs."""
    import weakref

    held = []

    def work(part):
        assert all(each() is None for each in held), "the last attempt's tensors are alive"
        size = part.stop - part.start
        tensor = torch.zeros(size)
        held.append(weakref.ref(tensor))
        if size > 1:
            raise no_room()
        return size

    with pytest.warns(UserWarning, match="4 networks did not fit on cpu; measured 1 at a time"):
        assert in_parts(work, 4, "cpu", did="measured") == ([1, 1, 1, 1], 1)


def test_a_kept_run_that_is_split_is_killed_and_resumed_as_one(room, tmp_path, monkeypatch):
    """Its state on disk is that of all networks."""
    whole = fit(START["cnn"], SHORT["adam"])
    room(2)

    def keep():
        with pytest.warns(UserWarning, match="did not fit"):
            return runs.train("split", START["cnn"], DATA, SHORT["adam"], folder=tmp_path,
                              interval=0, progress=False)

    real, calls = training.train, []

    def killed(moment, *arguments, **more):
        calls.append(moment)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(moment, *arguments, **more)

    monkeypatch.setattr("ticketlab.training.train", killed)
    with pytest.raises(KeyboardInterrupt):
        keep()
    (row,) = runs.listing(tmp_path).to_dict("records")
    assert row["networks"] == 5
    resumed = keep()
    assert calls[2].step == 4 and calls[2].stack.replicates == 5 and calls[2].optimizer
    for name, values in whole.stack.parameters.items():
        torch.testing.assert_close(resumed.stack.parameters[name], values, rtol=1e-3, atol=1e-4)


def test_a_line_goes_on_with_fewer_nets_at_once(monkeypatch):
    ends = [stack.draw(NETS["cnn"], seeds) for seeds in ([0, 1], [2, 3])]
    whole = landscape.line(*ends, DATA, points=4, batch=10, progress=False)
    real = landscape.evaluate

    def limited(networks, *arguments, **more):
        if networks.replicates > 2:
            raise no_room()
        return real(networks, *arguments, **more)

    monkeypatch.setattr(landscape, "evaluate", limited)
    with open(os.devnull, "w") as nowhere, tqdm(total=8, file=nowhere) as bar, \
            pytest.warns(UserWarning, match="8 networks did not fit on cpu; measured 2 at a time"):
        split = landscape.line(*ends, DATA, points=4, batch=10, progress=bar)
    assert bar.n == 8
    torch.testing.assert_close(split.error, whole.error)
    torch.testing.assert_close(split.loss, whole.loss)


@pytest.mark.parametrize("error, memory", [
    (no_room(), True), (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
    (RuntimeError("size mismatch"), False), (MemoryError(), False)])
def test_what_counts_as_a_lack_of_memory(error, memory):
    assert out_of_memory(error) is memory


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory like this")
def test_a_process_whose_memory_really_runs_out_trains_in_parts():
    """No stand-in: the allocator fails, the attempt's memory is given back, and all is trained."""
    code = """
import resource, warnings, torch
torch.set_num_threads(1)
from types import SimpleNamespace
from ticketlab import Recipe, nets, draw, train
x, y = torch.randn(4000, 12), torch.arange(4000) % 4
data = SimpleNamespace(x_train=x, y_train=y, x_val=x, y_val=y, x_test=x, y_test=y,
                       shape=(12,), classes=4)
recipe = Recipe("adam", batch=4000, steps=2, evaluate_every=2)
train(draw(nets.mlp(data, (8,)), [0]), data, recipe, progress=False)  # whatever torch loads, now
start = draw(nets.mlp(data, (500, 250)), range(4))  # a step of one holds some 24 MB
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 70_000_000,) * 2)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    run = train(start, data, recipe, progress=False)
print(run.stack.replicates, run.together, [str(each.message) for each in said])
"""
    # so that what is freed goes back to the system at once, and threads reserve nothing for later
    malloc = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env=os.environ | malloc)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 2 ['4 networks did not fit on cpu; trained 2 at a time']") \
        or "did not fit on cpu; trained 1 at a time" in done.stdout, done.stdout
