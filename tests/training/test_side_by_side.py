"""Parts of a stack on threads of their own: the same networks, the same bits at each call, errors and
interruptions where they belong, and nobody's setting changed."""

import threading

import pytest
import torch

from tests.training.test_loop import DATA, NETS, RECIPES, assert_same_bits, fit
from ticketlab import nets, stack
from ticketlab.basics import threads
from ticketlab.nets import Task
from ticketlab.pruning import prune
from ticketlab.training import evaluate, evaluation, side_by_side
from ticketlab.training.side_by_side import Shares, shares, spread
from ticketlab.training.side_by_side import side_by_side as abreast

WHOLE = [slice(0, 5)]
EXAMPLE = DATA.x_train[0]


def used(monkeypatch):
    """The threads that take steps, and torch's number of threads there."""
    from ticketlab.training import loop

    step, seen = loop.Trainer.step, set()

    def watched(*arguments):
        seen.add((threading.get_ident(), torch.get_num_threads()))
        return step(*arguments)

    monkeypatch.setattr(loop.Trainer, "step", watched)
    return seen


def still_there():
    return [each for each in threading.enumerate() if each.name.startswith(side_by_side._NAME)]


def choice(net, replicates, batch, shape=(12,)):
    drawn = stack.draw(net, range(replicates))
    return shares(drawn, slice(0, replicates), torch.zeros(shape), batch)


def test_small_stacks_take_one_thread_and_large_ones_are_shared_out(two_cores):
    """The stacks that were measured: small MLPs and three LeNet-like ones on one thread, 24 in two parts."""
    mnist1d = Task((40,), 10)
    assert choice(nets.mlp(mnist1d, (20, 7)), 5, 100, (40,)) == (WHOLE, 1)
    assert choice(nets.mlp(mnist1d), 3, 100, (40,)) == ([slice(0, 3)], 1)
    assert choice(nets.mlp(mnist1d), 24, 100, (40,)) == ([slice(0, 12), slice(12, 24)], 1)
    assert choice(nets.conv1d(mnist1d), 4, 50, (40,)) == ([slice(0, 4)], 1)
    assert choice(nets.conv1d(mnist1d), 24, 100, (40,)) == ([slice(0, 12), slice(12, 24)], 1)


def test_networks_of_many_small_layers_stay_together_for_longer(two_cores):
    """Python goes through the layers of one part at a time, and each turn costs: eight CNNs in two parts
    took as long as on one thread, and a quarter more than on torch's two."""
    mnist1d = Task((40,), 10)
    assert len(choice(nets.conv1d(mnist1d), 8, 100, (40,)).parts) == 1
    assert len(choice(nets.conv1d(mnist1d), 16, 100, (40,)).parts) == 1
    assert len(choice(nets.mlp(Task((1, 28, 28), 10)), 4, 60, (1, 28, 28)).parts) == 1
    assert len(choice(nets.mlp(Task((1, 28, 28), 10)), 8, 60, (1, 28, 28)).parts) == 2


def test_a_large_network_that_is_alone_gets_torchs_threads(two_cores):
    images = Task((3, 32, 32), 10)
    assert choice(nets.resnet20(images), 1, 128, (3, 32, 32)) == ([slice(0, 1)], 2)
    assert choice(nets.mlp(images), 1, 60, (3, 32, 32)) == ([slice(0, 1)], 1)


def test_three_large_networks_on_two_threads_stay_together(two_cores):
    """Shared out, two of them would go one after the other, beside a thread that soon has nothing to do."""
    images = Task((3, 32, 32), 10)
    assert choice(nets.resnet20(images), 3, 128, (3, 32, 32)) == ([slice(0, 3)], 2)
    assert choice(nets.resnet20(images), 4, 128, (3, 32, 32)) == ([slice(0, 2), slice(2, 4)], 1)


def test_an_evaluation_that_is_over_soon_takes_one_thread(two_cores):
    """Another thread would take longer to begin; 24 networks of lesson 04 keep two busy, and so does one
    that is large, whose examples are shared out."""
    mnist1d = Task((40,), 10)

    def parts(net, replicates, passes, shape=(40,)):
        drawn = stack.draw(net, range(replicates))
        return [each.stop - each.start for each in spread(drawn, passes, torch.zeros(shape), 1000).parts]

    assert parts(nets.mlp(mnist1d, (40, 13)), 5, 2) == [2]
    assert parts(nets.mlp(mnist1d), 1, 2) == [2]
    assert parts(nets.conv1d(mnist1d), 1, 4) == [4]
    assert parts(nets.mlp(mnist1d), 24, 16) == [8, 8]
    assert parts(nets.mlp(Task((1, 28, 28), 10)), 1, 4, (1, 28, 28)) == [2, 2]


def test_networks_without_rules_are_not_shared_out(two_cores, monkeypatch):
    """Their layers may draw random numbers, of which torch has one source, and forward may write."""
    monkeypatch.setattr(side_by_side, "_PYTHON", {True: 0, False: 0})
    assert len(choice(NETS["mlp"], 4, 10).parts) == 2
    assert len(choice(NETS["no batched rule"], 4, 10).parts) == 1


@pytest.mark.parametrize("say", [
    lambda patch: patch.setattr(threads, "_GIVEN", True), lambda patch: torch.set_num_threads(3),
    lambda patch: torch.set_num_threads(1)], ids=["environment", "three", "one"])
@pytest.mark.parametrize("replicates", [3, 24])
def test_the_users_own_number_of_threads_stays(two_cores, monkeypatch, say, replicates):
    say(monkeypatch)
    wanted, seen = torch.get_num_threads(), []
    found = choice(nets.mlp(Task((40,), 10)), replicates, 100, (40,))
    assert found == ([slice(0, replicates)], None)
    abreast(lambda part, step: seen.append(torch.get_num_threads()), found)
    assert seen == [wanted] and torch.get_num_threads() == wanted


