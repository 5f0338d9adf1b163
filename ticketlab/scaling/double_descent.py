"""Double descent: error against width, with and without label noise.

Networks of growing width are trained until they fit every training label, or the recipe ends. With
wrong labels the test error falls, rises towards the width at which the training set is just fitted
(the interpolation threshold), and falls again (Belkin et al. 2019; Nakkiran et al. 2019). Lesson 06
builds on this file; ``ticketlab.figures.descent`` and ``ticketlab.panels.descent.panel`` show it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from ticketlab import data as data_room
from ticketlab import nets
from ticketlab.basics import one_each, processes, progress_bar, whole_from, wholes_from
from ticketlab.data import Data, label_noise
from ticketlab.lottery import learner
from ticketlab.stack import Stack, concatenate, draw
from ticketlab.training import Recipe, Snapshot, evaluate

COLUMNS = ("width", "parameters", "noise", "replicate", "steps", "train_error", "val_error",
           "test_error", "train_loss", "val_loss", "test_loss")
INTERPOLATED = 0.01  # training error below which a width counts as fitting the training set

# Test error in percent by width, in the notebook "deep double descent" of the MNIST-1D repository
# (Greydanus & Kobak 2024): one run; two hidden layers, 4,000 training and 12,000 test examples, SGD
# 0.01 with momentum 0.9, batch 100, 500 epochs. Its 15 % of noise are drawn from all ten classes.
PUBLISHED = {
    0.0: {4: 58.27, 5: 61.37, 7: 54.20, 9: 49.33, 12: 50.08, 16: 44.55, 21: 42.63, 27: 41.02,
          36: 41.66, 47: 41.01, 61: 41.24, 80: 39.59, 104: 38.61, 135: 38.58, 177: 38.09,
          230: 37.10, 300: 37.25},
    0.15: {4: 62.55, 5: 57.45, 7: 54.80, 9: 48.97, 12: 50.28, 16: 47.24, 21: 50.84, 27: 50.69,
           36: 52.80, 47: 54.05, 61: 54.02, 80: 52.08, 104: 50.23, 135: 48.39, 177: 47.88,
           230: 46.54, 300: 45.47}}


class Widths(NamedTuple):
    """What ``sweep`` gives. table: a pandas data frame, one row a width, noise and replicate (see
    ``rows``). stacks: (noise, width) -> the R trained networks. data: noise -> the data set they
    were trained on; always with 0, the right labels."""

    table: object
    stacks: dict[tuple[float, int], Stack]
    data: dict[float, Data]


class Fit(NamedTuple):
    """Networks trained until they fit: the stack of all R, and the steps that each took, [R]."""

    stack: Stack
    steps: list[int]


class Peak(NamedTuple):
    """Where a curve of errors over the width rises most, and what that is on the test split.

    first_minimum, width, widest: the narrow end of the rise, its top, and the widest network.
    height, drop: points of test error, one number a replicate, float64 [R]: at ``width`` minus at
    ``first_minimum``, and minus at ``widest``. widths: where each replicate's own curve has its
    peak, float64 [R].
    """

    first_minimum: int
    width: int
    widest: int
    height: torch.Tensor
    drop: torch.Tensor
    widths: torch.Tensor


def fit(initial: Stack, data: Data, recipe: Recipe, seeds: Sequence[int], learn=None) -> Fit:
    """Train a stack until each network makes no error on its training split.

    seeds: R, of the data order. A network that has fitted the training split leaves the stack, so
    that its result does not depend on the others; whether it has is asked at the recipe's
    evaluations, and what never does is trained to the recipe's end. learn: as
    ``searching.learner`` gives it; by default nothing is kept. Raises ValueError for another number
    of seeds, and what ``training.train`` raises. Lesson 06 builds on it.
    """
    seeds = one_each("seeds", seeds, initial.replicates)
    learn = learner(None, False) if learn is None else learn
    schedule = recipe.schedule(len(data.x_train))
    moment, left = Snapshot(initial), list(range(initial.replicates))
    ends, steps = {}, {}
    while left:
        stop = min(schedule.total, moment.step + schedule.evaluate_every)
        moment = learn(f"to-step-{stop}", moment, data, recipe, stop=stop,
                       order_seeds=[seeds[each] for each in left]).end
        fitted = evaluate(moment.stack, data.x_train, data.y_train)[1] == 1
        goes_on = []
        for place, number in enumerate(left):
            if fitted[place] or stop == schedule.total:
                ends[number], steps[number] = moment.stack[place], stop
            else:
                goes_on.append(place)
        if goes_on:
            moment, left = moment.part(goes_on), [left[place] for place in goes_on]
        else:
            left = []
    order = range(initial.replicates)
    return Fit(concatenate([ends[number] for number in order]), [steps[number] for number in order])


def rows(fitted: Fit, data: Data, width: int, noise: float, replicates: Sequence[int]
         ) -> list[dict]:
    """One row a network, with the columns ``COLUMNS``: errors are fractions, losses in nats.

    Training errors are those on the labels trained with, wrong ones included, in the end and over
    the whole split; those of validation are nan without a validation split. parameters: of one
    network, biases included. Lesson 06 builds on it.
    """
    measured = {}
    for split in ("train", "val", "test"):
        x, y = getattr(data, f"x_{split}"), getattr(data, f"y_{split}")
        loss, accuracy = (evaluate(fitted.stack, x, y) if len(x) else
                          torch.full((2, fitted.stack.replicates), torch.nan))
        measured[f"{split}_loss"] = loss.tolist()
        measured[f"{split}_error"] = (1 - accuracy.cpu().double()).tolist()
    size = sum(nets.count(fitted.stack.net).values())
    return [{"width": width, "parameters": size, "noise": noise, "replicate": number,
             "steps": fitted.steps[place]} | {name: measured[name][place] for name in COLUMNS[5:]}
            for place, number in enumerate(replicates)]


def sweep(data: Data, widths: Sequence[int], recipe: Recipe, *, noises: Sequence[float] = (0, 0.15),
          replicates: int = 3, seeds: Sequence[int] | None = None, layers: int = 2,
          noise_seed: int = 0, keep: str | None = None, progress=True) -> Widths:
    """Train networks of each width with each share of wrong labels, R replicates as one stack.

    data: with right labels. widths: units of each hidden layer. recipe: of all of them, such as a
    constant learning rate; it ends early for networks that fit every label (see ``fit``). noises:
    shares of wrong labels; the replicates of a share have the same ones, decided by ``noise_seed``.
    seeds: of initialisation and data order, by default 0 ... replicates - 1; both shares have the
    same, so that they are paired. layers: hidden layers. keep, progress: as in ``lottery.search``.
    Raises ValueError for widths or noises that are empty, repeated or out of range.
    Nakkiran et al. 2019, figure 4; Greydanus & Kobak 2024. Lesson 06 builds on it.
    """
    import pandas

    for name, values in (("widths", widths), ("noises", noises)):
        if not len(values) or len(set(values)) != len(values):
            raise ValueError(f"{name} are {list(values)}; give at least one, and each once")
    layers = whole_from("layers", layers, least=1)
    seeds = (list(range(whole_from("replicates", replicates, least=1))) if seeds is None else
             wholes_from("seeds", seeds))
    noisy = {share: label_noise.label_noise(data, share, noise_seed) for share in (0, *noises)}
    steps = recipe.schedule(len(data.x_train)).total
    drawn = {width: draw(nets.mlp(data, (width,) * layers), seeds, device=data.x_train.device)
             for width in sorted(widths)}
    pieces = [processes.Piece((width, share, initial), steps, 1,
                              nets.count(initial.net)["weights"] * (1 + share))  # wrong ones take longer
              for width, initial in drawn.items() for share in noises]
    with progress_bar(progress, steps * len(pieces), "widths") as bar:
        found = processes.each(_fitted, pieces, (noisy, recipe, seeds, keep), bar,
                               apart=data.x_train.device.type == "cpu")
    table, stacks = [], {}
    for piece, fitted in zip(pieces, found, strict=True):
        width, share, _ = piece.arguments
        table += rows(fitted, noisy[share], width, share, range(len(seeds)))
        stacks[share, width] = fitted.stack
    return Widths(pandas.DataFrame(table, columns=COLUMNS), stacks, noisy)


def _fitted(shared: tuple, width: int, share: float, initial: Stack, bar) -> Fit:
    noisy, recipe, seeds, keep = shared
    place = None if keep is None else f"{keep}/width-{width}-noise-{share:g}"
    return fit(initial, noisy[share], recipe, seeds, learner(place, bar))


def unit(*, width: int, noise: float, seeds: Sequence[int] = (0, 1, 2), examples: int = 3500,
         lr: float = 1e-2, batch: int = 200, steps: int = 2000, evaluate_every: int = 200,
         drops: Sequence = ("75%",), layers: int = 2, noise_seed: int = 0, dataset: str = "mnist1d",
         keep: str | None = None) -> list[dict]:
    """One width with one share of wrong labels, from plain settings, as a table's rows: a unit of
    ``ticketlab.sweep.run``. The settings are those of ``sweep`` and of an Adam ``Recipe``; the
    seeds name the replicates. Lesson 06 builds on it.
    """
    data = data_room.load(dataset, progress=False)
    recipe = Recipe("adam", lr=lr, batch=batch, steps=steps, evaluate_every=evaluate_every,
                    drops=tuple(drops))
    found = sweep(data.first(examples), [width], recipe, noises=[noise], seeds=seeds, layers=layers,
                  noise_seed=noise_seed, keep=keep, progress=False).table
    return found.assign(replicate=list(seeds)).to_dict("records")


def peak(table, noise: float, by: str = "val_error") -> Peak:
    """The largest rise of a curve of errors over the width, and what comes after it.

    table: of a ``sweep``, all replicates at all widths. noise: which of its shares. by: the column
    whose mean over replicates decides the widths: of all pairs of a narrower and a wider network,
    the one with the largest rise. Chosen on the validation split, so that the test errors at these
    widths, which are what is reported, are not themselves picked for being high or low; a curve
    that only falls then has a height of about 0 or below. The largest rise, and not the largest
    error, which the narrowest networks have. Raises ValueError for a share or column that is not
    there, fewer than two widths, and widths with other replicates than the first.
    Nakkiran et al. 2019, section 5; lesson 06 builds on it.
    """
    chosen, test = (curves(table, noise, column) for column in (by, "test_error"))
    sizes = chosen.index.tolist()
    if len(sizes) < 2:
        raise ValueError(f"the table has only the width {sizes[0]} at noise {noise:g}; a rise "
                         "needs at least two")
    low, high = _rise(chosen.mean(axis=1).tolist())
    widths = [sizes[_rise(chosen[replicate].tolist())[1]] for replicate in chosen.columns]
    points = 100 * torch.tensor(test.to_numpy(), dtype=torch.float64)
    return Peak(sizes[low], sizes[high], sizes[-1], points[high] - points[low],
                points[high] - points[-1], torch.tensor(widths, dtype=torch.float64))


def threshold(table, noise: float, below: float = INTERPOLATED) -> int | None:
    """The interpolation threshold: the narrowest width whose mean training error is below that
    fraction; None if no width's is. Raises ValueError as ``curves`` does. Lesson 06 builds on it.
    """
    means = curves(table, noise, "train_error").mean(axis=1)
    return next((width for width, error in means.items() if error < below), None)


def curves(table, noise: float, column: str = "test_error"):
    """One column of a sweep's table as a data frame: a row a width, ascending, and a column a
    replicate. Raises ValueError for a column or a share of wrong labels that is not there, and for
    widths that have not the same replicates, once each."""
    for name in ("width", "noise", "replicate", column):
        if name not in table.columns:
            raise ValueError(f"the table has no column {name!r}; it has {list(table.columns)}")
    own = table[table["noise"] == noise]
    if own.empty:
        raise ValueError(f"the table has no noise {noise:g}; it has "
                         f"{sorted(float(each) for each in table['noise'].unique())}")
    if own.duplicated(["width", "replicate"]).any():
        raise ValueError(f"at noise {noise:g} the table has a width and replicate more than once; "
                         "give the rows of one sweep")
    if own[column].isna().all():
        raise ValueError(f"{column} is nan throughout, as where the data have no validation split; "
                         "load with a `validation` of at least 1, or give another column")
    wide = own.pivot(index="width", columns="replicate", values=column)
    if wide.isna().any(axis=None):
        raise ValueError(f"at noise {noise:g} some widths have other replicates than others, or no "
                         f"{column}; give every width the same replicates")
    return wide.sort_index()


def _rise(errors: Sequence[float]) -> tuple[int, int]:
    """Places of the narrower and the wider network between which a curve rises most."""
    pairs = ((low, high) for high in range(1, len(errors)) for low in range(high))
    return max(pairs, key=lambda pair: errors[pair[1]] - errors[pair[0]])
