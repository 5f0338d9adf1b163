"""A stack: R networks of one architecture whose parameters are one dictionary.

stack: ``Stack`` and ``draw``; running: ``forward``
ways: which way R networks are computed, and why; costs: how much work one of them is
layers: how R networks run as one, a rule for each kind of layer
linear: linear layers, one after the other
signals: how R networks convolve signals on a CPU
Every lesson builds on it.
"""

from ticketlab.stack.costs import Work, work
from ticketlab.stack.layers import has_rules
from ticketlab.stack.running import forward
from ticketlab.stack.stack import (
    Stack,
    check_replicate,
    check_stack,
    concatenate,
    draw,
    from_modules,
)
from ticketlab.stack.ways import apart

__all__ = ["Stack", "Work", "apart", "check_replicate", "check_stack", "concatenate", "draw",
           "forward", "from_modules", "has_rules", "work"]
