"""What the weights of a trained net look like.

statistics: how near zero, how far moved: a number a layer and replicate (lessons 02, 08)
cues: shape or texture, where they contradict (lesson 09)
kernels: which edges the kernels of a convolution are (lesson 09)
"""

from ticketlab.weights import cues, kernels
from ticketlab.weights.statistics import (
    ALL,
    GAUSSIAN_SHARE,
    concentration,
    correlation,
    distance_moved,
    relative_movement,
    share_near_zero,
    sign_flips,
    table,
)

__all__ = ["ALL", "GAUSSIAN_SHARE", "concentration", "correlation", "cues", "distance_moved",
           "kernels", "relative_movement", "share_near_zero", "sign_flips", "table"]
