"""ticketlab: the lottery ticket hypothesis, measured.

The rooms, in the order in which they build on one another::

    data, nets -> stack -> masks -> training, pruning, weights -> runs, landscape
    runs -> lottery, rewinding, instability, sweep -> scaling, double_descent -> figures, panels
    recipe -> scales; lottery -> class_results; claims

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
    arms,
    class_results,
    comparisons,
    data,
    double_descent,
    instability,
    label_noise,
    landscape,
    lottery,
    masks,
    matching,
    memory,
    nets,
    pruning,
    rewinding,
    runs,
    scales,
    scaling,
    sentences,
    stack,
    sweep,
    text,
    training,
    weights,
)
from ticketlab.history import Snapshot
from ticketlab.recipe import Recipe
from ticketlab.stack import Stack, draw
from ticketlab.training import evaluate, train

__version__ = "0.1.0"
__all__ = ["Recipe", "Snapshot", "Stack", "arms", "class_results", "comparisons", "data",
           "double_descent", "draw", "evaluate", "instability", "label_noise", "landscape",
           "lottery", "masks", "matching", "memory", "nets", "pruning", "rewinding", "runs",
           "scales", "scaling", "sentences", "stack", "sweep", "text", "train", "training",
           "weights"]

_LATER = ("claims", "figures", "panels")


def __getattr__(name):
    if name in _LATER:
        return importlib.import_module(f"ticketlab.{name}")
    raise AttributeError(f"module 'ticketlab' has no attribute {name!r}")
