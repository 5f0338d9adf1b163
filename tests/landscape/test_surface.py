"""The plane through three networks: true at its corners, true distances, honest about what is beside it."""

import pytest
import torch

from tests.training.test_loop import DATA, NETS, fit
from ticketlab import landscape, stack
from ticketlab.training import evaluate

START = stack.draw(NETS["mlp"], range(2))
RUN = fit(START, snapshots=[10, 20])
OTHER = fit(START, order_seeds=[5, 6]).stack


def surface(**options):
    return landscape.plane_through(START, RUN.stack, OTHER, DATA, progress=False, **({"points": 5} | options))


def test_corners_are_the_three_networks_and_distances_are_true():
    seen = surface(replicate=1)
    nets = [START[1], RUN.stack[1], OTHER[1]]
    for i in range(3):
        for j in range(3):
            assert (seen.corners[i] - seen.corners[j]).norm().item() == pytest.approx(
                landscape.distance(nets[i], nets[j]).item(), rel=1e-9, abs=1e-9)
    for net, corner in zip(nets, seen.corners, strict=True):
        place, outside = seen.project(net)
        torch.testing.assert_close(place[0], corner)
        assert outside.item() < 1e-6


def test_every_point_has_the_error_of_its_own_network():
    """With no margin the grid has the second network at its end; other points are made by hand."""
    seen = surface(margin=0, points=3)
    error = 1 - evaluate(RUN.stack[0], DATA.x_test, DATA.y_test)[1].item()
    column = seen.x.tolist().index(pytest.approx(seen.corners[1, 0].item()))
    row = seen.y.tolist().index(pytest.approx(0.0))
    assert seen.error[row, column].item() == pytest.approx(error)
    ways = landscape.displacement(START[[0, 0]], stack.concatenate([RUN.stack[0], OTHER[0]]))
    for i, y in enumerate(seen.y):
        for j, x in enumerate(seen.x):
            flat = x * seen.axes[0] + y * seen.axes[1]
            place, parameters = 0, {}
            for name, values in START[0].parameters.items():
                parameters[name] = values + flat[place:place + values.numel()].view(values.shape).float()
                place += values.numel()
            made = stack.Stack(START.net, parameters, START[0].buffers)
            loss, accuracy = evaluate(made, DATA.x_test, DATA.y_test)
            assert seen.loss[i, j].item() == pytest.approx(loss.item(), rel=1e-3)
    assert place == ways.shape[1]


def test_what_lies_outside_is_said():
    seen = surface()
    moments = [START[0], RUN.snapshots[10].stack[0], RUN.stack[0]]
    places, outside = landscape.paths(seen, moments)
    assert outside[0] == 0 and outside[2] < 1e-6 and 0.05 < outside[1] < 1
    for moment, place, share in zip(moments[1:], places[1:], outside[1:], strict=True):
        whole = landscape.distance(START[0], moment).item()
        assert place.norm().item() ** 2 + (share.item() * whole) ** 2 == pytest.approx(whole**2, rel=1e-6)


def test_how_many_go_together_changes_nothing_beyond_rounding():
    torch.testing.assert_close(surface(together=3).loss, surface().loss, rtol=1e-4, atol=1e-6)


def test_a_net_with_batch_norm_is_measured_with_statistics_of_its_own():
    start = stack.draw(NETS["cnn"], [0])
    ends = [fit(start, order_seeds=[seed]).stack for seed in (0, 1)]
    seen = landscape.plane_through(start, *ends, DATA, points=3, margin=0, progress=False)
    fresh = landscape.recompute_norms(ends[0], DATA)
    column = seen.x.tolist().index(pytest.approx(seen.corners[1, 0].item()))
    row = seen.y.tolist().index(pytest.approx(0.0))
    assert seen.loss[row, column].item() == pytest.approx(evaluate(fresh, DATA.x_test, DATA.y_test)[0].item(), rel=1e-3)


@pytest.mark.parametrize("options, message", [
    ({"replicate": 2}, "replicate is 2"), ({"points": 1}, "points is 1"), ({"margin": -0.1}, "margin is -0.1"),
    ({"split": "tests"}, "split is 'tests'")])
def test_what_does_not_fit_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        surface(**options)


def test_three_networks_on_one_line_span_no_plane():
    middle = landscape.interpolate(START, RUN.stack, 0.5)
    for three in ((START, RUN.stack, middle), (START, START, OTHER), (START, RUN.stack, START)):
        with pytest.raises(ValueError, match="span no plane"):
            landscape.plane_through(*three, DATA, progress=False)
