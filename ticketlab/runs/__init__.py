"""Training runs that are kept on disk: a finished one is loaded, a killed one goes on.

training: ``train`` with a name to keep it under
keys: what decides a run; units: the folder of one; tensors: what its files hold
files: files written whole or not at all; locks: of units at work; inventory: what is there, removing it
Lessons 04-06 build on it.
"""

from ticketlab.runs import files
from ticketlab.runs.files import Damaged, IncompatibleRun, folder
from ticketlab.runs.inventory import listing, remove
from ticketlab.runs.keys import KEY, TRAINING, Job
from ticketlab.runs.locks import locked
from ticketlab.runs.training import checked_name, load, train
from ticketlab.runs.units import TABLE, former

__all__ = ["Damaged", "IncompatibleRun", "Job", "KEY", "TABLE", "TRAINING", "checked_name",
           "files", "folder", "former", "listing", "load", "locked", "remove", "train"]
