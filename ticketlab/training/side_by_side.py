"""Networks of one stack that are computed side by side, each part of them on a thread of its own.

torch shares each operation among its threads; here the networks are shared out, in an evaluation the
examples, too, and each part goes its own way on one thread, so that nobody waits for anybody. Measured on
two cores, milliseconds a step in two parts, on torch's two threads and on one: 24 CNNs 26, 31 and 44,
beside another busy program 35, 100 and 45; 8 CNNs 13, 11 and 13, beside it 17, 51 and 15. An evaluation
of 4 LeNets on 1,000 examples: 20, 20 and 35, beside it 35, 61 and 33. So small stacks stay together, for
Python takes only one part forward at a time and each turn costs, and so do networks that cannot be
shared out evenly. They begin on one thread, or on torch's where operations are large.

This choice depends on the work and the machine's number of threads alone, never on what else it does:
the same call gives the same bits. Where bits do not depend on torch's threads, ``pace`` takes the
quickest number of them. ``train`` and ``evaluate`` build on this file, and all lessons with them.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import inf
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from ticketlab.basics import threads
from ticketlab.stack import Stack, Work, work

Result = TypeVar("Result")

# Nanoseconds on one thread, fitted to stacks of MLPs, CNNs and a transformer (``make bench``).
_PRODUCT, _OUTPUT = 1 / 30, 1.2  # forward; a training step takes three times that
_PYTHON = {True: 150_000, False: 40_000}  # of each layer, in training and in evaluation
# of Python's time for each thread more; in training they take turns, operation by operation
_TURNS = {True: 2.75, False: 1}
_BEGIN = 1_000_000  # of a thread: a training takes many steps for it, an evaluation is over soon
_NAME = "ticketlab networks"  # of the threads
# of an operation, above which torch's threads gain more than they lose by waiting
_LARGE = 3_000_000
# of a thread's time that torch's threads use in such operations, and in smaller ones
_SHARED = {True: 0.8, False: 0.75}


class Shares(NamedTuple):
    """parts: of the networks, or of the passes of an evaluation, each on its own thread. threads: of
    torch, in each; None: as they are."""

    parts: list[slice]
    threads: int | None

    @property
    def free(self) -> bool:
        """Whether a step may take another number of threads: one part, and nobody's own number."""
        return len(self.parts) == 1 and self.threads is not None


def shares(stack: Stack, which: slice, example: Tensor, examples: int) -> Shares:
    """How the networks ``which`` of a stack are shared out for a training step on that many examples
    like ``example``."""
    networks, available = which.stop - which.start, _available(stack)
    found = work(stack.net, example) if available else None
    if found is None:
        return Shares([which], None)
    total, python = networks * _one(found, examples, True), found.layers * _PYTHON[True]
    together = total if stack.runs_as_one else total / networks
    large = together >= max(1, found.layers) * _LARGE
    # a training's steps find out by themselves whether torch's threads are quicker (``pace``)
    shared = total / (available * _SHARED[large]) + python
    # else layers may draw random numbers, and forward may write into the modules
    parts = (_parts(networks, total, python, available, True, shared) if stack.runs_as_one else
             [slice(0, networks)])
    if len(parts) == 1:
        return Shares([which], available if large else 1)
    return Shares([slice(which.start + each.start, which.start + each.stop) for each in parts], 1)


def spread(stack: Stack, passes: int, example: Tensor, examples: int) -> Shares:
    """How that many passes are shared out, in which all networks of a stack are evaluated on that many
    examples like ``example``: slices of ``range(passes)``."""
    whole, available = [slice(0, passes)], _available(stack)
    found = work(stack.net, example) if available else None
    if found is None:
        return Shares(whole, None)
    total = stack.replicates * _one(found, examples, False)
    python = found.layers * passes * _PYTHON[False]
    together = total if stack.runs_as_one else total / stack.replicates
    large = together >= max(1, found.layers) * passes * _LARGE
    shared = total / (available * _SHARED[True]) + python if large else inf
    parts = (_parts(passes, total, python + _BEGIN, available, False, shared) if stack.runs_as_one else
             whole)
    return Shares(parts, 1 if len(parts) > 1 or not large else available)


