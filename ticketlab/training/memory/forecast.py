"""How much memory a training will take: predicted before it starts, and shown.

What stays is counted; what a step and an evaluation hold for a moment is noted on a tiny batch of
one network (``footprint``), since all of it grows in proportion to examples and networks. So
nothing of that size is allocated. What the kernels take for themselves for a moment (copies in
another layout, cuDNN's workspaces) is not seen: a fifth more, where convolutions are small.
``training`` builds on this file, and the lessons' larger scales through it.
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from ticketlab.basics import forked, warn, whole_from
from ticketlab.pruning import prunable
from ticketlab.stack import Stack
from ticketlab.training.history import Snapshot
from ticketlab.training.memory.footprint import of_a_step, of_an_evaluation
from ticketlab.training.memory.free import free_memory
from ticketlab.training.optimizers import Optimizer
from ticketlab.training.recipe import MASKS, Recipe
from ticketlab.training.selection import held

CHUNK = 1000  # labels at a time in an evaluation: ``training.evaluate``
_SMALL = 2**28  # bytes that no machine of this course lacks, so that nothing need be looked up
SAFE = 0.85  # of the memory that is free: allocators round up, and kernels have workspaces


@dataclass(frozen=True)
class Memory:
    """What ``networks`` networks in training hold, in bytes.

    All the time: ``data`` (all splits); ``start``, the networks to start from, with their masks;
    ``parameters``, the copies that are trained, with the statistics of batch normalisation;
    ``optimizer``, its state; ``masks``, as the update needs them; ``order``, one epoch's order of
    the data and augmentation; ``snapshots``, those kept on the way. At times: ``step``, of which
    ``gradients`` at its end and ``activations`` saved at the end of the forward pass, the batch
    included; ``evaluation``; ``end``, the copy that the run gives back. ``total`` is the peak.
    """

    networks: int
    data: int
    start: int
    parameters: int
    optimizer: int
    masks: int
    order: int
    snapshots: int
    step: int
    gradients: int
    activations: int
    evaluation: int
    end: int

    @property
    def total(self) -> int:
        """The peak: all that is held all the time, and the largest of what is held at times."""
        return self.data + self.start + self.allocated

    @property
    def allocated(self) -> int:
        """The part of the peak that is not there already when training begins."""
        return (self.parameters + self.optimizer + self.masks + self.order + self.snapshots
                + max(self.step, self.evaluation, self.end))

    def __repr__(self) -> str:
        unit = _unit(self.total)

        def listed(*names):
            figures = {name: _figure(getattr(self, name), unit) for name in names}
            return ", ".join(f"{_NAMES.get(name, name)} {figure}"
                             for name, figure in figures.items() if figure != "0.0")

        moment = max(_MOMENTS, key=lambda name: getattr(self, name))
        within = f" (of it {listed('gradients', 'activations')})" if moment == "step" else ""
        always = listed("data", "start", "parameters", "optimizer", "masks", "order", "snapshots")
        return (f"{self.networks} network{'s' * (self.networks > 1)}: about {readable(self.total)} "
                f"({always}; at the peak, {_MOMENTS[moment]}, "
                f"{_figure(getattr(self, moment), unit)} more{within})")


_NAMES = {"optimizer": "optimiser state"}
_MOMENTS = {"step": "a step", "evaluation": "an evaluation", "end": "the copy at the end"}


def needed(networks: nn.Module | Stack, data, recipe: Recipe, replicates: int | None = None, *,
           masks: bool = True, snapshots: int = 0) -> Memory:
    """The memory that training a stack takes.

    networks: an architecture, or a stack. data: a ``ticketlab.data.Data``. replicates: how many
    networks, by default 1 or those of the stack. masks: whether masks are held. snapshots: how many
    are kept on the way. It costs some milliseconds (a ResNet-20: tenths of a second) and changes
    nothing, torch's random state included. 16-bit types are all of one size, so ``"mixed"`` counts
    the same on every device.

    Raises ValueError for fewer than 1 replicate, and if one step of the net on the CPU fails.
    """
    if replicates is None:
        replicates = networks.replicates if isinstance(networks, Stack) else 1
    replicates = whole_from("replicates", replicates, least=1)
    schedule = recipe.schedule(len(data.x_train))
    per_label = data.y_train[0].numel()
    examples = max(1, min(CHUNK // per_label, max(len(data.x_val), len(data.x_test))))
    one = _one(networks)
    prunables = {name: one.parameters[name] for name in prunable(one.net)}
    weights = sum(t.numel() for t in prunables.values()) if masks else 0
    copy = _bytes(one)
    fixed = held(one.net, recipe)
    moved = {name: t for name, t in one.parameters.items() if name not in fixed}
    state = Optimizer(moved, recipe).tensors
    optimizer = sum(tensor.nbytes for kind in state.values() for tensor in kind)
    if recipe.powerprop != 1:  # the roots are kept beside the weights
        optimizer += sum(t.nbytes for name, t in prunables.items() if name in moved)
    if recipe.trained == MASKS:  # so are the scores, and the weights as they were drawn
        optimizer += 2 * sum(t.nbytes for t in moved.values())
    try:
        with forked(torch.device("cpu")):
            step, activations = of_a_step(one, data, recipe)
            evaluation = of_an_evaluation(one, data, examples)
    except Exception as error:  # the net may be anybody's: whatever its forward raises
        raise ValueError(f"the memory of this {type(networks).__name__} cannot be predicted: a step "
                         f"of one network on the CPU fails ({error})") from error
    drawn = 4 if recipe.augment != "none" else 1  # int64 numbers an example
    order = 8 * drawn * schedule.per_epoch * recipe.batch + 2 * 4 * schedule.evaluate_every
    each = {"start": copy + weights, "parameters": copy, "optimizer": optimizer,
            "masks": 4 * weights, "order": order, "snapshots": snapshots * (copy + optimizer),
            "step": step, "gradients": sum(t.nbytes for t in moved.values()), "activations": activations,
            "evaluation": evaluation, "end": copy + optimizer}
    return Memory(replicates, sum(value.nbytes for value in vars(data).values()
                                  if isinstance(value, Tensor)),
                  **{name: replicates * size for name, size in each.items()})


def fitting(networks: nn.Module | Stack, data, recipe: Recipe, device=None, *, masks: bool = True,
            snapshots: int = 0) -> int:
    """How many networks can be trained at once in what is free now; 0 if not even one can.

    device: by default the one the data are on. The other arguments are those of ``needed``. Some of
    what is free stays unused (``SAFE``). Raises OSError where the system does not say what is free,
    and what ``needed`` raises.
    """
    device = data.x_train.device if device is None else torch.device(device)
    free = free_memory(device)
    if free is None:
        raise OSError(f"how much memory is free on {device} cannot be read on this system; "
                      "memory.needed says what a number of networks takes")
    one = needed(networks, data, recipe, 1, masks=masks, snapshots=snapshots)
    there = data.x_train.device.type == device.type
    return max(0, int((SAFE * free - (0 if there else one.data)) // (one.total - one.data)))


def announce(moment: Snapshot, data, recipe: Recipe, masks: bool, snapshots: int, progress):
    """Say what a training will take, once, at the beginning of its bar; gives the ``progress`` to
    show. On CUDA the bar says it. On the CPU a warning does, if it is more than half of what is
    free, since there a program that takes too much is killed without a word."""
    stack, about = moment.stack, ""
    bar = hasattr(progress, "update")
    begins = not (bar and getattr(progress, "n", 0))
    if begins and stack.device.type == "cuda" and progress is not False:
        try:
            memory = needed(stack, data, recipe, masks=masks, snapshots=snapshots)
            about = f"about {readable(memory.total)}"
        except ValueError:  # a net that cannot run on the CPU, and may well on the device
            pass
    elif begins and stack.device.type == "cpu":
        _warn_if_large(stack, data, recipe, masks, snapshots)
    if bar and about:
        progress.set_postfix_str(about)
    if bar or progress is False:
        return progress
    text = progress if isinstance(progress, str) else f"training {stack.replicates} nets"
    return f"{text} ({about})" if about else text


def _warn_if_large(stack: Stack, data, recipe: Recipe, masks: bool, snapshots: int) -> None:
    ceiling = _ceiling(stack, data, recipe, snapshots)
    if ceiling < _SMALL:
        return
    free = free_memory("cpu")
    if ceiling < free / 2:
        return
    try:
        memory = needed(stack, data, recipe, masks=masks, snapshots=snapshots)
    except ValueError:
        return
    if memory.allocated > free / 2:
        warn(f"training {stack.replicates} networks takes about {readable(memory.allocated)}, and "
             f"{readable(free)} of memory are free: train fewer at a time (together=...), take a "
             "smaller batch, or keep fewer snapshots")


def _ceiling(stack: Stack, data, recipe: Recipe, snapshots: int) -> int:
    """More than almost any training takes, without trying: every layer's outputs as large as the
    input is wide, four times over, and all that is ever copied. It costs microseconds."""
    positions = prod(data.shape[1:]) if len(data.shape) > 1 else data.shape[0]
    outputs = sum(each.shape[1] for each in stack.parameters.values() if each.dim() > 2)
    examples = max(recipe.batch, CHUNK)
    return (10 + 3 * snapshots) * _bytes(stack) + 16 * stack.replicates * examples * outputs * positions


def readable(size: float) -> str:
    """A number of bytes for people: ``169 MiB``, ``1.2 GiB``."""
    unit = _unit(size)
    return f"{_figure(size, unit)} {unit}"


_UNITS = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10}


def _unit(size: float) -> str:
    return next((unit for unit, each in _UNITS.items() if size >= each), "KiB")


def _figure(size: float, unit: str) -> str:
    number = size / _UNITS[unit]
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


def _bytes(stack: Stack) -> int:
    return sum(t.nbytes for t in [*stack.parameters.values(), *stack.buffers.values()])


def _one(networks: nn.Module | Stack) -> Stack:
    """A stack of the first network, on the CPU, sharing no memory."""
    if isinstance(networks, Stack):
        return networks[0:1].to("cpu").clone()
    return Stack(networks, *({name: t.detach()[None].to("cpu", copy=True) for name, t in named}
                             for named in (networks.named_parameters(), networks.named_buffers())))
