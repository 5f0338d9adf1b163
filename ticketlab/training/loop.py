"""Training a stack of networks.

One function trains: from any step to any step, with masks or without, R networks at once, each
with its own initialisation and its own order of the data. Where a run starts is a ``Snapshot``,
so that continuing after a break and rewinding (lesson 05) are the same call. Lesson 01 builds on
this file.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from threading import get_ident

import torch
from torch import Tensor

from ticketlab.basics import (
    forked,
    one_each,
    progress_bar,
    shared,
    threads,
    whole_from,
    wholes_from,
)
from ticketlab.pruning import Masks, apply_masks, check_masks
from ticketlab.stack import Stack, check_stack
from ticketlab.training.augmentation import crop_flip, draws
from ticketlab.training.evaluation import Record
from ticketlab.training.history import Run, Snapshot, join_runs
from ticketlab.training.memory import forecast as memory
from ticketlab.training.orders import order
from ticketlab.training.outputs import check_outputs
from ticketlab.training.pace import Paced
from ticketlab.training.recipe import MASKS, Recipe, Schedule
from ticketlab.training.side_by_side import shares, side_by_side
from ticketlab.training.splitting import in_parts
from ticketlab.training.trainer import Trainer


def train(start: Stack | Snapshot, data, recipe: Recipe, *, masks: Masks | None = None,
          order_seeds: Sequence[int] | None = None, stop: int | None = None,
          snapshots: Sequence[int] = (), together: int | None = None, checked: bool = False,
          progress=True) -> Run:
    """Train a stack of networks.

    start: a stack (step 0, fresh optimiser) or the Snapshot to go on from; it is left unchanged.
    data: a ``ticketlab.data.Data``. masks: weights whose mask is False are zero before the first
    and after every step; under ``Recipe(trained="masks")`` only how many they keep in each layer counts,
    and which is what is learned. order_seeds: R seeds of the data order (and of first scores), by
    default 0 ... R-1; the order of step s depends only on the seed and s, so runs with equal seeds are
    paired. stop: the step to
    stop after, by default the recipe's last (the step it starts at: only evaluate). snapshots: steps
    to keep a Snapshot of. together: how many networks at a time, by default all; where they do not
    fit into memory, half as many, and so on, which a warning and ``Run.together`` say. checked: what
    the nets give was looked at before, in an earlier part of this training. progress: show a bar, or
    a text that it then begins with, or a tqdm bar of your own to move on.

    Trained together or alone, a network gets the same values within float tolerance; the same call
    on the same machine gives the same bits: what layers draw in training (dropout) is decided by the
    order seed and the step. Frozen parameters (``requires_grad=False``), those that the recipe does not
    name, and those that ``forward`` leaves out, stay as they are, bit for bit. Raises ValueError for
    arguments that do not fit and for a net that gives something else than scores [N, classes]
    ([N, T, characters] for text), FloatingPointError naming replicate, step and learning rate if a loss
    is no longer finite, and torch.cuda.OutOfMemoryError if not even one network fits.
    Frankle & Carbin 2019, section 2, is the protocol; lessons 01-06 call it.
    """
    moment = start if isinstance(start, Snapshot) else Snapshot(start)
    check_stack(moment.stack, "start")
    stack, schedule = moment.stack, recipe.schedule(len(data.x_train))
    stop = schedule.total if stop is None else whole_from("stop", stop)
    snapshots = wholes_from("snapshots", snapshots)
    check_span(moment.step, stop, schedule.total, snapshots)
    seeds = one_each("order_seeds", order_seeds, stack.replicates)
    if masks is not None:
        check_masks(stack, masks)
    together = None if together is None else whole_from("together", together, least=1)
    if not checked:
        check_outputs(stack, data)
    progress = memory.announce(moment, data, recipe, masks is not None, len(snapshots), progress)
    with progress_bar(progress, stop - moment.step, "training") as bar:
        steps, here = shared(bar, stack.replicates, stop - moment.step), get_ident()

        def alone(most: int, part: slice, moved: Callable) -> Run:
            # what a bar shows is shown by the thread that called
            say = bar.set_postfix_str if get_ident() == here else lambda *_: None
            return _train(moment.part(part), data, recipe, schedule,
                          masks and {name: mask[part] for name, mask in masks.items()},
                          seeds[part], stop, snapshots, part.start, most, moved, say)

        def some(which: slice) -> Run:
            shared_out = shares(stack, which, data.x_train[0], recipe.batch)
            most = torch.get_num_threads() if shared_out.free and stack.runs_as_one else 1
            # of the caller's random state nothing is read, and nothing changed
            with forked(stack.device):
                run = join_runs(side_by_side(partial(alone, most), shared_out, steps(which)))
            # of a split stack, what is finished waits where there is room
            return run if which == slice(0, stack.replicates) else run.to("cpu")

        runs, most = in_parts(some, stack.replicates, stack.device, together=together)
    return runs[0] if len(runs) == 1 else replace(join_runs(runs).to(stack.device), together=most)


def _train(moment: Snapshot, data, recipe: Recipe, schedule: Schedule, masks, seeds, stop: int,
           snapshots, first: int, most: int, moved: Callable, say: Callable) -> Run:
    """Train networks that fit. ``first`` is the first one's number in its stack; ``most``: of torch's
    threads that a step may take; ``moved()`` is called after each step, ``say(text)`` after each
    evaluation."""
    stack = moment.stack.clone()
    if masks is not None and recipe.trained != MASKS:
        stack = apply_masks(stack, masks)
    trainer = Trainer(stack, recipe, masks, moment.optimizer, seeds)
    record, kept = Record(), {}
    losses, accuracies = torch.zeros(2, schedule.evaluate_every, stack.replicates,
                                     device=stack.device)
    since = moment.step  # of the last look at the losses

    def look(step):
        """Everything that waits for the device happens here, and not in between."""
        _check_finite(losses[:step - since], since, schedule, first)
        # before the first step: the mean of none, nan
        means = [each[:step - since].mean(0) for each in (losses, accuracies)]
        # an evaluation shares itself out, and its bits are those that it has outside a training
        with threads.released() if most > 1 else nullcontext():
            record.add(step, means, stack, data)

    if moment.step in (0, stop):
        look(moment.step)
    if moment.step in snapshots:
        kept[moment.step] = trainer.snapshot(moment.step)
    def noise(step):
        """Seeds of what layers draw in this step; layers with a rule draw nothing."""
        return None if stack.runs_as_one else [
            int.from_bytes(hashlib.blake2b(f"{seed} {step} noise".encode(), digest_size=7).digest())
            for seed in seeds]

    pace = Paced(trainer, most, stop - moment.step, data.x_train.shape[1:])
    batches = pace.over(_batches(data, recipe, seeds, moment.step, stop))
    for step, (x, y) in enumerate(batches, start=moment.step + 1):
        losses[step - 1 - since], accuracies[step - 1 - since] = pace.step(
            x, y, schedule.lr_at(step - 1), noise(step))
        if schedule.evaluates_after(step) or step == stop:
            look(step)
            say(f"loss {record.rows[-1]['train_loss'].mean():.3f}", False)
            since = step
        if step in snapshots:
            kept[step] = trainer.snapshot(step)
        moved()
    return Run(trainer.snapshot(stop), record.tensors(), kept)


def _batches(data, recipe: Recipe, seeds, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Examples [R, batch, *shape] and labels [R, batch] of each step, augmented as the recipe says."""
    span = (len(data.x_train), recipe.batch, seeds, start, stop, data.x_train.device)
    if recipe.augment == "none":
        yield from ((_chosen(data.x_train, index), data.y_train[index]) for index in order(*span))
    else:
        for index, drawn in zip(order(*span), draws(*span), strict=True):
            yield crop_flip(_chosen(data.x_train, index), drawn), data.y_train[index]


def _chosen(x: Tensor, index: Tensor) -> Tensor:
    """x[index], in a quarter of the time or less: by whole examples, and not number by number."""
    return x.index_select(0, index.flatten()).unflatten(0, index.shape)


def check_span(start: int, stop: int, total: int, snapshots) -> None:
    """Raises ValueError for steps that do not lie within a training of ``total`` steps."""
    if not 0 <= start <= stop <= total:
        raise ValueError(f"training from step {start} to step {stop} is not within the recipe's "
                         f"{total} steps; 0 <= start <= stop <= {total} must hold")
    outside = [step for step in snapshots if not start <= step <= stop]
    if outside:
        raise ValueError(f"snapshots {outside} lie outside the steps trained, {start} to {stop}")


def _check_finite(losses: Tensor, since: int, schedule: Schedule, first: int) -> None:
    broken = (~losses.isfinite()).nonzero()
    if len(broken):
        row, replicate = broken[0].tolist()
        step = since + row
        raise FloatingPointError(
            f"the loss of replicate {first + replicate} is {losses[row, replicate].item()} at step "
            f"{step + 1}, with learning rate {schedule.lr_at(step):.3g}; try a lower learning "
            "rate or a warm-up, or look for such values in the data")
