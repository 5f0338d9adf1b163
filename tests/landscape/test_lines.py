"""Lines and barriers, against plain torch code that does one net at a time."""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests.training.test_loop import TASK, assert_same_bits, fit, make_data
from ticketlab import nets, stack
from ticketlab.landscape import Line, cosine, distance, interpolate, line, recompute_norms
from ticketlab.landscape import lines as landscape
from ticketlab.nets import Task
from ticketlab.pruning import apply_masks, dense, prune
from ticketlab.training import Recipe, evaluate

DATA = make_data(examples=200)
BATCH = 20  # divides 200, so that the reference's batches are of equal size
RECIPE = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-3, batch=20, steps=80)
NETS = {"mlp": nets.mlp(TASK, (16, 8)), "cnn": nets.conv1d(TASK, width=6),
        "no batched rule": nn.Sequential(nn.Linear(12, 8), nn.BatchNorm1d(8), nn.Softplus(),
                                         nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5),
                                         nn.Linear(8, 4))}


def trained_pair(net, replicates=2):
    """Two children of one initialisation, with different orders of the data."""
    start = stack.draw(NETS[net], range(replicates), initialise=nets.torch_default)
    return [fit(start, RECIPE, DATA, order_seeds=range(first, first + replicates)).stack
            for first in (10, 20)]


PAIRS = {name: trained_pair(name) for name in NETS}


def measure(a, b, data=DATA, **arguments) -> Line:
    return line(a, b, data, **({"points": 7, "batch": BATCH, "progress": False} | arguments))


def norms_as_torch_does(module, data=DATA):
    """Cumulative averages, as torch collects them: momentum=None, after a reset. Batch variances
    depend on which examples share a batch, so the documented order is followed."""
    module = copy.deepcopy(module).train()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.reset_running_stats()
            layer.momentum = None
        if isinstance(layer, nn.Dropout):
            layer.eval()
    shuffled = torch.from_numpy(np.random.default_rng(0).permutation(len(data.x_train)))
    with torch.no_grad():
        for index in shuffled.split(BATCH):
            module(data.x_train[index])
    return module.eval()


def on_the_line(one, two, alpha):
    """A module between two modules, by plain arithmetic."""
    between = copy.deepcopy(one)
    with torch.no_grad():
        for p, q in zip(between.parameters(), two.parameters(), strict=True):
            p.copy_((1 - alpha) * p + alpha * q)
    return between


@torch.no_grad()
def error_and_loss(module, data=DATA):
    outputs = module(data.x_test)
    wrong = (outputs.argmax(1) != data.y_test).float().mean().item()
    return wrong, F.cross_entropy(outputs, data.y_test).item()


# --- the line ------------------------------------------------------------------------------------

@pytest.mark.parametrize("net", NETS)
def test_a_line_is_what_plain_modules_give_one_at_a_time(net):
    a, b = PAIRS[net]
    ours = measure(a, b)
    for r in range(2):
        errors = []
        for point, alpha in enumerate(torch.linspace(0, 1, 7).tolist()):
            module = norms_as_torch_does(on_the_line(a.module(r), b.module(r), alpha))
            error, loss = error_and_loss(module)
            assert ours.error[point, r].item() == pytest.approx(error, abs=1e-6)
            assert ours.loss[point, r].item() == pytest.approx(loss, rel=1e-4)
            errors.append(error)
        barrier = max(errors) - (errors[0] + errors[-1]) / 2
        assert ours.barrier()[r].item() == pytest.approx(barrier, abs=1e-6)


@pytest.mark.parametrize("net", NETS)
def test_the_ends_are_the_ends_themselves_with_their_statistics_recomputed(net):
    a, b = PAIRS[net]
    ours = measure(a, b, together=2)
    for row, end in ((0, a), (-1, b)):
        loss, accuracy = evaluate(recompute_norms(end, DATA, batch=BATCH), DATA.x_test, DATA.y_test)
        torch.testing.assert_close(ours.loss[row], loss)
        assert torch.equal(ours.error[row], 1 - accuracy)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("together", [1, 3, 100])
