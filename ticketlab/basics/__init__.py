"""What every floor stands on.

``arguments``  whole numbers of any kind, and settings of the environment
``digests``    whether two sets of tensors are the same
``progress``   the one progress bar, and warnings

All lessons build on it.
"""

from ticketlab.basics.arguments import environment, whole, whole_from, wholes_from
from ticketlab.basics.digests import digest
from ticketlab.basics.progress import Interrupted, SharedBar, progress_bar, skip, warn

__all__ = ["Interrupted", "SharedBar", "digest", "environment", "progress_bar", "skip", "warn", "whole",
           "whole_from", "wholes_from"]
