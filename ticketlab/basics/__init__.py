"""What every floor stands on.

``arguments``  whole numbers of any kind, and settings of the environment
``digests``    whether two sets of tensors are the same
``progress``   the one progress bar, and warnings
``randomness`` torch's random state, put back after use

All lessons build on it.
"""

from ticketlab.basics.arguments import environment, whole, whole_from, wholes_from
from ticketlab.basics.digests import digest
from ticketlab.basics.progress import Interrupted, SharedBar, progress_bar, skip, warn
from ticketlab.basics.randomness import forked, seed

__all__ = ["Interrupted", "SharedBar", "digest", "environment", "forked", "progress_bar", "seed", "skip",
           "warn", "whole", "whole_from", "wholes_from"]