def test_how_many_nets_go_together_changes_nothing(net, together):
    """3 does not divide 14, and puts nets of different points and replicates into one chunk."""
    a, b = PAIRS[net]
    one, two = measure(a, b), measure(a, b, together=together)
    torch.testing.assert_close(one.loss, two.loss, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(one.error, two.error, rtol=0, atol=1.5 / len(DATA.x_test))


@pytest.mark.parametrize("net", NETS)
def test_the_line_from_a_net_to_itself_is_flat(net):
    a, _ = PAIRS[net]
    ours = measure(a, a, together=2)
    assert torch.equal(ours.error, ours.error[:1].expand(7, -1))
    assert torch.equal(ours.loss, ours.loss[:1].expand(7, -1))
    assert ours.barrier().tolist() == [0, 0]


def permuted(module, seed):
    """The same function with its first hidden units in another order."""
    order = torch.randperm(16, generator=torch.Generator().manual_seed(seed))
    other = copy.deepcopy(module)
    with torch.no_grad():
        for p in (other.hidden1.weight, other.hidden1.bias):
            p.copy_(p[order])
        other.hidden2.weight.copy_(other.hidden2.weight[:, order])
    return other


def test_permuted_hidden_units_are_the_same_net_behind_a_barrier():
    """What makes a barrier is where the weights stand, not what the net computes."""
    a = PAIRS["mlp"][0]
    b = stack.from_modules([permuted(a.module(r), 0) for r in range(2)])
    ours = measure(a, b)
    torch.testing.assert_close(ours.loss[0], ours.loss[-1])
    assert torch.equal(ours.error[0], ours.error[-1])
    assert (ours.barrier() > 0).all() and (ours.loss.amax(0) > ours.loss[0] + 0.05).all()
    torch.testing.assert_close(ours.barrier(), ours.error.amax(0) - ours.error[0])


def test_a_barrier_of_known_height():
    """Two units read the sign of x, one for each class. With the units exchanged the function is
    the same; half-way every hidden weight is 0, every example gets the first class, and half of
    them are wrong."""
    def module(sign):
        net = nets.mlp(Task((1,), 2), (2,))
        with torch.no_grad():
            net.hidden1.weight.copy_(sign * torch.tensor([[1.0], [-1.0]]))
            net.output.weight.copy_(torch.eye(2) if sign > 0 else torch.eye(2).flip(0))
            net.hidden1.bias.zero_()
            net.output.bias.zero_()
        return net

    x = torch.linspace(-1, 1, 40)[:, None]
    data = SimpleNamespace(x_train=x, x_test=x, y_test=(x[:, 0] < 0).long())
    ours = measure(*(stack.from_modules([module(sign)]) for sign in (1, -1)), data, points=5)
    assert ours.error.flatten().tolist() == [0, 0, 0.5, 0, 0]
    assert ours.barrier().tolist() == [0.5]


def test_a_barrier_is_the_highest_error_less_the_mean_of_the_ends():
    error = torch.tensor([[0.10, 0.3, 0.2], [0.40, 0.2, 0.2], [0.20, 0.1, 0.2]])
    ours = Line(torch.tensor([0.0, 0.5, 1.0]), error, error)
    assert ours.barrier().tolist() == pytest.approx([0.25, 0.1, 0.0])


def test_statistics_left_as_they_were_would_be_noticed(monkeypatch):
    """Averaged running statistics are not those of the averaged net. Plainest between nets of
    two initialisations, whose units have nothing to do with one another."""
    a = PAIRS["cnn"][0]
    start = stack.draw(NETS["cnn"], [7, 8], initialise=nets.torch_default)
    b = fit(start, RECIPE, DATA).stack
    ours = measure(a, b)
    monkeypatch.setattr(landscape, "recompute_norms", lambda nets, *_, **__: nets)
    stale = measure(a, b)
    middle = slice(2, 5)
    assert ((stale.loss - ours.loss)[middle].abs().amax(0) > 0.1).all()
    assert ((stale.error - ours.error)[middle].abs().amax(0) > 0.05).all()


def test_the_frame_has_a_row_for_each_point_and_replicate():
    ours = measure(*PAIRS["mlp"], points=3)
    frame = ours.frame()
    assert list(frame) == ["alpha", "replicate", "error", "loss"]
    assert frame["alpha"].tolist() == [0, 0, 0.5, 0.5, 1, 1]
    picked = frame[(frame["alpha"] == 0.5) & (frame["replicate"] == 1)].iloc[0]
    assert (picked["error"], picked["loss"]) == (ours.error[1, 1].item(), ours.loss[1, 1].item())


def test_the_split_is_the_one_asked_for():
    a, b = PAIRS["cnn"]
    swapped = copy.copy(DATA)
    swapped.x_test, swapped.y_test = DATA.x_val, DATA.y_val
    assert torch.equal(measure(a, b, split="val").loss, measure(a, b, swapped).loss)
    assert not torch.equal(measure(a, b, split="val").loss, measure(a, b).loss)


def test_a_line_leaves_its_ends_and_torchs_generator_unchanged():
    a, b = PAIRS["no batched rule"]  # with dropout
    before, state = (a.clone(), b.clone()), torch.random.get_rng_state()
    momentum = [m.momentum for m in a.net.modules() if isinstance(m, nn.BatchNorm1d)]
    one, two = measure(a, b), measure(a, b)
    assert torch.equal(one.loss, two.loss)
    assert torch.equal(state, torch.random.get_rng_state())
    assert_same_bits(a, before[0])
    assert_same_bits(b, before[1])
    assert momentum == [m.momentum for m in a.net.modules() if isinstance(m, nn.BatchNorm1d)]


# --- masks ---------------------------------------------------------------------------------------

def test_between_two_masks_the_union_is_alive():
    a, b = PAIRS["cnn"]
    masks_a, masks_b = prune(a, density=0.5), prune(b, density=0.5)
    middle = interpolate(apply_masks(a, masks_a), apply_masks(b, masks_b), 0.5)
    for name in masks_a:
        assert torch.equal(middle.parameters[name] != 0, masks_a[name] | masks_b[name])


def test_a_mask_holds_along_the_whole_line():
    """The same as masking the ends, since a masked line is the line between masked ends."""
    a, b = PAIRS["cnn"]
    masks = prune(a, density=0.3)
    masked = measure(a, b, masks=masks, together=3)
    between = measure(apply_masks(a, masks), apply_masks(b, masks))
    torch.testing.assert_close(masked.loss, between.loss, rtol=1e-4, atol=1e-5)
    assert (masked.loss - measure(a, b).loss).abs().min() > 1e-3


# --- interpolation -------------------------------------------------------------------------------

finite = st.floats(-1e6, 1e6, width=32)


@given(st.lists(st.tuples(finite, finite), min_size=8, max_size=8), st.floats(0, 1))
def test_interpolation_is_exact_at_its_ends_and_stays_between_them(values, alpha):
    table = torch.tensor(values)
    a, b = (replace(PAIRS["mlp"][0], parameters={"w": table[:, end].view(2, 4)}) for end in (0, 1))
    for end, at in ((a, 0), (b, 1)):
        assert torch.equal(interpolate(a, b, at).parameters["w"], end.parameters["w"])
        assert torch.equal(interpolate(end, end, alpha).parameters["w"], end.parameters["w"])
    middle = interpolate(a, b, alpha).parameters["w"].double()
    exact = (1 - alpha) * table[:, 0].double() + alpha * table[:, 1].double()
    scale = table.abs().amax(1).double().view(2, 4)
    # 1e-40: the smallest float32 numbers have few digits
    assert ((middle - exact.view(2, 4)).abs() <= 1e-6 * scale + 1e-40).all()


def test_a_vector_of_points_gives_all_replicates_of_each_point_in_turn():
    a, b = PAIRS["cnn"]
    points = interpolate(a, b, [0, 0.25, 1])
    assert points.replicates == 6
    assert_same_bits(points[:2], a)
    assert_same_bits(points[4:], b)
    assert_same_bits(points[2:4], interpolate(a, b, 0.25))
    beyond = interpolate(a, b, torch.tensor(2.0)).parameters["output.weight"]
    torch.testing.assert_close(
        beyond, 2 * b.parameters["output.weight"] - a.parameters["output.weight"])


# --- batch normalisation -------------------------------------------------------------------------

@pytest.mark.parametrize("net", ["cnn", "no batched rule"])
def test_recomputed_statistics_are_those_of_torchs_cumulative_average(net):
    a, _ = PAIRS[net]
    ours = recompute_norms(a, DATA, batch=BATCH)
    for r in range(2):
        reference = dict(norms_as_torch_does(a.module(r)).named_buffers())
        for name, values in ours.buffers.items():
            torch.testing.assert_close(values[r], reference[name], rtol=1e-4, atol=1e-5)
    assert all(ours.parameters[name] is values for name, values in a.parameters.items())
    assert ours.net is a.net


def test_the_mean_is_exact_when_batches_do_not_divide_the_data():
    """The first layer's inputs do not depend on any statistics, so their mean is known."""
    net = nn.Sequential(nn.BatchNorm1d(12), nn.Linear(12, 4))
    ours = recompute_norms(stack.draw(net, [0, 1]), DATA, batch=17)
    for r in range(2):
        torch.testing.assert_close(ours.buffers["0.running_mean"][r], DATA.x_train.mean(0))
    assert ours.buffers["0.num_batches_tracked"].tolist() == [12, 12]
    whole = recompute_norms(stack.draw(net, [0]), DATA, batch=200)
    torch.testing.assert_close(whole.buffers["0.running_var"][0], DATA.x_train.var(0))


def test_a_part_of_the_examples_is_always_the_same_part():
    a, _ = PAIRS["cnn"]
    part = recompute_norms(a, DATA, examples=60, batch=BATCH)
    assert_same_bits(part, recompute_norms(a, DATA, examples=60, batch=BATCH))
    name = "norm1.running_mean"
    assert not torch.equal(part.buffers[name], recompute_norms(a, DATA, batch=BATCH).buffers[name])
    assert part.buffers["norm1.num_batches_tracked"].tolist() == [3, 3]


def test_broken_statistics_leave_no_trace():
    a, _ = PAIRS["cnn"]
    broken = replace(a, buffers={name: torch.full_like(t, torch.nan) if t.is_floating_point() else t
                                 for name, t in a.buffers.items()})
    assert_same_bits(recompute_norms(a, DATA), recompute_norms(broken, DATA))


def test_a_net_without_batch_norm_passes_unchanged_and_free():
    """Free: it does not even look at the data."""
    a, _ = PAIRS["mlp"]
    assert recompute_norms(a, None) is a
    other = stack.draw(nn.Sequential(nn.Linear(12, 4), nn.LayerNorm(4)), [0])
    assert recompute_norms(other, None) is other


def test_batch_norm_without_running_statistics_is_refused():
    net = nn.Sequential(nn.Linear(12, 8), nn.BatchNorm1d(8, track_running_stats=False))
    with pytest.raises(ValueError, match="1 .BatchNorm1d. keeps no running statistics"):
        recompute_norms(stack.draw(net, [0]), DATA)


# --- bad input -----------------------------------------------------------------------------------

def test_ends_that_do_not_fit_are_named():
    a, b = PAIRS["mlp"]
    wider = stack.draw(nets.mlp(TASK, (16, 9)), range(2))
    for call in (lambda x, y: measure(x, y), lambda x, y: interpolate(x, y, 0.5), distance,
                 lambda x, y: cosine(x, y, x)):
        with pytest.raises(ValueError, match="'hidden2.weight': .8, 16. against .9, 16."):
            call(a, wider)
        with pytest.raises(ValueError, match="2 networks at one end and 1 at the other"):
            call(a, b[:1])


@pytest.mark.parametrize("alpha, problem", [
    (1.5e3, "alpha is 1500"), (-2, "alpha is -2"), (float("nan"), "alpha is nan"),
    ([0.5, 3.0], "alpha is 3"), ([[0.5]], "shape .1, 1."), ([], "shape .0,.")])
def test_alpha_out_of_range(alpha, problem):
    with pytest.raises(ValueError, match=problem):
        interpolate(*PAIRS["mlp"], alpha)


@pytest.mark.parametrize("arguments, problem", [
    ({"points": 1}, "points is 1; it must be a whole number, 2 or above"),
    ({"together": 0}, "together is 0; it must be a whole number, 1 or above"),
    ({"split": "validation"}, "split is 'validation'; choose one of 'test', 'val', 'train'"),
    ({"batch": 1}, "batch is 1; statistics need at least 2"),
    ({"norm_examples": 201}, "examples is 201; .* the training split has 200"),
    ({"norm_examples": 1}, "examples is 1; statistics need at least 2")])
def test_measures_out_of_range(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        measure(*PAIRS["cnn"], **arguments)


def test_masks_of_other_nets():
    a, b = PAIRS["cnn"]
    with pytest.raises(ValueError, match="masks are not for this stack"):
        measure(a, b, masks=dense(PAIRS["mlp"][0]))
    with pytest.raises(ValueError, match="masks are not for this stack"):
        measure(a, b, masks=dense(a[:1]))
