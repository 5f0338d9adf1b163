"""A stack: R networks of one architecture whose parameters are one dictionary.

stack: ``Stack``, ``draw`` and ``forward``; one after the other where there is no rule
layers: how R networks run as one, a rule for each kind of layer
signals: how R networks convolve signals on a CPU
Every lesson builds on it.
"""

from ticketlab.stack.stack import (
    Stack,
    check_replicate,
    check_stack,
    concatenate,
    draw,
    forward,
    from_modules,
)

__all__ = ["Stack", "check_replicate", "check_stack", "concatenate", "draw", "forward", "from_modules"]
