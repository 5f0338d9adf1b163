"""Training and evaluating a stack.

recipe: what decides a run besides net, data and seeds
loop: ``train``; trainer: one step; optimizers: Adam and SGD on plain tensors
outputs: what a net of one's own must give
evaluation: ``evaluate``; pressure: what makes weights small, L1 and powerpropagation
selection: what is trained, and what is held; picking: masks that are trained, and no weight
orders: the order of the data, by seed and epoch; augmentation: crops and mirror images
history: moments and curves that a run leaves; joining: networks that come aboard on the way
each: several trainings, as many at a time as torch has threads
splitting: stacks that do not fit; memory: how much a run needs, and how much is free
side_by_side: parts of a stack on threads of their own; pace: how many of torch's threads a step takes
Every lesson builds on it.
"""

from ticketlab.training import memory
from ticketlab.training.each import train_each
from ticketlab.training.evaluation import evaluate
from ticketlab.training.history import METRICS, Run, Snapshot, join
from ticketlab.training.joining import train_joining
from ticketlab.training.loop import check_span, train
from ticketlab.training.recipe import MASKS, Recipe, parse_steps
from ticketlab.training.side_by_side import step_cost
from ticketlab.training.splitting import in_parts

__all__ = ["MASKS", "METRICS", "Recipe", "Run", "Snapshot", "check_span", "evaluate", "in_parts", "join",
           "memory", "parse_steps", "step_cost", "train", "train_each", "train_joining"]
