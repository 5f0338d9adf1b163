"""How much memory a training takes, predicted before it starts.

forecast: ``needed``, and what is announced; footprint: measured on a tiny batch of one network
free: how much memory a device or this machine has left
"""

from ticketlab.training.memory import forecast
from ticketlab.training.memory.forecast import (
    CHUNK,
    SAFE,
    Memory,
    announce,
    fitting,
    needed,
    readable,
)
from ticketlab.training.memory.free import free_memory

__all__ = ["CHUNK", "Memory", "SAFE", "announce", "fitting", "forecast", "free_memory", "needed",
           "readable"]
