"""Rotations: where a network's units can be mixed, and one path through all angles.

A rotation by θ turns every plane of a random set of planes by θ: Q = cos θ I + sin θ J, where J turns
each by 90 degrees. So 0 and 360 degrees are the identity, and each angle between is as far from the
axes as the planes are. ``symmetries.rotate`` builds on this file, and lesson 07 through it.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ticketlab.basics import whole_from
from ticketlab.landscape.hidden_units import hidden
from ticketlab.nets import CausalAttention
from ticketlab.pruning import Masks

PAIRS = QUERY_KEY, VALUE_PROJECTION = "query-key", "value-projection"


class Place(NamedTuple):
    """Where units turn. size: how many turn together (units of a layer, or the width of a head).
    written: names of tensors whose rows turn, in groups of ``size``. read: of weights whose columns
    turn back. each: inputs a unit has in them. activation: what stands between, or None."""

    size: int
    written: tuple[str, ...]
    read: tuple[str, ...]
    each: int
    activation: str | None

    @property
    def weights(self) -> tuple[str, ...]:
        """The matrices that turn."""
        return (*(name for name in self.written if name.endswith("weight")), *self.read)


def rotatable(net: nn.Module) -> dict[str, str | None]:
    """place -> what stands between, ``None`` where nothing does and a rotation is a symmetry.

    Places are the layers with hidden units of a plain chain, and ``...query-key`` and
    ``...value-projection`` of each attention. Empty where there are none.
    """
    return {name: place.activation for name, place in _places(net).items()}


def place_of(net: nn.Module, name: str) -> Place:
    """The place of that name; raises ValueError naming those that there are."""
    places = _places(net)
    if name not in places:
        raise ValueError(f"{name!r} is no place at which this net can be rotated; there are "
                         f"{list(places) or 'none'}")
    return places[name]


def rotation(size: int, angle: float, seed: int = 0) -> Tensor:
    """Q [size, size], orthogonal, of an angle in degrees. seed: of the planes. Where ``size`` is odd,
    one direction stays where it is. Raises ValueError for an angle out of range."""
    check_angle(angle)
    seed = whole_from("seed", seed)
    # a random orthonormal basis, whose vectors turn in pairs
    basis, _ = np.linalg.qr(np.random.default_rng([seed, size]).standard_normal((size, size)))
    # exactly 0 and 1 at the quarter turns, so that a full turn gives back every bit
    sine, cosine = {0: (0.0, 1.0), 90: (1.0, 0.0), 180: (0.0, -1.0), 270: (-1.0, 0.0)}.get(
        angle % 360, (np.sin(np.radians(angle)), np.cos(np.radians(angle))))
    first, second = basis[:, 0:size - 1:2], basis[:, 1:size:2]
    quarter = second @ first.T - first @ second.T
    matrix = cosine * np.eye(size) + sine * quarter
    if size % 2:
        matrix += (1 - cosine) * np.outer(basis[:, -1], basis[:, -1])
    return torch.from_numpy(matrix)


def turned(tensor: Tensor, matrix: Tensor, axis: int, block: int) -> Tensor:
    """Each block along ``axis`` (1: units, 2: inputs) turned by the matrix, in float64."""
    size = len(matrix)
    moved = tensor.double().movedim(axis, -1)
    parts = moved.unflatten(-1, (-1, size, block // size))  # groups, units, positions of a unit
    return torch.einsum("ij,...gjp->...gip", matrix, parts).flatten(-3).movedim(-1, axis).to(tensor.dtype)


def check_angle(angle: float) -> None:
    if not isinstance(angle, Real) or not -360 <= angle <= 360:
        raise ValueError(f"angle is {angle!r}; it must be a number between -360 and 360 degrees")


def check_masks_carried(masks: Masks, place: Place) -> None:
    """Raises ValueError if the masks prune something that a rotation would fill."""
    for name in place.weights:
        if name in masks and not masks[name].all():
            pruned = int((~masks[name]).sum())
            raise ValueError(f"the masks prune {pruned:,} weights of {name!r}, and a rotation mixes kept "
                             "and pruned ones: no mask can be carried through it; rotate without masks, "
                             "and prune the result anew")


def _places(net: nn.Module) -> dict[str, Place]:
    places = {}
    for name, module in net.named_modules():
        if isinstance(module, CausalAttention):
            size = module.query.weight.shape[0] // module.heads
            block, parts = name.rpartition(".")[0], ("weight", "bias")
            places[f"{name}.{QUERY_KEY}"] = Place(
                size, tuple(f"{name}.{side}.{part}" for side in ("query", "key") for part in parts),
                (), 1, None)
            places[f"{name}.{VALUE_PROJECTION}"] = Place(
                size, tuple(f"{name}.value.{part}" for part in parts),
                (f"{block}.projection.weight",), 1, None)
    if places:
        return places
    try:
        units = hidden(net)
    except ValueError:
        return {}
    return {layer: Place(own.size, tuple(name for name in own.rows if name.startswith(f"{layer}.")),
                         (own.reader,), own.each, own.activation) for layer, own in units.items()}
