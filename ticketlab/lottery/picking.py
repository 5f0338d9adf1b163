"""Supermasks as trials: networks of which no weight is trained, only which of them are used.

``supermasks`` learns them for several shares at once; the arm ``supermask`` learns one as large as a
ticket's. Their trials stand in tables and figures beside those of any arm. Lesson 08 builds on this file.
"""

from collections.abc import Sequence

from torch import nn

from ticketlab import pruning
from ticketlab.basics import progress_bar
from ticketlab.lottery.batches import at_once
from ticketlab.lottery.searching import learner, networks
from ticketlab.lottery.trials import Trial
from ticketlab.pruning import Masks
from ticketlab.stack import Stack, concatenate
from ticketlab.training import MASKS, Recipe, Run, Snapshot

ARM = "supermask"


def supermasks(net: nn.Module | Stack, data, recipe: Recipe, shares: Sequence[float], *,
               replicates: int = 3, seeds: Sequence[int] | None = None, together: int | None = None,
               keep: str | None = None, progress=True) -> list[Trial]:
    """Learn which weights of random networks to use, for each share kept.

    net: an architecture, drawn here once a seed, or a Stack of networks (drawn by
    ``nets.signed_constant``, say). recipe: of the scores; whatever it says is trained, here it is
    ``"masks"``. shares: of the weights of every layer, above 0 and up to 1. seeds: of initialisation,
    data order and first scores, by default 0 ... replicates - 1. together: networks trained at once; all
    shares of all replicates share stacks up to that number. keep, progress: as in ``lottery.search``.

    Gives one trial a share, in the order given, of the arm ``"supermask"``: its masks are what was
    learned, and exactly round(share x weights) of every layer are kept; ``run.stack`` are the networks
    with the other weights zero, ``trial.number`` counts from 1.
    Raises ValueError for shares that do not fit (``pruning.supermasks.shares``), for a recipe that names
    what is to be trained, and as ``pruning.supermasks.check_pickable`` does.
    Ramanujan et al. 2020 (edge-popup). Lesson 08 builds on it.
    """
    initial, seeds = networks(net, replicates, seeds, data)
    recipe = scores_only(recipe)
    sizes = pruning.supermasks.shares(initial, shares)
    if not sizes:
        raise ValueError("shares is empty; give at least one, such as [0.5]")
    R = initial.replicates
    most = max(1, at_once(initial.device, together) // R)
    groups = [range(len(sizes))[at:at + most] for at in range(0, len(sizes), most)]
    total = recipe.schedule(len(data.x_train)).total
    trials = []
    with progress_bar(progress, total * len(groups), "supermasks") as bar:
        for group in groups:
            name = "-".join(["supermask", *(f"{100 * shares[place]:g}" for place in group)])
            run = learner(keep, bar)(
                name[:100], Snapshot(concatenate([initial] * len(group))), data, recipe,
                masks=pruning.concatenate([sizes[place] for place in group]),
                order_seeds=seeds * len(group))
            trials += [trial(ARM, place + 1, sizes[place], run.part(slice(at * R, (at + 1) * R)), recipe)
                       for at, place in enumerate(group)]
    return trials


def scores_only(recipe: Recipe) -> Recipe:
    """The recipe for scores. Raises ValueError for one that says what is to be trained."""
    if recipe.trained not in (MASKS, Recipe.trained):
        raise ValueError(f"Recipe trained is {recipe.trained!r}, and a supermask trains scores and no "
                         "weight, so both cannot be; leave trained out of the recipe")
    return recipe.with_(trained=MASKS)


def trial(arm: str, number: int, masks: Masks, run: Run, recipe: Recipe) -> Trial:
    """A trial whose masks are those that its networks have: held, or learned."""
    held = pruning.supermasks.found(run.stack) if recipe.trained == MASKS else masks
    return Trial(arm, number, held, run)
