"""What every search shares: its networks, its rewind step, and where it keeps what is finished.

``iterative_pruning`` and ``rewinding`` build on this file; lessons 04 and 05 through them.
"""

from collections.abc import Callable

from torch import nn

from ticketlab import runs
from ticketlab.basics import one_each, warn, whole_from, wholes_from
from ticketlab.stack import Stack, check_stack, draw
from ticketlab.training import MASKS, Recipe, parse_steps, train


def learner(keep: str | None, bar) -> Callable:
    """``train`` as searches call it: ``learn(name, start, data, recipe, ...)`` moves ``bar`` on, and is
    kept on disk under ``keep``/``name`` (``ticketlab.runs``) unless ``keep`` is None."""
    def learn(name, start, data, recipe, **more):
        more["progress"] = bar
        if keep is None:
            return train(start, data, recipe, **more)
        return runs.train(f"{keep}/{name}", start, data, recipe, **more)

    return learn


def networks(net: nn.Module | Stack, replicates: int, seeds, data) -> tuple[Stack, list[int]]:
    """The initial networks of a search and their seeds: drawn from an architecture, or as given.

    Warns of a given stack that no seed can draw anew: arms that want that raise the reason before
    they train. Raises ValueError for a number of seeds that does not fit a given stack.
    """
    if not isinstance(net, nn.Module):
        check_stack(net, "net")
        seeds = one_each("seeds", seeds, net.replicates)
        try:
            draw(net.net, [0], net.initialise)
        except ValueError as error:  # known now, and not only after the training
            warn(f"the arms 'reinit' and 'signs' cannot be made of this stack, and the search goes on "
                 f"without them: {error}")
        return net, seeds
    seeds = (list(range(whole_from("replicates", replicates, least=1))) if seeds is None else
             wholes_from("seeds", seeds))
    return draw(net, seeds, device=data.x_train.device), seeds


def rewind_step(rewind: int | str, recipe: Recipe, data, rungs: list[float]
                ) -> tuple[int, int]:
    """The rewind step and the length of a training, in steps.

    rungs: the densities planned. Warns of a step inside the recipe's warm-up. Raises ValueError,
    before anything is trained, for a step that is not before the end and for a level that would
    remove nothing.
    """
    if recipe.trained == MASKS:
        raise ValueError(f"the recipe trains {MASKS!r}, and a search trains weights; for masks that are "
                         "learned call lottery.supermasks, or controls(tickets, ['supermask'])")
    schedule = recipe.schedule(len(data.x_train))
    k = parse_steps(rewind, per_epoch=schedule.per_epoch, total=schedule.total)
    if k >= schedule.total:
        raise ValueError(f"rewind is {rewind!r}, which is step {k}, and the recipe trains for "
                         f"{schedule.total} steps; rewind to an earlier step (0: the initialisation)")
    for level, (before, after) in enumerate(zip(rungs, rungs[1:], strict=False), start=1):
        if after == before > 0:  # at 0 a layer is empty long before, which ends the search cleanly
            raise ValueError(f"level {level} would remove nothing: at density {before:.3g} the rate "
                             "is less than half a weight of every layer; raise it, or ask for "
                             f"{level - 1} levels")
    if 0 < k < schedule.warmup:
        warn(
            f"rewind is {rewind!r}, which is step {k}, and the recipe warms up for "
            f"{schedule.warmup} steps, so the weights go back to where the learning rate still "
            f"rises. The schedule continues from step {k}, so each ticket sees only the rest of the "
            f"warm-up: rewind to step {schedule.warmup} or later, or to 0 for the whole of it")
    return k, schedule.total
