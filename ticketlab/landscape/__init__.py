"""What lies between solutions.

lines: lines between two stacks, the definition of the barrier
distances: how far two stacks are apart, and two masks
instability: children of one moment that differ in the order of the data
plane: paths of training in a plane
Lesson 05 builds on it.
"""

from ticketlab.landscape import instability
from ticketlab.landscape.distances import cosine, displacement, distance, hamming, hamming_by_chance
from ticketlab.landscape.lines import SPLITS, STABLE, Line, interpolate, line, recompute_norms
from ticketlab.landscape.plane import angle, project

__all__ = ["Line", "SPLITS", "STABLE", "angle", "cosine", "displacement", "distance", "hamming",
           "hamming_by_chance", "instability", "interpolate", "line", "project", "recompute_norms"]
