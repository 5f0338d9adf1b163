"""The palette, under the name that lesson 01 writes; it lives in ``ticketlab.figures.drawing``."""

from ticketlab.figures.drawing import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    KEPT,
    ORANGE,
    PRUNED,
    VERMILLION,
)

__all__ = ["BLACK", "BLUE", "GREEN", "GREY", "KEPT", "ORANGE", "PRUNED", "VERMILLION"]
