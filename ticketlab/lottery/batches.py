"""Which arms and levels train together: one stack for all that share a recipe and a first step.

``ticketlab.lottery.controls`` calls it; lesson 04 builds on it.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ticketlab.basics import choose
from ticketlab.lottery import arms
from ticketlab.lottery.trials import Tickets
from ticketlab.pruning import LayerCollapse
from ticketlab.training import MASKS, Recipe, Snapshot

NETWORKS_AT_ONCE = {"cpu": 36, "cuda": 256}  # more would not be faster (make bench), only bigger


def at_once(device, together: int | None) -> int:
    """How many networks train in one stack: as asked for, or as is quick on that device."""
    return together or NETWORKS_AT_ONCE.get(device.type, NETWORKS_AT_ONCE["cpu"])


def named(arm: str | Callable) -> Callable:
    """The arm itself; raises ValueError, with the nearest names, for one that is not known."""
    if callable(arm):
        return arm
    choose("arm", arm, arms.ALL, "give a function of your own")
    return arms.ALL[arm]


def chosen(arms: Sequence[str | Callable]) -> list[Callable]:
    """The arms themselves; raises ValueError for two of one name: no table could tell them apart."""
    if isinstance(arms, str) or callable(arms):
        arms = [arms]  # a string would be read letter by letter
    found = [named(arm) for arm in arms]
    names = [arm.__name__ for arm in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two arms are called {name!r}; give each a name of its own, with def")
    return found


class Asked(NamedTuple):
    """An arm at a level, ready to train: in ``start`` the moment is a Snapshot, and nothing is None."""

    arm: str
    number: int
    start: arms.Start


def ask(arm: Callable, tickets: Tickets, number: int, recipe: Recipe | None) -> Asked:
    """Ask an arm what it trains at a level; ``recipe`` goes before its own and the search's.

    Raises ValueError, naming arm and level, if the arm would empty a layer there or gives another
    number of networks than the search has.
    """
    try:
        start = arm(tickets, tickets.trials[number])
    except LayerCollapse as collapse:
        raise ValueError(f"arm {arm.__name__!r} cannot be made at level {number}: "
                         f"{collapse}") from collapse
    moment = start.moment if isinstance(start.moment, Snapshot) else Snapshot(start.moment)
    if moment.stack.replicates != len(tickets.seeds):
        raise ValueError(f"arm {arm.__name__!r} gives {moment.stack.replicates} networks at level "
                         f"{number}; the search has {len(tickets.seeds)} replicates, and arms are "
                         "paired by replicate")
    own = recipe or start.recipe or tickets.recipe
    if recipe is not None and start.recipe is not None and start.recipe.trained == MASKS:
        own = recipe.with_(trained=MASKS)  # what an arm trains is what it is; how, is asked for
    total = own.schedule(len(tickets.data.x_train)).total
    return Asked(arm.__name__, number, start._replace(
        moment=moment, recipe=own, stop=total if start.stop is None else start.stop))


def batches(asked: list[Asked], limit: int) -> list[list[Asked]]:
    """What can train together, in stacks of up to ``limit`` entries. An arm stays in one stack if
    it can: asked for again among other arms, it is then often found on disk."""
    groups = {}
    for each in asked:
        start = each.start
        key = (start.moment.step, start.moment.optimizer is None, start.recipe, start.stop)
        groups.setdefault(key, {}).setdefault(each.arm, []).append(each)
    found, limit = [], max(1, limit)
    for by_arm in groups.values():
        batch = []
        for entries in by_arm.values():
            if len(batch) + len(entries) > limit:
                found.append(batch)
                batch = []
            size = math.ceil(len(entries) / math.ceil(len(entries) / limit))
            *full, rest = [entries[at:at + size] for at in range(0, len(entries), size)]
            found += full
            batch = batch + rest
        found.append(batch)
    return [batch for batch in found if batch]


def name(batch: list[Asked]) -> str:
    """What people read on disk: ``reinit-signs-levels-04-12``."""
    named_arms = list(dict.fromkeys(each.arm for each in batch))
    numbers = [each.number for each in batch]
    return f"{'-'.join(named_arms)}-levels-{min(numbers):02d}-{max(numbers):02d}"
