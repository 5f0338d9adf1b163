"""The plane through three networks: the error at every point of it, and where training passed.

In a space of thousands of weights three networks span one plane. On it distances are true; what lies
beside it is seen at right angles, and how much that is can be said. Lesson 07 builds on this file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ticketlab.basics import choose, whole_from
from ticketlab.landscape.distances import displacement
from ticketlab.landscape.lines import SPLITS, measured
from ticketlab.stack import Stack, check_replicate, concatenate


@dataclass(frozen=True, eq=False)
class Surface:
    """What was measured on the plane through three networks of one replicate.

    x, y: [points], weight distances from the first network, along the way to the second and at right
    angles to it. error, loss: [points of y, points of x], fractions and nats. corners: [3, 2], the
    three networks. origin: the first of them; axes: [2, n], two unit vectors over all parameters.
    """

    x: Tensor
    y: Tensor
    error: Tensor
    loss: Tensor
    corners: Tensor
    origin: Stack
    axes: Tensor

    def project(self, networks: Stack) -> tuple[Tensor, Tensor]:
        """Where networks are seen in the plane, [R, 2], and the share of their distance from the first
        corner that lies outside of it, [R]: 0 in the plane, 1 at right angles to it (0 where there is
        no distance). Raises ValueError for another architecture."""
        ways = displacement(self.origin[[0] * networks.replicates], networks)
        places = ways @ self.axes.T
        outside = (ways - places @ self.axes).norm(dim=1)
        return places, outside / ways.norm(dim=1).clamp_min(1e-300)


def plane_through(first: Stack, second: Stack, third: Stack, data, *, replicate: int = 0,
                  points: int = 21, margin: float = 0.25, split: str = "test",
                  norm_examples: int | None = None, batch: int = 500, together: int = 64,
                  progress=True) -> Surface:
    """Error and loss on the plane through three networks, all of its points as one stack.

    first, second, third: stacks of one architecture, of which one ``replicate`` is taken. points: on
    each axis. margin: how far the plane goes on beyond the triangle, as a share of its extent. split:
    the examples to measure on. norm_examples: for nets with batch normalisation, whose statistics are
    measured anew at each point, as on a ``line``. batch, together: examples and nets at a time.
    No mask is applied. progress: show a bar, or a text that it then begins with.
    Raises ValueError for stacks that do not fit, values out of range, and three networks on one line.
    Garipov et al. 2018, section 3 and appendix; Li et al. 2018, section 4. Lesson 07 builds on it.
    """
    stacks = first, second, third
    for stack in stacks:
        check_replicate(stack, replicate)
    nets = concatenate([stack[replicate] for stack in stacks])
    points = whole_from("points", points, least=2)
    if not 0 <= margin <= 2:
        raise ValueError(f"margin is {margin}; it must lie between 0 (the triangle's own extent) and 2")
    choose("split", split, SPLITS)
    ways = displacement(nets[[0, 0]], nets[[1, 2]])
    axes = _axes(*ways)
    corners = torch.cat([torch.zeros(1, 2, dtype=axes.dtype), ways @ axes.T])
    corners[1, 1] = 0  # but for rounding: the axis leads there
    x, y = (_reach(corners[:, axis], points, margin) for axis in (0, 1))
    grid = torch.cartesian_prod(y, x).flip(1)
    # in a's parameters, point (x, y) is: first + s (second - first) + t (third - first)
    shares = torch.linalg.solve(corners[1:].T, grid.T).T
    error, loss = measured(
        lambda some: _at(nets, shares[some]), len(grid), data, split, "nets on the plane", together,
        progress, examples=norm_examples, batch=100, chunk=batch)
    return Surface(x, y, error.view(points, points), loss.view(points, points), corners, nets[0], axes)


def paths(surface: Surface, moments: Sequence[Stack]) -> tuple[Tensor, Tensor]:
    """The way of one network through the plane, from its weights at some moments (stacks of one):
    places [moments, 2], and the share of each that lies outside, [moments]."""
    return surface.project(concatenate(list(moments)))


def _axes(across: Tensor, other: Tensor) -> Tensor:
    length = across.norm()
    up = other - (other @ across) * across / length**2 if length else other
    if length == 0 or up.norm() <= 1e-5 * max(length, other.norm()):
        raise ValueError("the three networks lie on one line, so they span no plane; give three of which "
                         "none lies between (or on) the others")
    return torch.stack([across / length, up / up.norm()])


def _reach(values: Tensor, points: int, margin: float) -> Tensor:
    low, high = values.min(), values.max()
    room = margin * (high - low)
    return torch.linspace(low - room, high + room, points, dtype=values.dtype)


def _at(nets: Stack, shares: Tensor) -> Stack:
    """The networks at first + s (second - first) + t (third - first), for [n, 2] shares s and t."""
    weights = torch.cat([1 - shares.sum(1, keepdim=True), shares], 1)

    def mix(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():  # batches counted
            return tensor[:1].expand(len(weights), *tensor.shape[1:]).clone()
        own = weights.to(tensor.dtype).to(tensor.device)
        return (own @ tensor.detach().flatten(1)).view(-1, *tensor.shape[1:])

    return nets.map(mix)
