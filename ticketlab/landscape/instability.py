"""Instability: where does training end up if only the order of the data changes from step k on?

From the weights of step k, two *children* are trained to the end in two orders of the data. If the
error between their ends has no barrier, training was stable to the noise of SGD from step k on. All
children, of all k and all replicates, train as one stack, each from its own step; then all lines
between them are measured together. Lesson 05 builds on this file.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ticketlab.basics import progress_bar, wholes_from
from ticketlab.landscape.lines import Line, line
from ticketlab.lottery import learner
from ticketlab.pruning import Masks, concatenate
from ticketlab.stack import concatenate as join_stacks
from ticketlab.training import Run, Snapshot, train_joining


def children(starts: Mapping[object, Snapshot], data, recipe, seeds: Sequence[int], *,
             masks: Mapping[object, Masks] | None = None, snapshots: Sequence[int] = (),
             keep: str | None = None, progress=True) -> dict[object, tuple[Run, Run]]:
    """Train two children of each of several moments; they differ only in the order of the data.

    starts: any label (such as k) -> the Snapshot of R networks to start from, optimiser state
    included. seeds: R, of the replicates; the two orders of a replicate are decided by its seed,
    and are the same for every start, so that differences between starts are paired. masks: label ->
    masks held, for sparse networks. snapshots: steps at which the children are kept too, for
    pictures of their paths. keep: as in ``lottery.search``.
    Gives label -> (first child, second child), R networks each. Raises ValueError for arguments
    that do not fit. Frankle, Dziugaite, Roy & Carbin 2020, section 2. Lesson 05 builds on it.
    """
    if not starts:
        raise ValueError("starts is empty; give at least one label -> Snapshot, such as the "
                         "snapshots of a run")
    seeds = wholes_from("seeds", seeds)
    for label, start in starts.items():
        if masks is not None and label not in masks:
            raise ValueError(f"start {label!r} has no masks; there are some for {list(masks)}")
        if start.stack.replicates != len(seeds):
            raise ValueError(f"start {label!r} has {start.stack.replicates} networks and there are "
                             f"{len(seeds)} seeds; give one each")
    labels = [label for label in starts for _ in range(2)]
    orders = [[_order_seed(seed, child) for seed in seeds] for _ in starts for child in range(2)]
    total = recipe.schedule(len(data.x_train)).total
    first = min(start.step for start in starts.values())
    moments = f"{len(starts)} moment{'' if len(starts) == 1 else 's'}"
    with progress_bar(progress, total - first, f"two children of {moments}") as bar:
        learn = learner(keep, bar)

        def named(*arguments, **more):
            return learn(f"children-to-{more['stop']}", *arguments, **more)

        runs = train_joining([starts[label] for label in labels], data, recipe, order_seeds=orders,
                             masks=None if masks is None else [masks[label] for label in labels],
                             snapshots=snapshots, learn=named)
    return {label: (runs[2 * place], runs[2 * place + 1]) for place, label in enumerate(starts)}


def lines(pairs: Mapping[object, tuple[Run, Run]], data, *,
          masks: Mapping[object, Masks] | None = None, progress=True, **options
          ) -> dict[object, Line]:
    """The lines between the children of each label, measured as one: label -> ``landscape.Line``.

    pairs: what ``children`` gives. masks: those the children were trained with, if any. options:
    of ``landscape.line`` (points, split, together, ...). Lesson 05 builds on it.
    """
    labels = list(pairs)
    both = [join_stacks([pairs[label][child].stack for label in labels]) for child in range(2)]
    held = None if masks is None else concatenate([masks[label] for label in labels])
    whole = line(*both, data, masks=held, progress=progress, **options)
    R = [pairs[label][0].stack.replicates for label in labels]
    errors, losses = whole.error.split(R, dim=1), whole.loss.split(R, dim=1)
    return {label: Line(whole.alphas, error, loss)
            for label, error, loss in zip(labels, errors, losses, strict=True)}


def _order_seed(seed: int, child: int) -> int:
    """Neither the order that the replicate was trained in before, nor that of any other child."""
    return int(np.random.default_rng([seed, child, *b"children"]).integers(2**62))