def _available(stack: Stack) -> int:
    """Threads among which work may be shared out, or 0 where it is left to torch."""
    several = stack.device.type == "cpu" and not threads.given() and torch.get_num_threads() > 1
    return torch.get_num_threads() if several else 0


def _parts(pieces: int, total: float, python: float, available: int, training: bool, shared: float,
           ) -> list[slice]:
    """Of so many equal pieces, that take ``total`` on one thread and ``shared`` on torch's, those of each
    thread. python: what each thread costs."""
    parts = 1
    while parts < min(available, pieces) and total >= (parts + 1) ** 2 * python:
        parts += 1
    # three networks on two threads: two of them one after the other, beside the third
    longest = -(-pieces // parts) / pieces * total
    if longest + (1 + _TURNS[training] * (parts - 1)) * python > shared:
        parts = 1
    ends = [pieces * place // parts for place in range(parts + 1)]
    return [slice(*each) for each in zip(ends, ends[1:], strict=False)]


def step_cost(net: nn.Module, networks: int, example: Tensor, examples: int) -> float:
    """Nanoseconds that a training step of so many networks takes on one thread of the machine that was
    measured; to be compared with those of other stacks. Where the work of ``net`` is not known, that of
    its layers in Python."""
    found = work(net, example)
    return float(_PYTHON[True] * len(list(net.modules()))) if found is None else (
        networks * _one(found, examples, training=True) + found.layers * _PYTHON[True])


def _one(found: Work, examples: int, training: bool) -> float:
    return examples * (found.products * _PRODUCT + found.outputs * _OUTPUT) * (3 if training else 1)


class _Halted(Exception):
    """Another part was stopped, or failed."""


def side_by_side(work: Callable[[slice, Callable], Result], shared: Shares,
                 moved: Callable[[], None] = lambda: None) -> list[Result]:
    """``work(part, step)`` of each part, the first one here and each other on a thread of its own; they
    call ``step()`` after each step, and ``moved()`` is called here when all parts have taken one.

    If one part fails or is interrupted the others stop at their next step, and its error is raised:
    of several the first one's.
    """
    parts, number = shared
    alone = nullcontext() if number is None else threads.using(number)
    if len(parts) == 1:
        with alone:
            return [work(parts[0], moved)]
    halt, done, shown = threading.Event(), [0] * len(parts), 0
    results, errors = [None] * len(parts), [None] * len(parts)

    def advance() -> None:
        nonlocal shown
        while shown < min(done):
            shown += 1
            moved()

    def run(place: int) -> None:
        def step() -> None:
            if halt.is_set():
                raise _Halted
            done[place] += 1
            if place == 0:
                advance()

        try:
            with threads.using(number):
                results[place] = work(parts[place], step)
        except BaseException as error:  # noqa: BLE001 - an interruption, too: it is raised below
            errors[place] = error
            halt.set()

    others = [threading.Thread(target=run, args=(place,), name=f"{_NAME} {place}", daemon=True)
              for place in range(1, len(parts))]
    for other in others:
        other.start()
    try:
        run(0)
        for other in others:
            while other.is_alive():
                other.join(0.05)
                if not halt.is_set():
                    advance()
    finally:
        halt.set()  # if it was here that somebody interrupted
        for other in others:
            other.join()
    _raise_first(errors)
    advance()
    return results


def _raise_first(errors: Sequence[BaseException | None]) -> None:
    failed = [error for error in errors if error is not None and not isinstance(error, _Halted)]
    stopped = [error for error in failed if not isinstance(error, Exception)]  # Ctrl-C comes first
    for error in stopped + failed:
        raise error
