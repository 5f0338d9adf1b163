"""Paths seen in the plane of their ends: distances, angles and what lies off it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.training.test_loop import DATA, NETS, RECIPES, fit
from ticketlab import nets, stack
from ticketlab.landscape import distance, instability, plane, project
from ticketlab.stack import Stack
from ticketlab.training import Run, Snapshot

POINTS, SEEDS = [15, 25, 35], (0, 1)


def family_of_two_starts():
    """Children of step 0 and of step 10, with snapshots on their ways."""
    start = stack.draw(NETS["cnn"], SEEDS)
    run = fit(start, RECIPES["sgd"], snapshots=[10])
    starts = {0: Snapshot(start), 10: run.snapshots[10]}
    children = instability.children(starts, DATA, RECIPES["sgd"], SEEDS, snapshots=POINTS,
                                    progress=False)
    return starts, children


@pytest.fixture(scope="module")
def family():
    starts, children = family_of_two_starts()
    return SimpleNamespace(starts=starts, children=children)


def flat(nets: Stack, replicate):
    return torch.cat([values[replicate].double().flatten()
                      for values in nets.parameters.values()]).detach().numpy()


@pytest.mark.parametrize("k", [0, 10])
@pytest.mark.parametrize("replicate", [0, 1])
def test_the_corners_are_as_far_apart_as_the_weights_are(family, k, replicate):
    pair, start = family.children[k], family.starts[k]
    seen = project(pair, start, replicate)
    ends = seen.first[-1], seen.second[-1]
    for end, child in zip(ends, pair, strict=True):
        expected = distance(start.stack, child.stack)[replicate].item()
        assert np.linalg.norm(end) == pytest.approx(expected)
    apart = distance(pair[0].stack, pair[1].stack)[replicate].item()
    assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(apart)
    assert ends[0][1] == pytest.approx(ends[1][1]), "the line between the ends is level"
    assert ends[0][1] > 0 and ends[0][0] < ends[1][0]
    assert seen.first[0].tolist() == seen.second[0].tolist() == [0, 0]
    assert seen.steps == [k, *POINTS, 40]


def test_points_between_are_seen_at_right_angles_to_the_plane(family):
    """Against numpy's least squares: the nearest point of the plane, and how far it is."""
    pair, start = family.children[10], family.starts[10]
    seen, origin = project(pair, start, 1), flat(start.stack, 1)
    corners = np.stack([flat(child.stack, 1) - origin for child in pair], axis=1)
    off = []
    for way, child in zip((seen.first, seen.second), pair, strict=True):
        for point, step in zip(way[1:-1], POINTS, strict=True):
            there = flat(child.snapshots[step].stack, 1) - origin
            shares = np.linalg.lstsq(corners, there, rcond=None)[0]
            expected = shares @ np.stack([seen.first[-1], seen.second[-1]])
            np.testing.assert_allclose(point, expected, rtol=1e-6, atol=1e-8)
            off.append(np.linalg.norm(there - corners @ shares))
    apart = np.linalg.norm(seen.first[-1] - seen.second[-1])
    assert seen.off == pytest.approx(max(off) / apart) and seen.off > 0.01


# --- a plane of known geometry ------------------------------------------------------------------

START = stack.draw(nets.mlp(nets.Task((2,), 2), ()), [0]).map(torch.zeros_like)  # sums are exact


def moved(*by):
    """A run that ends with the first weights moved by these numbers."""
    end = START.clone()
    end.parameters["output.weight"].view(-1)[:len(by)] += torch.tensor(by)
    return Run(Snapshot(end, 5), {}, {})


def test_a_right_angle_is_seen_as_one_and_lengths_as_they_are():
    seen = project((moved(3.0, 0.0), moved(0.0, 4.0)), START)
    assert plane.angle(seen) == pytest.approx(90, abs=1e-4)
    assert [np.linalg.norm(way[-1]) for way in (seen.first, seen.second)] == pytest.approx([3, 4])
    assert seen.steps == [0, 5] and seen.off == pytest.approx(0, abs=1e-6)
    narrow = project((moved(1.0, 0.0), moved(1.0, 1.0)), START)
    assert plane.angle(narrow) == pytest.approx(45, abs=1e-4)


def test_ends_that_span_no_plane_are_refused():
    with pytest.raises(ValueError, match="end at the same weights.*train them in different orders"):
        project((moved(1.0, 2.0), moved(1.0, 2.0)), START)
    with pytest.raises(ValueError, match="start lies on the line between the two ends"):
        project((moved(1.0, 2.0), moved(-1.0, -2.0)), START)


def test_a_start_of_another_number_of_networks_is_refused():
    two = stack.concatenate([START, START])
    with pytest.raises(ValueError, match=r"the start has 2 networks and its children have \[1, 1\]"):
        project((moved(1.0), moved(0.0, 1.0)), two)
