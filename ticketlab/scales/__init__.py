"""How large the experiments are: the same cells at three scales, chosen by ``TICKETLAB_SCALE``."""

from ticketlab.scales.scale import (
    VARIABLE,
    RandomNetworks,
    Rewinding,
    Scale,
    Scaling,
    Surface,
    current,
    named,
)

__all__ = ["VARIABLE", "RandomNetworks", "Rewinding", "Scale", "Scaling", "Surface", "current",
           "named"]