def test_the_choice_depends_on_the_work_alone(two_cores):
    """And not on what the machine does, nor on how often it was asked: so do the bits."""
    found = {tuple(map(str, choice(nets.mlp(Task((40,), 10)), 6, 100, (40,)))) for _ in range(3)}
    assert len(found) == 1


@pytest.mark.parametrize("net", ["mlp", "cnn"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_shared_out_networks_train_as_they_do_together(net, recipe, in_parts):
    """Within float tolerance; and each call has the same bits, masks, snapshots and state included."""
    start = stack.draw(NETS[net], range(5))
    more = {"recipe": RECIPES[recipe], "masks": prune(start, rate=0.5), "snapshots": [13],
            "order_seeds": range(3, 8)}
    first, second = fit(start, **more), fit(start, **more)
    assert len(in_parts) >= 2 and {number for _, number in in_parts} == {1}
    assert_same_bits(first.stack, second.stack)
    with threads.using(1):
        in_parts.clear()
        together = fit(start, **more)
        assert len(in_parts) == 1
    for one, other in ((first.stack, together.stack), (first.snapshots[13].stack, together.snapshots[13].stack)):
        for field in ("parameters", "buffers"):
            for name, values in getattr(one, field).items():
                torch.testing.assert_close(values, getattr(other, field)[name], rtol=1e-3, atol=1e-4)
    assert first.curves.keys() == together.curves.keys() and first.together is None
    assert torch.equal(first.curves["step"], together.curves["step"])
    # and on after a break with the same bits
    half = fit(start, stop=20, **{**more, "snapshots": []})
    on = fit(half.end, **{**more, "snapshots": []})
    assert_same_bits(on.stack, first.stack)


@pytest.mark.parametrize("cached", [300, 10**9])
def test_evaluation_is_shared_out_and_gives_what_one_thread_gives(cached, in_parts, monkeypatch):
    """To the last bit: which thread takes a pass decides nothing. By networks, or by their examples."""
    monkeypatch.setattr(evaluation, "_CACHED", cached)
    monkeypatch.setattr(evaluation, "_LEAST", 10)
    drawn, seen, forward = stack.draw(NETS["mlp"], range(5)), set(), evaluation.forward
    monkeypatch.setattr(evaluation, "forward", lambda *given, **more: (
        seen.add(threading.current_thread().name), forward(*given, **more))[1])
    together = evaluate(drawn, DATA.x_test, DATA.y_test)
    assert len(seen) == (2 if cached == 300 else 1)
    with threads.using(1):
        for one, other in zip(together, evaluate(drawn, DATA.x_test, DATA.y_test), strict=True):
            assert torch.equal(one, other)


def test_an_evaluation_within_a_training_is_that_outside(in_parts, monkeypatch):
    """Shared out as it is there, though the steps around it are not, and with the same bits."""
    monkeypatch.setattr(evaluation, "_CACHED", 300)
    monkeypatch.setattr(evaluation, "_LEAST", 10)
    monkeypatch.setattr(side_by_side, "_PYTHON", {True: 10**9, False: 0})
    seen, forward = set(), evaluation.forward
    monkeypatch.setattr(evaluation, "forward", lambda *given, **more: (
        seen.add((threading.current_thread().name, torch.get_num_threads())), forward(*given, **more))[1])
    run = fit(stack.draw(NETS["mlp"], range(3)))
    assert {number for _, number in seen} == {1} and len(seen) == 2
    assert torch.equal(run.last("test_loss"), evaluate(run.stack, DATA.x_test, DATA.y_test)[0])
    assert torch.get_num_threads() == 2


def test_a_loss_that_is_not_finite_in_another_part_is_named_with_its_number(in_parts):
    start = stack.draw(NETS["mlp"], range(4))
    start.parameters["hidden1.weight"][3] = float("inf")
    with pytest.raises(FloatingPointError, match="the loss of replicate 3 is nan at step 1"):
        fit(start)
    assert torch.get_num_threads() == 2 and not still_there()


def test_only_the_thread_that_called_moves_the_bar_and_writes_on_it(in_parts):
    """Another thread's widgets would not find their cell."""
    from ticketlab.training import train

    class Bar:
        n, here = 0, threading.get_ident()

        def update(self, steps=1):
            assert threading.get_ident() == self.here
            self.n += steps

        def set_postfix_str(self, *_):
            assert threading.get_ident() == self.here

    bar = Bar()
    train(stack.draw(NETS["mlp"], range(4)), DATA, RECIPES["sgd"], progress=bar)
    assert bar.n == 40 and len(in_parts) >= 2


def test_an_interruption_stops_every_part_and_leaves_no_thread_behind(in_parts):
    class Bar:
        def update(self, steps=1):
            raise KeyboardInterrupt

        def set_postfix_str(self, *_):
            pass

    from ticketlab.training import train

    with pytest.raises(KeyboardInterrupt):
        train(stack.draw(NETS["mlp"], range(4)), DATA, RECIPES["sgd"], progress=Bar())
    assert torch.get_num_threads() == 2 and not still_there()


def test_the_bar_moves_when_all_parts_have_taken_a_step():
    """Not when the first has: it would be at its end while others go on."""
    ready, shown = threading.Event(), []

    def work(part, step):
        if part.start == 0:
            for _ in range(3):
                step()
            shown.append(len(moved))
            ready.set()
        else:
            ready.wait()
            for _ in range(3):
                step()
        return part

    moved = []
    parts = [slice(0, 1), slice(1, 2)]
    assert abreast(work, Shares(parts, 1), lambda: moved.append(1)) == parts
    assert shown == [0] and len(moved) == 3
