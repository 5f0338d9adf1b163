"""How large the experiments are: the same cells at three scales, chosen by ``TICKETLAB_SCALE``.

scale: quick, class and paper, and which of them is meant; what most lessons need
what one lesson adds: rewinding (05), scaling (06), surface (07), random_networks (08), language (10)
All lessons begin with ``current()``.
"""

from ticketlab.scales.language import Language
from ticketlab.scales.random_networks import RandomNetworks
from ticketlab.scales.rewinding import Rewinding
from ticketlab.scales.scale import VARIABLE, Scale, current, named
from ticketlab.scales.scaling import Scaling
from ticketlab.scales.surface import Surface

__all__ = ["Language", "RandomNetworks", "Rewinding", "Scale", "Scaling", "Surface", "VARIABLE",
           "current", "named"]
