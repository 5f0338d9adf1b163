"""Width and depth: the experiment of the lottery for one net after another, in one table.

Each net is trained dense, as tickets and under random masks of the same densities. What the table
then answers (how far each net can be pruned, how many weights that leaves, and whether a wide net
pruned beats a narrow one left dense) is in ``ticketlab.scaling.matching``. Lesson 06 builds on this file.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn

from ticketlab import lottery
from ticketlab.basics import choose, processes, progress_bar, whole_from
from ticketlab.data import load
from ticketlab.nets import conv1d, count, mlp
from ticketlab.pruning import Share, layer_name, survivors
from ticketlab.stack import Stack, has_rules
from ticketlab.training import Recipe

LAYER = "weights_"  # begins the columns with the weights remaining in each layer
FIXED = 10_000  # what a step costs besides its weights, as so many weights


class Protocol(NamedTuple):
    """How nets of one kind are compared on MNIST-1D: their training, the rounds of pruning, and how
    deep a net is unless a unit says otherwise."""

    recipe: Recipe
    levels: int
    rate: dict[str, float]
    depth: int


# One learning rate for all widths. Narrow nets learn slowly, and at the lr of lesson 04 a training
# as short would only show how far each had come; this one costs the widest about a point. Only the last
# step is looked at, so only it is evaluated.
PROTOCOLS = {
    "mlp": Protocol(Recipe("adam", lr=1e-2, batch=100, steps=600, evaluate_every="100%"), 5,
                    {"hidden": 0.5, "output": 0.25}, 2),
    "cnn": Protocol(Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4, batch=50, steps=500,
                           drops=("80%", "90%"), evaluate_every="100%"), 2,
                    {"conv1": 0.3, "conv": 0.6, "output": 0.3}, 3),
}


def architecture(net: str, data, width: int, depth: int | None = None) -> nn.Sequential:
    """A net of one kind at some width and depth.

    net: ``"mlp"``, ``depth`` hidden layers of ``width`` units, the last of two or more a third as
    wide, so that 300 is LeNet-300-100; or ``"cnn"``, ``nets.conv1d`` with ``depth`` convolutions of
    ``width`` channels, the first of kernel 5, the others of 3. depth: by default 2 and 3.
    Raises ValueError for another kind, a width or a depth below 1. Lesson 06 builds on it.
    """
    depth = _protocol(net).depth if depth is None else depth
    width, depth = whole_from("width", width, least=1), whole_from("depth", depth, least=1)
    if net == "cnn":
        return conv1d(data, width, kernels=(5,) + (3,) * (depth - 1))
    last = () if depth == 1 else (max(1, round(width / 3)),)
    return mlp(data, (width,) * (depth - len(last)) + last)


def run(nets: Mapping[object, nn.Module | Stack], data, recipe: Recipe, *, levels: int, rate: Share,
        by: str = "width", arms: Sequence = ("random",), replicates: int = 3,
        seeds: Sequence[int] | None = None, keep: str | None = None, progress=True, **search):
    """The lottery for several nets: a pandas data frame of all of them.

    nets: label -> architecture, such as ``{32: nets.mlp(...), 64: ...}``; figures need numbers as
    labels. by: what the labels are, and the name of their column. arms: the controls at every
    level; [] for tickets alone. keep: as in ``lottery.search``; each net is kept under
    ``keep/width-32``. progress: one bar for all, in percent of the work. The other arguments are
    those of ``lottery.search``.

    On a CPU several nets are searched at a time, each in a process of its own and on one thread
    (``basics.processes`` says when), the largest first; the results are those of one thread, bit for bit.

    Columns: those of ``lottery.table``, with ``replicate`` named by its seed, so that tables of
    other seeds can stand below; the label; ``weights``, the number remaining; ``val_accuracy``, on
    the validation split after the last step; and ``weights_hidden1`` and so on by layer.
    Raises ValueError for no nets and whatever ``lottery.search`` and ``controls`` refuse: the first error
    ends all.
    Lesson 06 builds on it.
    """
    import pandas

    if not nets:
        raise ValueError("there are no nets; give label -> architecture, such as "
                         "{32: nets.mlp(data)}")
    costs = {label: FIXED + count(net.net if isinstance(net, Stack) else net)["weights"]
             for label, net in nets.items()}
    levels = whole_from("levels", levels)
    steps = (levels + 2) * recipe.schedule(len(data.x_train)).total  # the controls: in one stack
    percent = 100 / sum(costs.values()) / steps
    pieces = [processes.Piece((label, net), steps, percent * costs[label], costs[label])
              for label, net in nets.items()]
    shared = data, recipe, by, arms, keep, search | {
        "levels": levels, "rate": rate, "seeds": seeds, "replicates": replicates}
    # else layers may draw random numbers
    apart = data.x_train.device.type == "cpu" and all(
        has_rules(net.net if isinstance(net, Stack) else net) for net in nets.values())
    with progress_bar(progress, 100, f"{len(nets)} nets by {by}", "%") as bar:
        tables = processes.each(_lottery, pieces, shared, bar, apart=apart)
    return pandas.concat(tables, ignore_index=True)


def _lottery(shared: tuple, label, net, bar):
    """The table of one net."""
    data, recipe, by, arms, keep, search = shared
    own = None if keep is None else f"{keep}/{by}-{label}"
    tickets = lottery.search(net, data, recipe, keep=own, progress=bar, **search)
    found = _table(tickets, lottery.controls(tickets, arms, keep=own, progress=bar))
    found.insert(0, by, label)
    return found


def unit(*, width: int, net: str = "mlp", depth: int | None = None,
         seeds: Sequence[int] = (0, 1, 2), dataset: str = "mnist1d", levels: int | None = None,
         steps: int | None = None, lr: float | None = None, arms: Sequence[str] = ("random",),
         device: str = "cpu", keep: str | None = None, progress=False):
    """``run`` of one net, from settings that can be written down: a unit of ``sweep.run``::

        units = sweep.grid(width=[10, 40, 160], seeds=[(0, 1, 2), (3, 4, 5)])
        table = sweep.run(scaling.unit, units, keep="widths", executor=...).table

    width, net, depth: as in ``architecture``. seeds: of the replicates; of one net, give each unit
    other ones. dataset: as in ``data.load``. levels, steps, lr: by default those of
    ``PROTOCOLS[net]``, which are for MNIST-1D. Gives what ``run`` gives, with ``net``, ``width``
    and ``depth`` in front. Raises ValueError as ``architecture`` and ``run`` do. Lesson 06 builds
    on it.
    """
    protocol, data = _protocol(net), load(dataset, device=device, progress=progress)
    depth = protocol.depth if depth is None else depth
    changes = {name: value for name, value in (("steps", steps), ("lr", lr)) if value is not None}
    found = run({width: architecture(net, data, width, depth)}, data,
                protocol.recipe.with_(**changes), rate=protocol.rate, arms=arms, seeds=seeds,
                levels=protocol.levels if levels is None else levels, keep=keep, progress=progress)
    found.insert(0, "net", net)
    found.insert(2, "depth", depth)
    return found


def _table(tickets: lottery.Tickets, trials: Sequence[lottery.Trial]):
    """``lottery.table`` with seeds, validation accuracy, and counts of weights."""
    every = [*tickets.trials, *trials]
    found = lottery.table(every)
    found["replicate"] = [tickets.seeds[number] for number in found["replicate"]]
    found["val_accuracy"] = torch.cat([each.run.last("val_accuracy") for each in every]).tolist()
    kept = {name: torch.cat([survivors(each.masks)[name] for each in every])
            for name in every[0].masks}
    found["weights"] = torch.stack(list(kept.values())).sum(0).tolist()
    for name, counts in kept.items():
        found[LAYER + layer_name(name)] = counts.tolist()
    return found


def _protocol(net: str) -> Protocol:
    choose("net", net, PROTOCOLS)
    return PROTOCOLS[net]
