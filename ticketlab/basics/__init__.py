"""What every floor stands on.

``arguments``  whole numbers of any kind, names, and settings of the environment
``counts``     one bar over pieces of work side by side
``digests``    whether two sets of tensors are the same
``files``      files that are whole or not there
``notebooks``  what stops a whole notebook, and whether there is one
``processes``  pieces of work side by side, each in a process of its own
``progress``   the one progress bar, and warnings
``randomness`` torch's random state, put back after use
``threads``    of torch: whose setting their number is, and another one for a while

All lessons build on it.
"""

from ticketlab.basics import counts, processes, threads
from ticketlab.basics.arguments import choose, environment, one_each, whole, whole_from, wholes_from
from ticketlab.basics.digests import digest
from ticketlab.basics.files import whole_file, writable
from ticketlab.basics.notebooks import Sentence, shell, stop
from ticketlab.basics.progress import Interrupted, progress_bar, shared, skip, warn
from ticketlab.basics.randomness import forked, seed

__all__ = ["Interrupted", "Sentence", "choose", "counts", "digest", "environment", "forked", "one_each",
           "processes", "progress_bar", "seed", "shared", "shell", "skip", "stop", "threads", "warn",
           "whole", "whole_file", "whole_from", "wholes_from", "writable"]
