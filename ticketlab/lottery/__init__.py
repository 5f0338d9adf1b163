"""The lottery: iterative pruning with rewinding, and the arms beside it.

iterative_pruning: ``search``, the loop, and ``controls``; trials: results, and their table
arms: what is done with a mask (``ticket``, ``reinit``, ``signs``, ...); batches: which train together
comparisons: paired differences with their interval; invariants: what is checked at every level
picking: ``supermasks``, which weights of random networks are used (lesson 08)
rewinding: weights, learning rate or nothing goes back (lesson 05); searching: what searches share
Lesson 04 builds on it.
"""

from ticketlab.lottery import arms, comparisons, rewinding, trials
from ticketlab.lottery.comparisons import interval
from ticketlab.lottery.iterative_pruning import ARMS, controls, search
from ticketlab.lottery.picking import supermasks
from ticketlab.lottery.searching import learner
from ticketlab.lottery.trials import Tickets, Trial, flat, table

__all__ = ["ARMS", "Tickets", "Trial", "arms", "comparisons", "controls", "flat", "interval",
           "learner", "rewinding", "search", "supermasks", "table", "trials"]
