"""A recipe: everything that decides a training run besides the net, the data and the seeds.

Steps are written as a person would: ``500`` or ``"500it"`` (optimiser steps), ``"3ep"`` (passes
over the training split), ``"80%"`` (of the whole training). Lesson 01 builds on this file.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from ticketlab.basics import whole
from ticketlab.nets import EVERYTHING

MASKS = "masks"
AUGMENT = ("none", "crop-flip")
PRECISION = ("float32", "mixed")
_STEP = re.compile(r"(\d+(?:\.\d+)?)\s*(it|ep|%)")


def parse_steps(value: int | str, *, per_epoch: int | None = None, total: int | None = None) -> int:
    """A number of optimiser steps, from ``500``, ``"500it"``, ``"3ep"`` or ``"80%"``.

    per_epoch: steps in one pass over the data, needed for ``ep``. total: steps of the whole
    training, needed for ``%``. Fractions are rounded to whole steps.
    Raises ValueError for anything else, negative numbers included.
    """
    number = whole(value)
    if number is not None and number >= 0:
        return number
    match = _STEP.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a number of steps; write 500, '500it' (steps), "
                         "'3ep' (passes over the training split) or '80%' (of the training)")
    number, unit = float(match[1]), match[2]
    scale = {"it": 1, "ep": per_epoch, "%": None if total is None else total / 100}[unit]
    if scale is None:
        raise ValueError(f"{value!r} cannot be used here: "
                         f"{'the size of the data' if unit == 'ep' else 'the total'} is not known")
    if unit == "it" and not number.is_integer():
        raise ValueError(f"{value!r} is not a whole number of steps")
    return round(number * scale)


_RARE = ("l1", "powerprop", "cosine", "trained")


@dataclass(frozen=True, repr=False)
class Recipe:
    """How a network is trained.

    optimizer: ``"adam"`` or ``"sgd"``. lr: peak learning rate. batch: examples a step.
    steps: length of the training. momentum: for SGD. weight_decay: L2 penalty, added to the
    gradient as torch.optim does. warmup: steps over which lr rises linearly from lr / warmup.
    drops: steps at which lr is multiplied by ``drop_factor``. evaluate_every: steps between two
    evaluations on validation and test. l1: strength of an L1 penalty on prunable weights, by its
    proximal step: after each update they shrink by the learning rate times l1, and small ones become
    exactly zero. powerprop: the exponent α of powerpropagation, 1 for none (``pressure``); a weight
    decay then acts on the roots φ. augment: ``"crop-flip"`` for images, or ``"none"``.
    precision: ``"float32"``, or ``"mixed"`` for 16-bit matrix products and convolutions, which are for
    GPUs: a processor that has no such arithmetic takes ten times as long.
    cosine: lr falls along half a cosine, from its peak to 0 at the end, in place of drops.
    trained: what is trained, one or several names of layers, parameters or kinds of
    ``nets.selected``; all else stays as it was drawn, bit for bit (running statistics of batch
    normalisation are measured all the same). Or ``"masks"`` alone: no weight is trained, only which
    of them are used, as many in each layer as the mask keeps that ``train`` is given (``picking``).
    Raises ValueError naming the field that is out of range.
    The recipes of Frankle & Carbin 2019, figure 2, can all be written so. Lesson 01 builds on it.
    """

    optimizer: str = "adam"
    lr: float = 1.2e-3
    batch: int = 60
    steps: int | str = 50_000
    momentum: float = 0.0
    weight_decay: float = 0.0
    warmup: int | str = 0
    drops: tuple[int | str, ...] = ()
    drop_factor: float = 0.1
    evaluate_every: int | str = 100
    augment: str = "none"
    precision: str = "float32"
    l1: float = 0.0
    powerprop: float = 1.0
    cosine: bool = False
    trained: str | tuple[str, ...] = EVERYTHING

    def __repr__(self) -> str:
        """What would make it; options that few trainings have are named only where they are on."""
        shown = [f"{own.name}={getattr(self, own.name)!r}" for own in fields(self)
                 if own.name not in _RARE or getattr(self, own.name) != own.default]
        return f"Recipe({', '.join(shown)})"

    def __post_init__(self):
        def demand(condition, name, allowed):
            if not condition:
                raise ValueError(f"Recipe {name} is {getattr(self, name)!r}; it must be {allowed}")

        for name in ("batch", "steps", "warmup", "evaluate_every"):
            plain = whole(getattr(self, name))
            if plain is not None:  # NumPy's and torch's would make another key, or none
                object.__setattr__(self, name, plain)
        demand(self.optimizer in ("adam", "sgd"), "optimizer", "'adam' or 'sgd'")
        demand(self.lr > 0, "lr", "above 0")
        demand((whole(self.batch) or 0) >= 1, "batch", "a whole number from 1 up")
        demand(0 <= self.momentum < 1, "momentum", "at least 0 and below 1")
        demand(self.momentum == 0 or self.optimizer == "sgd", "momentum",
               "0 with adam, which has a momentum of its own")
        demand(0 <= self.weight_decay < math.inf, "weight_decay", "0 or above")
        demand(0 <= self.l1 < math.inf, "l1", "0 or above")
        demand(self.l1 == 0 or self.weight_decay == 0, "l1", f"0 beside a weight_decay of "
               f"{self.weight_decay}: one pressure at a time, or neither's effect could be told")
        demand(1 <= self.powerprop <= 10, "powerprop", "from 1 (off) to 10")
        demand(self.powerprop == 1 or self.l1 == 0, "powerprop", f"1 beside an l1 of {self.l1}: one "
               "pressure at a time")
        demand(self.drop_factor > 0, "drop_factor", "above 0")
        for name, allowed in (("augment", AUGMENT), ("precision", PRECISION)):
            demand(getattr(self, name) in allowed, name, f"one of {allowed}")
        demand(not isinstance(self.drops, str), "drops", "a tuple, such as ('80%', '90%')")
        for name in ("steps", "warmup", "evaluate_every"):
            parse_steps(getattr(self, name), per_epoch=1, total=100)
        for drop in self.drops:
            parse_steps(drop, per_epoch=1, total=100)
        object.__setattr__(self, "drops", tuple(
            drop if whole(drop) is None else whole(drop) for drop in self.drops))
        demand(self.cosine in (True, False), "cosine", "True or False")
        demand(not (self.cosine and self.drops), "cosine", f"False beside the drops {self.drops}: one "
               "way down at a time")
        if not isinstance(self.trained, str):  # in one form, for one key of kept runs
            demand(isinstance(self.trained, Iterable), "trained", "a name or several, such as "
                   "'last layer'")
            names = tuple(sorted(set(map(str, self.trained))))
            demand(names, "trained", f"at least one name, such as 'last layer', or {EVERYTHING!r}")
            demand(MASKS not in names or len(names) == 1, "trained", f"{MASKS!r} alone, or without it: "
                   "under a mask that is learned every weight stays as it was drawn, so nothing else "
                   "can train")
            object.__setattr__(self, "trained", names[0] if len(names) == 1 else names)
        demand(self.trained != MASKS or (self.l1 == 0 and self.powerprop == 1), "trained", "other than "
               f"{MASKS!r} beside an l1 of {self.l1} and a powerprop of {self.powerprop}: these press on "
               "weights, and there no weight is trained")
        demand(self.evaluate_every != 0, "evaluate_every", "at least 1 step")

    def with_(self, **changes) -> "Recipe":
        """This recipe with some fields changed: ``recipe.with_(steps="3ep")``."""
        unknown = set(changes) - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"a Recipe has no {sorted(unknown)}; it has "
                             f"{[field.name for field in fields(self)]}")
        return replace(self, **changes)

    def schedule(self, examples: int) -> "Schedule":
        """The recipe in steps, for a training split of that many examples.

        Raises ValueError if one batch needs more examples than there are.
        """
        if examples < self.batch:
            raise ValueError(f"a batch of {self.batch} needs at least {self.batch} training "
                             f"examples, and there are {examples}; make the batch smaller "
                             "or load more data")
        per_epoch = examples // self.batch
        total = parse_steps(self.steps, per_epoch=per_epoch)

        def steps(value):
            return parse_steps(value, per_epoch=per_epoch, total=total)

        return Schedule(self.lr, total, per_epoch, steps(self.warmup),
                        tuple(sorted(steps(drop) for drop in self.drops)), self.drop_factor,
                        max(1, steps(self.evaluate_every)), self.cosine)


@dataclass(frozen=True)
class Schedule:
    """A recipe's times in optimiser steps, and its learning rate as a function of the step.

    Nothing in it depends on where a training run starts, so a run that continues, or rewinds to
    step k, finds the learning rate that the uninterrupted run has there.
    """

    lr: float
    total: int
    per_epoch: int
    warmup: int
    drops: tuple[int, ...]
    drop_factor: float
    evaluate_every: int
    cosine: bool = False

    def lr_at(self, step: int) -> float:
        """Learning rate of the update that leads from ``step`` to ``step + 1``."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.cosine:
            return self.lr * rise * (1 + math.cos(math.pi * step / self.total)) / 2
        return self.lr * rise * self.drop_factor ** sum(drop <= step for drop in self.drops)

    def evaluates_after(self, step: int) -> bool:
        """Whether the net is evaluated when ``step`` updates are done."""
        return step % self.evaluate_every == 0 or step == self.total
