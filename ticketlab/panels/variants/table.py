"""What the panels of lesson 07 look up: variants of networks, each cut at every rate of a grid.

A variant is a stack: the same network rotated by some angle, or trained under some pressure. All of
it is computed once, and a move of a slider is a look-up. Lesson 07's panels build on this file.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from ticketlab.pruning import apply_masks, dense, magnitude, removal_ranks
from ticketlab.stack import Stack, concatenate
from ticketlab.training import evaluate

BINS = 81  # odd, so that the middle one is centred on zero
RATES = [step / 20 for step in range(20)]  # of one cut of all prunable weights: 0 to 95 %


class Variant(NamedTuple):
    """One stack, cut at every rate.

    label: what it is called. edges: [BINS + 1]; counts: [BINS], of the weights that are shown, over all
    replicates. zeros: share of them that is exactly zero. thresholds: [rates], the largest magnitude
    that a cut removes. mean, low, high: [rates], accuracy on the test examples, over replicates.
    """

    label: str
    edges: np.ndarray
    counts: np.ndarray
    zeros: float
    thresholds: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


class VariantReading(NamedTuple):
    """What a panel shows, as numbers: fractions, all but the label and the group."""

    group: str
    label: str
    rate: float
    zeros: float
    near: float
    uncut: float
    accuracy: float
    lowest: float
    highest: float
    reference: float


def measure(labels: Sequence[str], stacks: Sequence[Stack], names: Sequence[str], data,
            answers: int = 1000) -> list[Variant]:
    """The variants of one group. names: the weights that the histogram shows. answers: on how many
    labels of the test split, at most, accuracies are measured (a text has one a character). Ranked over
    all prunable weights together."""
    together, size = concatenate(list(stacks)), stacks[0].replicates
    everything, scores = dense(together), magnitude(together)
    ranks = removal_ranks(scores, everything, list(everything))
    total = sum(mask[0].numel() for mask in everything.values())
    examples = max(1, answers // data.y_test[0].numel())
    x, y = data.x_test[:examples], data.y_test[:examples]
    found = []
    for rate in RATES:
        masks = {name: own >= round(rate * total) for name, own in ranks.items()}
        found.append(evaluate(apply_masks(together, masks), x, y)[1].cpu().double().numpy())
    accuracy = np.stack(found).reshape(len(RATES), len(stacks), size)
    shown = [torch.cat([stack.parameters[name].flatten() for name in names]).double().cpu().numpy()
             for stack in stacks]
    largest = max(float(np.abs(values).max()) for values in shown) or 1.0
    edges = np.linspace(-largest, largest, BINS + 1)
    cuts = [round(rate * total) for rate in RATES]
    variants = []
    for place, (label, values) in enumerate(zip(labels, shown, strict=True)):
        first = torch.cat([scores[name][place * size].flatten() for name in everything]).cpu().numpy()
        ordered = np.append(0.0, np.sort(first))  # a cut of none removes nothing
        own = accuracy[:, place]
        variants.append(Variant(label, edges, np.histogram(values, edges)[0], float((values == 0).mean()),
                                ordered[cuts], own.mean(1), own.min(1), own.max(1)))
    return variants


def read(group: str, variants: list[Variant], setting: int, place: int) -> VariantReading:
    """The numbers of one variant at one rate; the reference is the group's first variant, cut alike."""
    own = variants[setting]
    middle = np.abs((own.edges[:-1] + own.edges[1:]) / 2)
    spread = np.sqrt((own.counts * middle**2).sum() / own.counts.sum()) or 1.0
    near = own.counts[middle < 0.1 * spread].sum() / own.counts.sum()
    return VariantReading(group, own.label, RATES[place], own.zeros, float(near), float(own.mean[0]),
                          float(own.mean[place]), float(own.low[place]), float(own.high[place]),
                          float(variants[0].mean[place]))
