"""The same experiment at other sizes.

widths: the lottery for one width or depth after another
matching: how far each net can be pruned, at equal numbers of weights
double_descent: error against width, with and without label noise
Lesson 06 builds on it.
"""

from ticketlab.scaling import double_descent, matching
from ticketlab.scaling.double_descent import INTERPOLATED, Widths, curves, threshold
from ticketlab.scaling.matching import (
    RANDOM,
    TICKET,
    TOLERANCE,
    against_dense,
    exponent,
    lowest_matching,
    sparse_against_dense,
    summary,
)
from ticketlab.scaling.widths import (
    LAYER,
    PROTOCOLS,
    Experiment,
    Protocol,
    architecture,
    experiment,
    run,
    run_all,
    unit,
)

__all__ = ["Experiment", "INTERPOLATED", "LAYER", "PROTOCOLS", "Protocol", "RANDOM", "TICKET",
           "TOLERANCE", "Widths", "against_dense", "architecture", "curves", "double_descent",
           "experiment", "exponent", "lowest_matching", "matching", "run", "run_all",
           "sparse_against_dense", "summary", "threshold", "unit"]
