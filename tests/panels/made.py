"""The panels that are tested, each made of what takes a moment to train, once in a process."""

import re
from functools import cache
from types import SimpleNamespace

import pandas
import torch

import ticketlab as tl
from tests.scaling import test_double_descent as descents
from tests.scaling.test_matching import VALIDATION, made, measure
from tests.training.test_loop import DATA, NETS, RECIPES, fit
from ticketlab import panels
from ticketlab.landscape import instability
from ticketlab.lottery import rewinding
from ticketlab.scaling import double_descent
from ticketlab.training import Snapshot

RATES, FASTER = {"hidden": 0.4, "output": 0.2}, {"hidden": 0.64, "output": 0.36}
RECIPE, SEEDS, STEPS = RECIPES["sgd"], (0, 1), (0, 10, 20)
WAYS = [rewinding.weights(0), rewinding.weights(10), rewinding.learning_rate(10),
        rewinding.fine_tuning(10)]
RANDOM = {width: [0, values[0] - .05, .3, .1] for width, values in VALIDATION.items()}
SIZES, NOISES = (2, 6, 24), (0, 0.2)


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


class Noise:
    """The test split of a data set of noise, and what a net needs to know of it."""

    def __init__(self, shape=(12,), classes=4, examples=90):
        noise = torch.Generator().manual_seed(3)
        self.shape, self.classes = shape, classes
        self.x_test = torch.randn(examples, *shape, generator=noise)
        self.y_test = torch.randint(classes, (examples,), generator=noise)


@cache
def noise():
    return Noise()


@cache
def networks():
    return tl.draw(tl.nets.mlp(noise(), (9, 7)), [0, 1, 2])


@cache
def splits():
    noise = torch.Generator().manual_seed(3)

    def split(n):
        return torch.randn(n, 12, generator=noise), torch.randint(4, (n,), generator=noise)

    return tl.data.Data("noise", *split(60), *split(40), *split(50), 4, (12,), "noise")


def search(rate, levels, replicates=3, hidden=(9, 7)):
    return tl.lottery.search(tl.nets.mlp(splits(), hidden), splits(), tl.Recipe(batch=20, steps=6, lr=0.02),
                             levels=levels, rate=rate, replicates=replicates, rewind=2, progress=False)


@cache
def tickets():
    return search(RATES, 4)


@cache
def faster():
    return search(FASTER, 2)


@cache
def arms():
    return tl.lottery.controls(tickets(), ["reinit", "random"], progress=False)


@cache
def family():
    """Children of three moments, the lines between them, and tickets rewound in four ways."""
    start = tl.draw(NETS["cnn"], SEEDS)
    run = fit(start, RECIPE, snapshots=STEPS[1:])
    starts = {0: Snapshot(start)} | run.snapshots
    children = instability.children(starts, DATA, RECIPE, SEEDS, snapshots=[25, 33], progress=False)
    lines = instability.lines(children, DATA, points=5, progress=False)
    found = rewinding.search(NETS["cnn"], DATA, RECIPE, WAYS, levels=3, rate=0.4, replicates=2, progress=False)
    return SimpleNamespace(children=children, lines=lines, starts=starts, tickets=found)


@cache
def widths():
    return pandas.concat([made(), made(RANDOM, arm="random").query("level > 0")])


@cache
def trained_widths():
    return measure()


@cache
def wrong_labels():
    return double_descent.sweep(descents.DATA, SIZES, descents.RECIPE.with_(steps=200), noises=NOISES,
                                replicates=2, layers=1, progress=False)


def prune_panel():
    return panels.prune_panel(networks(), noise(), replicate=1)


def ticket_panel():
    return panels.ticket_panel({0.64: faster(), 0.4: tickets()}, controls={0.4: arms()})


def rewind_panel():
    return panels.rewind_panel(family().children, family().lines, family().starts, family().tickets)


def rewind_panel_without_tickets():
    return panels.rewind_panel(family().children, family().lines, family().starts, replicate=1)


def scaling_panel():
    return panels.scaling_panel(widths(), net=20)


def descent_panel():
    return panels.descent_panel(wrong_labels(), signals=5)
