"""The panels that are tested, each made of what takes a moment to train, once in a process."""

import re
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas
import torch

import ticketlab as tl
from tests.landscape.test_symmetries import PAIR, sparse
from tests.panels.language.conftest import tables
from tests.scaling import test_double_descent as descents
from tests.scaling.test_matching import VALIDATION, made, measure
from tests.training.test_loop import DATA, NETS, RECIPES, fit
from ticketlab import landscape, panels
from ticketlab.data import textures
from ticketlab.landscape import instability
from ticketlab.lottery import rewinding
from ticketlab.scaling import double_descent
from ticketlab.training import Snapshot
from ticketlab.weights import kernels as measures

RATES, FASTER = {"hidden": 0.4, "output": 0.2}, {"hidden": 0.64, "output": 0.36}
RECIPE, SEEDS, STEPS = RECIPES["sgd"], (0, 1), (0, 10, 20)
WAYS = [rewinding.weights(0), rewinding.weights(10), rewinding.learning_rate(10),
        rewinding.fine_tuning(10)]
RANDOM = {width: [0, values[0] - .05, .3, .1] for width, values in VALIDATION.items()}
SIZES, NOISES = (2, 6, 24), (0, 0.2)
SHAPE = {"width": 1.5, "length": 2.25, "angle": 60.0, "frequency": 0.2}


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


@cache
def conflict():
    return textures.cue_conflict(conflicts=30, mixtures=(0, 0.5, 1))


@cache
def choices():
    """Two replicates of a net that follows the shape, then half and half, then the texture."""
    own = torch.zeros(3, 2, 30, dtype=torch.int8)
    own[1, 1], own[2] = 1, 1
    own[2, 0, 0] = 2
    return {"a <net>": own, "other": torch.ones(3, 1, 30, dtype=torch.int8)}


@cache
def three_kernels():
    """Constant, a known Gabor function, and noise."""
    wave = measures.gabor((7, 7), x=0.5, phase=30, **SHAPE)
    return np.stack([np.ones((7, 7)), wave, measures.random_kernels(1, (7, 7))[0, 0]])[:, None]


@cache
def fits():
    return measures.fit(three_kernels(), progress=False)


def four_kernels():
    """Four kernels of four weights, 1 to 16: the first kernel has the smallest."""
    return np.arange(1.0, 17).reshape(4, 1, 2, 2) * np.array([1, -1]).repeat(8).reshape(4, 1, 2, 2)


def level_by_level(levels):
    found = tl.lottery.search(NETS["mlp"], DATA, RECIPE, levels=levels, rate=0.4, replicates=2, progress=False)
    stacks = [trial.run.stack for trial in found.trials]
    return found, [landscape.line(a, b, DATA, points=5, progress=False)
                   for a, b in zip(stacks[:-1], stacks[1:], strict=True)]


@cache
def searches():
    return {"long": level_by_level(3), "short": level_by_level(1)}


@cache
def signals():
    generator = torch.Generator().manual_seed(0)
    return tl.data.from_arrays(torch.randn(300, 40, generator=generator), torch.arange(300) % 10)


@cache
def pressed():
    plain = tl.draw(tl.nets.mlp(tl.nets.Task((40,), 10), (20,)), range(3))
    return {"L2": {"none": plain, "weak": plain.map(lambda t: t * 0.9)},
            "powerpropagation": {"none": plain, "α = 2": plain.map(lambda t: t * t.abs()),
                                 "α = 3": plain.map(lambda t: t * t.abs() ** 2)}}


def cue_panel():
    return panels.cue_panel(conflict(), choices())


def fit_panel():
    return panels.fit_panel(three_kernels(), fits())


def kernels_panel():
    return panels.kernels_panel(four_kernels(), [0.1, 0.5, 0.7, 0.9])


def levels_panel():
    return panels.levels_panel({name: own[0] for name, own in searches().items()},
                               {name: own[1] for name, own in searches().items()})


def rotation_panel():
    networks, _ = sparse(PAIR)
    return panels.rotation_panel({"ReLU layer": (networks, "0", signals()),
                                  "linear pair": (networks, "2", signals())})


def pressure_panel():
    return panels.pressure_panel(pressed(), signals())


def language_panel():
    return panels.language_panel(**tables(), rate=0.2)


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


@cache
def picked():
    """Supermasks of two draws of random networks, four shares each."""
    recipe = tl.Recipe("sgd", lr=0.1, momentum=0.9, batch=20, steps=20, evaluate_every=20)
    return {name: tl.lottery.supermasks(tl.draw(tl.nets.mlp(splits(), (9, 7)), [0, 1], draw), splits(), recipe,
                                        [0.8, 0.1, 0.3, 0.5], progress=False)
            for name, draw in (("signed <constant>", tl.nets.signed_constant), ("Kaiming normal", tl.nets.kaiming_normal))}


def picked_shares():
    """Of the panel, ascending: what is kept of all weights, as the slider has it."""
    return [kept / 199 for kept in (20, 59, 100, 158)]


@cache
def reset_table():
    start = tl.draw(NETS["mlp"], SEEDS)
    return landscape.resets(fit(start, RECIPE).stack, start, DATA, shares=(0, 0.5, 1), progress=False)


def supermask_panel():
    return panels.supermask_panel(picked(), trained=0.4)


def reset_panel():
    return panels.reset_panel(reset_table(), chance=0.25)
