"""Several trainings that know nothing of one another, as many at a time as torch has threads.

Small networks train on one thread, and leave the machine's other cores without work. Trainings that
differ in their recipe cannot be one stack; each of them is a stack of its own here, and every thread
takes one after the other, dealt out so that all threads end together. Of seven alike, two threads take
three each, and the last one's networks they share.
Lesson 07 builds on this file.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from ticketlab.basics import counts, progress_bar, threads
from ticketlab.pruning import Masks
from ticketlab.stack import Stack, check_stack
from ticketlab.training.history import Run, Snapshot
from ticketlab.training.loop import train
from ticketlab.training.outputs import check_outputs
from ticketlab.training.recipe import Recipe
from ticketlab.training.side_by_side import Shares, shares, side_by_side, step_cost


def train_each(starts: Stack | Snapshot | Mapping, data, recipes: Recipe | Mapping, *,
               masks: Mapping[object, Masks] | None = None, order_seeds: Sequence[int] | None = None,
               progress=True) -> dict[object, Run]:
    """Train several stacks, each as ``train`` would: label -> Run, in the order of the labels.

    starts: where each begins, by label, or one for all. recipes: each one's recipe, by label, or one
    for all. masks: by label, for all or for none. order_seeds: as in ``train``, the same for all.
    progress: one bar over the steps of all of them.

    On a CPU as many train at a time as torch has threads, each on one thread, unless the number of
    threads is somebody's own setting or the networks' layers may draw random numbers: then one after the
    other. The dearest begin. One for which all other threads would wait is trained last, as ``train``
    does, which shares its networks out if that is worth it; all others give the bits of one thread.
    Raises ValueError for labels that do not fit, and what ``train`` raises: the first error ends all.
    Lesson 07 builds on it.
    """
    labels = _labels(starts=starts, recipes=recipes, masks=masks)
    own = {label: _own(recipes, label) for label in labels}
    moments, steps, costs, apart = {}, [], [], not threads.given()
    for label in labels:
        start = _own(starts, label)
        moment = moments[label] = start if isinstance(start, Snapshot) else Snapshot(start)
        check_stack(moment.stack, "starts")
        check_outputs(moment.stack, data)
        steps.append(own[label].schedule(len(data.x_train)).total - moment.step)
        costs.append(_cost(moment.stack, data, own[label], steps[-1]))
        # else layers may draw random numbers, of which torch has one source, and forward may write
        apart = apart and moment.stack.runs_as_one and moment.stack.device.type == "cpu"
    abreast = min(len(labels), torch.get_num_threads()) if apart else 1
    parts, last = _dealt(costs, abreast) if abreast > 1 else ([range(len(labels))], [])
    runs = {}
    with progress_bar(progress, sum(steps), f"{len(labels)} trainings") as bar:
        done = counts.Counts(bar, steps)

        def one(place, bar):
            label = labels[place]
            runs[label] = train(
                moments[label], data, own[label], masks=None if masks is None else masks[label],
                order_seeds=order_seeds, checked=True, progress=bar)

        def work(part, step):
            for place in part:  # what one part says is shown, that of the thread that has the bar
                said = [bar.set_postfix_str] if part is parts[0] else []
                one(place, counts.PieceBar(done.values, place, step, *said))

        side_by_side(work, Shares(parts, 1 if abreast > 1 else None), done.show)
        done.show()
        for place in last:
            one(place, done.here(place))
    return {label: runs[label] for label in labels}


def _labels(**given) -> list:
    """The labels, which are the same wherever there are some; raises ValueError if they are not."""
    by_label = {name: list(each) for name, each in given.items() if isinstance(each, Mapping)}
    first, labels = next(iter(by_label.items()), ("starts", []))
    if not labels:
        raise ValueError("there is nothing to train; give starts or recipes by label, at least one")
    for name, others in by_label.items():
        if set(others) != set(labels):
            raise ValueError(f"{name} has the labels {others} and {first} has {labels}; give both "
                             "the same")
    return labels


def _own(given, label):
    return given[label] if isinstance(given, Mapping) else given


class _Cost(NamedTuple):
    """alone: on one thread. shared: when all threads share its networks, as far as ``train`` would."""

    alone: float
    shared: float


def _cost(stack: Stack, data, recipe: Recipe, steps: int) -> _Cost:
    step = step_cost(stack.net, stack.replicates, data.x_train[0], recipe.batch)
    whole = slice(0, stack.replicates)
    parts, number = shares(stack, whole, data.x_train[0], recipe.batch)
    return _Cost(steps * step, steps * step / max(len(parts), number or 1))


def _dealt(costs: Sequence[_Cost], abreast: int) -> tuple[list[list[int]], list[int]]:
    """The places of each thread, and the one, if any, that all then share because that ends sooner."""
    def dealt(places):
        parts, ends = [[] for _ in range(abreast)], [0.0] * abreast
        for place in sorted(places, key=lambda place: -costs[place].alone):
            free = ends.index(min(ends))
            parts[free].append(place)
            ends[free] += costs[place].alone
        return [part for part in parts if part], max(ends)

    every = range(len(costs))
    parts, end = dealt(every)
    last = []
    for place in reversed(every):  # of equals, the last one
        others, before = dealt([each for each in every if each != place])
        if before + costs[place].shared < end:
            parts, last, end = others, [place], before + costs[place].shared
    return parts, last
