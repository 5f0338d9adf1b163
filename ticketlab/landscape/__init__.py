"""What lies between solutions.

lines: lines between two stacks, the definition of the barrier
distances: how far two stacks are apart, and two masks
instability: children of one moment that differ in the order of the data
plane: paths of training in a plane; surface: the plane through three networks
symmetries: other weights, the same function; rotations, hidden_units: where units turn, who reads them
alignment: which unit of one network is which of another
linearisation: networks that are linear in their weights; resetting: a layer goes back to its start
survival: which units a mask leaves alive
Lessons 05, 07 and 08 build on it.
"""

from ticketlab.landscape import instability
from ticketlab.landscape.alignment import match
from ticketlab.landscape.distances import cosine, displacement, distance, hamming, hamming_by_chance
from ticketlab.landscape.hidden_units import Hidden, hidden
from ticketlab.landscape.linearisation import linearise
from ticketlab.landscape.lines import SPLITS, STABLE, Line, interpolate, line, recompute_norms
from ticketlab.landscape.plane import angle, project
from ticketlab.landscape.resetting import reset, resets
from ticketlab.landscape.rotations import place_of, rotatable, rotation
from ticketlab.landscape.surface import Surface, paths, plane_through
from ticketlab.landscape.survival import surviving
from ticketlab.landscape.symmetries import (
    permute,
    permute_masks,
    random_factors,
    random_orders,
    rescale,
    rotate,
    zeros,
)

__all__ = ["Hidden", "Line", "SPLITS", "STABLE", "Surface", "angle", "cosine", "displacement", "distance",
           "hamming", "hamming_by_chance", "hidden", "instability", "interpolate", "line", "linearise",
           "match", "paths", "permute", "permute_masks", "place_of", "plane_through", "project",
           "random_factors", "random_orders", "recompute_norms", "rescale", "reset", "resets",
           "rotatable", "rotate", "rotation", "surviving", "zeros"]
