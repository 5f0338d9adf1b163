"""The arms of the experiment: what is done with a mask, and the controls that could prove it wrong.

An arm is a function of the search and one of its levels; it says what to train. That is all, so a
new one takes a few lines in a notebook cell::

    def constant(tickets, level):
        "One magnitude for all weights of a layer, with the signs of the initialisation."
        stack = tickets.initial.map(lambda w: w.abs().mean() * w.sign())
        return tl.arms.Start(stack, level.masks)

Arms are paired by replicate: same data order, and whatever they do not change is the same.
``lottery.controls`` trains them. Lesson 04 builds on this file.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from ticketlab import pruning
from ticketlab.nets import constants
from ticketlab.pruning import Masks, dense, layer_name
from ticketlab.stack import Stack, draw
from ticketlab.training import MASKS, Recipe, Snapshot


class Start(NamedTuple):
    """What an arm trains: R networks, their masks, and how.

    moment: a Stack (from step 0) or a Snapshot to go on from. masks: held from the first step on.
    recipe: by default that of the search. stop: the step to stop after, by default the recipe's
    last; 0 trains nothing, and only evaluates.
    """

    moment: Stack | Snapshot
    masks: Masks
    recipe: Recipe | None = None
    stop: int | None = None


def ticket(tickets, level) -> Start:
    """The mask, and the weights of the rewind step: the winning ticket, if it is one.

    Frankle & Carbin 2019, section 2. The search has trained it already; ask for it again to give
    it another recipe, as lesson 04 does with a longer budget.
    """
    return Start(tickets.stem, level.masks)


def reinit(tickets, level) -> Start:
    """The mask, with a new draw of all values from the distribution of the initialisation.

    Trained from step 0, whatever the rewind step. Another draw at each level, the same at each
    call. Frozen parameters keep their values. Frankle & Carbin 2019, sections 2 and 3.
    """
    return Start(_redraw(tickets, level), level.masks)


def signs(tickets, level) -> Start:
    """The mask, with new magnitudes and the old signs: ``reinit`` that keeps the sign of each
    weight at the rewind step. Zhou et al. 2019."""
    stack, old = _redraw(tickets, level), tickets.stem.stack
    weights = {name: values.abs() * old.parameters[name].sign() if name in level.masks else values
               for name, values in stack.parameters.items()}
    return Start(replace(stack, parameters=weights), level.masks)


def shuffled(tickets, level) -> Start:
    """The weights of the rewind step, under the mask permuted inside each layer.

    Keeps how many weights each layer has, and forgets which. Another permutation at each level.
    """
    draws = [_generator(seed, "shuffled", level.number) for seed in tickets.seeds]
    masks = {}
    for name, mask in level.masks.items():
        orders = [torch.from_numpy(draw.permutation(mask[0].numel())) for draw in draws]
        order = torch.stack(orders).to(mask.device)
        masks[name] = mask.flatten(1).gather(1, order).view(mask.shape)
    return Start(tickets.stem, masks)


def random(tickets, level) -> Start:
    """The weights of the rewind step, under random masks with the ticket's density in each layer.

    At one level the same law as ``shuffled``, drawn independently: how far the two arms differ is
    the noise of the experiment. Unlike there, the masks of later levels lie inside those of earlier
    ones, as if pruned at random, level by level.
    """
    everything = dense(tickets.initial)
    seeds = [int(_generator(seed, "random").integers(2**62)) for seed in tickets.seeds]
    scores, masks = pruning.random(seeds)(tickets.initial), {}
    for name, mask in level.masks.items():
        ranks = pruning.removal_ranks(scores, everything, [name])[name].flatten(1)
        gone = (~mask).flatten(1).sum(1, keepdim=True)
        masks[name] = (ranks >= gone).view(mask.shape)
    return Start(tickets.stem, masks)


def one_shot(tickets, level) -> Start:
    """The weights of the rewind step, under the mask of one single cut of the dense network to the
    same density, with the search's score and scope. Frankle & Carbin 2019, section 2."""
    trained = tickets.trials[0].run.stack
    untouched = [name for name, rate in pruning.by_layer(trained, "rate", tickets.rate).items()
                 if rate == 0]
    kept = {name: mask[0].cpu().double().mean().item() for name, mask in level.masks.items()}
    if tickets.scope == "global":
        pool = [mask[0].flatten() for name, mask in level.masks.items() if name not in untouched]
        kept = dict.fromkeys(kept, torch.cat(pool).cpu().double().mean().item())
    kept = {layer_name(name): 1.0 if name in untouched else share for name, share in kept.items()}
    return Start(tickets.stem, pruning.prune(trained, density=kept, score=tickets.score,
                                             scope=tickets.scope))


def fine_tune(tickets, level) -> Start:
    """The mask on the trained weights it was cut from, trained on at the last learning rate, for
    as many steps. Han et al. 2015; it never goes back, so it is no lottery ticket."""
    recipe, examples = tickets.recipe, len(tickets.data.x_train)
    schedule = recipe.schedule(examples)
    last = recipe.with_(lr=schedule.lr_at(schedule.total - 1), warmup=0, drops=())
    return Start(tickets.trials[level.number - 1].run.stack, level.masks, last)


def untrained(tickets, level) -> Start:
    """The mask on the weights of the rewind step, without any training.

    Zhou et al. 2019 found that some masks alone do better than chance ("supermasks").
    """
    return Start(tickets.stem, level.masks, stop=tickets.stem.step)


def supermask(tickets, level) -> Start:
    """The untrained weights, and no training of them: which are used is learned, as many in each layer
    as the ticket has. Its trials hold the masks that were learned. Where the rewind step is not 0, the
    weights are still those of step 0. Ramanujan et al. 2020 (edge-popup)."""
    recipe = tickets.recipe.with_(trained=MASKS, l1=0.0, powerprop=1.0)
    return Start(tickets.initial, level.masks, recipe)


ALL = {arm.__name__: arm for arm in (ticket, reinit, signs, shuffled, random, one_shot, fine_tune,
                                     untrained, supermask)}


def _redraw(tickets, level) -> Stack:
    """New initialisations, decided by each replicate's seed and the level, and by nothing else."""
    initial = tickets.initial
    seeds = [int(_generator(seed, "redraw", level.number).integers(2**62)) for seed in tickets.seeds]
    drawn = draw(initial.net, seeds, initial.initialise, initial.device)
    held = constants(initial.net)  # each replicate's own, where networks came from modules
    return replace(drawn, **{field: {
        name: getattr(initial if name in held else drawn, field)[name] for name in getattr(drawn, field)}
        for field in ("parameters", "buffers")})


def _generator(seed: int, *purpose) -> "np.random.Generator":
    """Draws of one purpose tell nothing of those of another, nor of the seed's initialisation."""
    return np.random.default_rng([seed, *f"{purpose}".encode()])
