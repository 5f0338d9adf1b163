"""What every floor stands on.

``arguments``  whole numbers of any kind, names, and settings of the environment
``digests``    whether two sets of tensors are the same
``notebooks``  what stops a whole notebook
``progress``   the one progress bar, and warnings
``randomness`` torch's random state, put back after use
``threads``    of torch: whose setting their number is, and another one for a while

All lessons build on it.
"""

from ticketlab.basics import threads
from ticketlab.basics.arguments import choose, environment, whole, whole_from, wholes_from
from ticketlab.basics.digests import digest
from ticketlab.basics.notebooks import stop
from ticketlab.basics.progress import Interrupted, SharedBar, progress_bar, skip, warn
from ticketlab.basics.randomness import forked, seed

__all__ = ["Interrupted", "SharedBar", "choose", "digest", "environment", "forked", "progress_bar",
           "seed", "skip", "stop", "threads", "warn", "whole", "whole_from", "wholes_from"]
