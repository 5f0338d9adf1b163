"""Paths of training, seen in the plane through where two of them start and where they end.

In a space of thousands of weights, three points span one plane: distances and angles between start
and ends are exact there, and what lies between is seen at right angles to it. The figures and the
panel of lesson 05 build on this file.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ticketlab.landscape.distances import displacement
from ticketlab.stack import Stack, check_replicate
from ticketlab.training import Run, Snapshot


class Paths(NamedTuple):
    """The paths of two children in the plane through their start and their ends.

    first, second: [points, 2], weight distances; both begin at the start, (0, 0), and end on one
    height, so that the line between the ends is level. steps: of training, of each point. off: how
    far the paths leave the plane at most, as a share of the distance between the ends.
    """

    first: np.ndarray
    second: np.ndarray
    steps: list[int]
    off: float


def project(children: tuple[Run, Run], start: Snapshot | Stack, replicate: int = 0) -> Paths:
    """Where the children of ``start`` went, of one replicate: coordinates in the plane.

    children, start, replicate, and what it raises: as for ``landscape_figures.paths``, which draws
    them.
    """
    origin = start.stack if isinstance(start, Snapshot) else start
    check_replicate(origin, replicate)
    first_step = start.step if isinstance(start, Snapshot) else 0
    sizes = [origin.replicates, *(run.stack.replicates for run in children)]
    if len(set(sizes)) > 1:
        raise ValueError(f"the start has {sizes[0]} networks and its children have {sizes[1:]}; "
                         "give the start that they were trained from")
    origin = origin[[replicate]]
    moments = [{first_step: origin} | {step: each.stack[[replicate]] for step, each
                                       in sorted(run.snapshots.items()) if step > first_step}
               | {run.end.step: run.stack[[replicate]]} for run in children]
    if list(moments[0]) != list(moments[1]):
        raise ValueError(f"the children have points at steps {list(moments[0])} and "
                         f"{list(moments[1])}; ask both for the same snapshots")
    ways = [torch.cat([displacement(origin, stack) for stack in own.values()]).cpu()
            for own in moments]
    axes = _plane(ways[0][-1], ways[1][-1])
    seen = [(way @ axes.T).numpy() for way in ways]
    off = max((way - (way @ axes.T) @ axes).norm(dim=1).max().item() for way in ways)
    apart = (ways[0][-1] - ways[1][-1]).norm().item()
    return Paths(*seen, list(moments[0]), off / apart)


def angle(seen: Paths) -> float:
    """The angle between the two ends, as the start sees them, in degrees."""
    first, second = (np.arctan2(*way[-1][::-1]) for way in (seen.first, seen.second))
    return float(np.degrees(abs(first - second)))


def _plane(first: Tensor, second: Tensor) -> Tensor:
    """Two unit vectors [2, n]: from the first end to the second, and from the start up to there."""
    across = second - first
    length = across.norm()
    if length == 0:
        raise ValueError("the two children end at the same weights, so there is no line between "
                         "them; train them in different orders of the data")
    across = across / length
    up = first - (first @ across) * across
    if up.norm() <= 1e-9 * length:
        raise ValueError("the start lies on the line between the two ends, so they span no plane; "
                         "give the weights that both children began with")
    return torch.stack([across, up / up.norm()])
