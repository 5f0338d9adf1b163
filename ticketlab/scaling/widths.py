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
from ticketlab.basics import choose, processes, progress_bar, whole_from, wholes_from
from ticketlab.data import load
from ticketlab.nets import conv1d, mlp
from ticketlab.pruning import Share, layer_name, survivors
from ticketlab.stack import Stack, has_rules
from ticketlab.training import Recipe, step_cost

LAYER = "weights_"  # begins the columns with the weights remaining in each layer


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
    "mlp": Protocol(Recipe("adam", lr=1e-2, batch=100, steps=500, evaluate_every="100%"), 5,
                    {"hidden": 0.5, "output": 0.25}, 2),
    "cnn": Protocol(Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4, batch=50, steps=400,
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


class Experiment(NamedTuple):
    """What ``experiment`` wrote down, for ``run_all``: as there."""

    nets: dict[object, nn.Module | Stack]
    data: object
    recipe: Recipe
    by: str
    arms: Sequence | Mapping
    keep: str | None
    search: dict


def experiment(nets: Mapping[object, nn.Module | Stack], data, recipe: Recipe, *, levels: int,
               rate: Share, by: str = "width", arms: Sequence | Mapping = ("random",),
               replicates: int = 3, seeds: Sequence[int] | None = None, keep: str | None = None,
               **search) -> Experiment:
    """The lottery for several nets, written down and not begun: ``run_all`` takes several of these.

    nets: label -> architecture, such as ``{32: nets.mlp(...), 64: ...}``; figures need numbers as
    labels. by: what the labels are, and the name of their column. arms: the controls at every
    level, or arm -> its levels; [] for tickets alone. keep: as in ``lottery.search``; each net is kept
    under ``keep/width-32``, where a search of that net finds it, too. The other arguments are those of
    ``lottery.search``.
    Raises ValueError for no nets, and for levels, replicates and seeds that are no whole numbers.
    Lesson 06 builds on it.
    """
    if not nets:
        raise ValueError("there are no nets; give label -> architecture, such as "
                         "{32: nets.mlp(data)}")
    return Experiment(dict(nets), data, recipe, by, arms, keep, search | {
        "levels": whole_from("levels", levels), "rate": rate,
        "seeds": None if seeds is None else wholes_from("seeds", seeds),
        "replicates": whole_from("replicates", replicates, least=1)})


def run_all(*experiments: Experiment, progress=True) -> list:
    """Several experiments at a time, such as widths of one kind and depths of another: for each of them,
    in order, the table that ``run`` gives.

    On a CPU several nets are searched at a time, each in a process of its own and on one thread
    (``basics.processes`` says when), the longest first; the results are those of one thread, bit for
    bit. In one call no process waits for the last net of an experiment before the next is begun.
    progress: one bar for all, in percent of the work.
    Raises ValueError for no experiments, for two that would keep a net in one place, and whatever
    ``lottery.search`` and ``controls`` refuse: the first error ends all. Lesson 06 builds on it.
    """
    import pandas

    if not experiments:
        raise ValueError("there are no experiments; give one or several that scaling.experiment made")
    kept = [_keep(own, label) for own in experiments if own.keep is not None for label in own.nets]
    for name in kept:
        if kept.count(name) > 1:
            raise ValueError(f"two experiments would keep a net as {name!r}; give each another keep")
    costs = [_work(own, net) for own in experiments for net in own.nets.values()]
    percent = 100 / sum(steps * cost for steps, cost in costs)
    arguments = [(place, label, net) for place, own in enumerate(experiments)
                 for label, net in own.nets.items()]
    pieces = [processes.Piece(given, steps, percent * cost, steps * cost)
              for given, (steps, cost) in zip(arguments, costs, strict=True)]
    shared = [own._replace(nets={}) for own in experiments]
    apart = all(own.data.x_train.device.type == "cpu" for own in experiments) and all(
        has_rules(_module(net)) for _, _, net in arguments)  # else layers may draw random numbers
    names = " and ".join(dict.fromkeys(own.by for own in experiments))
    with progress_bar(progress, 100, f"{len(pieces)} nets by {names}", "%") as bar:
        tables = processes.each(_lottery, pieces, shared, bar, apart=apart)
    return [pandas.concat([found for (of, *_), found in zip(arguments, tables, strict=True)
                           if of == place], ignore_index=True) for place in range(len(experiments))]


def run(nets: Mapping[object, nn.Module | Stack], data, recipe: Recipe, *, levels: int, rate: Share,
        progress=True, **more):
    """The lottery for several nets: a pandas data frame of all of them.

    The arguments are those of ``experiment``, and progress that of ``run_all``, which says how several
    nets are searched at a time.

    Columns: those of ``lottery.table``, with ``replicate`` named by its seed, so that tables of
    other seeds can stand below; the label; ``weights``, the number remaining; ``val_accuracy``, on
    the validation split after the last step; and ``weights_hidden1`` and so on by layer.
    Raises ValueError as they do. Lesson 06 builds on it.
    """
    return run_all(experiment(nets, data, recipe, levels=levels, rate=rate, **more), progress=progress)[0]


def _module(net: nn.Module | Stack) -> nn.Module:
    return net.net if isinstance(net, Stack) else net


def _keep(own: Experiment, label) -> str:
    return f"{own.keep}/{own.by}-{label}"


def _work(own: Experiment, net: nn.Module | Stack) -> tuple[int, float]:
    """The steps of one net's lottery at most, and what one costs, in nanoseconds or so: of that only the
    order and the bar depend."""
    # the controls are one stack
    steps = (own.search["levels"] + 2) * own.recipe.schedule(len(own.data.x_train)).total
    networks = len(own.search["seeds"] or range(own.search["replicates"]))
    return steps, step_cost(_module(net), networks, own.data.x_train[0], own.recipe.batch)


def _lottery(shared: list[Experiment], place: int, label, net, bar):
    """The table of one net."""
    own = shared[place]
    keep = None if own.keep is None else _keep(own, label)
    tickets = lottery.search(net, own.data, own.recipe, keep=keep, progress=bar, **own.search)
    found = _table(tickets, lottery.controls(tickets, own.arms, keep=keep, progress=bar))
    found.insert(0, own.by, label)
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
