"""ticketlab: the lottery ticket hypothesis, measured.

Each folder is a subject, and its ``__init__`` is its door. From the top floor down, a folder builds
only on floors below its own::

    panels, drawing
    figures, scales
    landscape, scaling, classroom, language
    lottery, sweep
    runs
    training, weights
    pruning
    stack, data
    nets
    claims, basics

``import ticketlab as tl`` loads only what needs torch; ``tl.figures``, ``tl.panels`` and
``tl.claims`` are loaded when first used, so the core works without Jupyter and matplotlib.
"""

import importlib
import os

# While torch's threads wait for one another they spin, by default so long that one other busy program
# on a two-core laptop made training 30 to 60 times slower; with less spinning, 3 to 4 times. The price
# on an idle machine was a tenth to a third. Only read before torch is first imported; your own setting
# of the variable wins.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from ticketlab import (
    data,
    landscape,
    language,
    lottery,
    nets,
    pruning,
    runs,
    scales,
    scaling,
    stack,
    sweep,
    training,
    weights,
)
from ticketlab import language as text
from ticketlab.basics import shell
from ticketlab.classroom import results as class_results
from ticketlab.data import label_noise, sentences
from ticketlab.landscape import instability
from ticketlab.lottery import arms, comparisons, rewinding
from ticketlab.pruning import masks
from ticketlab.scaling import double_descent, matching
from ticketlab.stack import Stack, draw
from ticketlab.training import Recipe, Snapshot, evaluate, memory, train, train_each
from ticketlab.weights import kernels

__version__ = "0.1.0"
__all__ = ["Recipe", "Snapshot", "Stack", "arms", "class_results", "comparisons", "data",
           "double_descent", "draw", "evaluate", "instability", "kernels", "label_noise", "landscape",
           "language", "lottery", "masks", "matching", "memory", "nets", "pruning", "rewinding", "runs",
           "scales", "scaling", "sentences", "stack", "sweep", "text", "train", "train_each",
           "training", "weights"]

_LATER = ("claims", "figures", "panels")

# In a notebook, every figure is stored with what it shows in words.
if _shell := shell():
    _shell.display_formatter.mimebundle_formatter.for_type_by_name(
        "matplotlib.figure", "Figure", lambda figure, **_: (
            {}, {"image/png": {"alt": importlib.import_module("ticketlab.figures").words(figure)}}))


def __getattr__(name):
    if name in _LATER:
        return importlib.import_module(f"ticketlab.{name}")
    raise AttributeError(f"module 'ticketlab' has no attribute {name!r}")
