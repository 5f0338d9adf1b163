"""A stack of networks: R replicates of one architecture, computed together.

All parameters are one dictionary ``name -> tensor[R, ...]``, so that error bars are the normal
case and not an extra loop. Training, scoring, pruning and evaluating take a stack and give a
stack; a single network is a stack of one.

How R nets run as one was chosen by measurement (``make bench``): linear layers as one batched
matrix product, convolutions as one grouped convolution, batch normalisation over R x C channels
(which is exactly one batch normalisation a net). ``ways`` says when another way is taken, with the
same result; a printed stack names it. Lesson 01 builds on this file.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from ticketlab import nets
from ticketlab.basics import forked, whole, wholes_from
from ticketlab.basics import seed as set_seed
from ticketlab.stack import ways
from ticketlab.stack.layers import has_rules

_HIDDEN = ("what its printed form does not show: the code of its classes, an attribute such as an "
           "activation function, a hook, or which parameters are tied or frozen")


@dataclass(frozen=True, eq=False)
class Stack:
    """R networks of one architecture.

    net: the architecture (its own values are never used). parameters: name -> [R, ...], weights
    and biases. buffers: name -> [R, ...], the running statistics of batch normalisation.
    initialise: the function that redraws a net, kept so that controls can draw from it again.
    """

    net: nn.Module
    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]
    initialise: Callable[[nn.Module], None] = nets.glorot_normal

    @property
    def replicates(self) -> int:
        """R, the number of networks."""
        return len(next(iter(self.parameters.values())))

    @property
    def device(self) -> torch.device:
        return next(iter(self.parameters.values())).device

    @cached_property
    def runs_as_one(self) -> bool:
        """Whether every layer has a rule, so that the R networks need no ``forward`` of their own."""
        return has_rules(self.net)

    @property
    def way(self) -> str:
        """How the R networks are computed, and why: together, or one after the other."""
        return ways.said(self)

    def __repr__(self) -> str:
        sizes = nets.count(self.net)
        beyond = nets.reach(self.net)
        return (f"Stack of {self.replicates} nets with {sizes['weights']:,} prunable weights "
                f"and {sizes['others']:,} other parameters each, on {self.device}"
                f"{'; ' * bool(beyond)}{beyond}{f'; {self.way}' * (self.replicates > 1)}")

    def __getitem__(self, which) -> "Stack":
        """Some of the networks: ``stack[0]`` (a stack of one), ``stack[1:3]``, ``stack[[0, 0, 2]]``."""
        number = whole(which)
        if number is not None:
            which = [range(self.replicates)[number]]
        return self.map(lambda tensor: tensor[which])

    def map(self, function: Callable[[Tensor], Tensor]) -> "Stack":
        """A stack whose tensors are ``function`` of this one's."""
        return replace(self, parameters={name: function(t) for name, t in self.parameters.items()},
                       buffers={name: function(t) for name, t in self.buffers.items()})

    def to(self, device) -> "Stack":
        return self.map(lambda tensor: tensor.to(device))

    def clone(self) -> "Stack":
        """A copy that shares no memory with this stack."""
        return self.map(lambda tensor: tensor.detach().clone())

    def module(self, replicate: int = 0) -> nn.Module:
        """One of the networks as a plain ``nn.Module`` of its own, in evaluation mode."""
        net = copy.deepcopy(self.net).to(self.device)
        one = self[replicate]
        # by name, and not load_state_dict: that wants tied weights twice, and no unsaved buffers
        with torch.no_grad():
            for named, values in ((net.named_parameters(), one.parameters),
                                  (net.named_buffers(), one.buffers)):
                for name, own in named:
                    own.copy_(values[name][0])
        return net.eval()


def draw(net: nn.Module, seeds: Sequence[int],
         initialise: Callable[[nn.Module], None] = nets.glorot_normal, device="cpu") -> Stack:
    """R freshly initialised networks, one a seed.

    net: the architecture. seeds: R whole numbers; equal seeds give equal networks, bit for bit, on
    every device, and torch's global random state is left as it was. initialise: redraws a net in
    place (``nets.glorot_normal``, ``nets.torch_default`` or your own function).
    Frozen parameters (``requires_grad=False``) are constants of the net: they keep their values, and
    so do the buffers of a module that is frozen as a whole.
    Raises ValueError for no seeds, for a parameter that no seed controls, and for weights that are
    computed (``nets.check_plain``).
    Lesson 01 shows why this seed and the one of the data order are two things.
    """
    seeds = wholes_from("seeds", seeds, least=None)
    if not seeds:
        raise ValueError("seeds is empty; give one whole number a network, such as range(3)")
    nets.check_plain(net)
    net = copy.deepcopy(net).cpu()
    constants = {name: t.detach().clone() for name, t in _named(net).items()
                 if name in nets.constants(net)}
    cpu, drawn = torch.device("cpu"), []
    for seed in seeds:
        with forked(cpu):
            set_seed(seed, cpu)
            initialise(net)
        with torch.no_grad():
            for name, values in constants.items():
                _named(net)[name].copy_(values)
        drawn.append(copy.deepcopy(net))
    return replace(from_modules(drawn), initialise=initialise).to(device)


def from_modules(modules: Sequence[nn.Module]) -> Stack:
    """A stack made of networks that exist already, such as trained ones.

    Raises ValueError, naming the first difference, if they are not of one architecture, or differ
    in what else decides their outputs, such as an activation function (``nets.describe``): the
    stack keeps the first network's. Frozen parameters may differ: they stay each network's own.
    """
    modules = list(modules)
    if not modules:
        raise ValueError("there is no network to stack; give at least one")
    for module in modules:
        nets.check_plain(module)
    shapes = [_shapes(module) for module in modules]
    for number, (other, module) in enumerate(zip(shapes, modules, strict=True)):
        if other != shapes[0] or repr(module) != repr(modules[0]):
            raise ValueError(
                f"the nets are not of one architecture: net {number} differs from net 0 in "
                f"{_first_difference(shapes[0], other)}; stack only equal nets"
            )
        if number and nets.describe(module).digest != nets.describe(modules[0]).digest:
            raise ValueError(f"net {number} differs from net 0 in {_HIDDEN}; stack only equal nets")
    def gather(entries):
        columns = zip(*(entries(module) for module in modules), strict=True)
        return {column[0][0]: torch.stack([t.detach() for _, t in column]) for column in columns}
    return Stack(copy.deepcopy(modules[0]), gather(lambda m: m.named_parameters()),
                 gather(lambda m: m.named_buffers()))


def concatenate(stacks: Sequence[Stack]) -> Stack:
    """One stack of all the networks in ``stacks``, in order: arms of an experiment, say, which
    then train together. Raises ValueError if their architectures differ."""
    first = stacks[0]
    for number, other in enumerate(stacks):
        check_stack(other, f"stack {number}")
        if repr(other.net) != repr(first.net) or _shapes(other.net) != _shapes(first.net):
            raise ValueError(
                f"stack {number} has another architecture than stack 0: it differs in "
                f"{_first_difference(_shapes(first.net), _shapes(other.net))}"
            )
        if other.net is not first.net and \
                nets.describe(other.net).digest != nets.describe(first.net).digest:
            raise ValueError(f"stack {number} differs from stack 0 in {_HIDDEN}")
    def join(field):
        return {name: torch.cat([getattr(stack, field)[name] for stack in stacks])
                for name in getattr(first, field)}
    return replace(first, parameters=join("parameters"), buffers=join("buffers"))


def check_stack(given, what: str = "stack") -> None:
    """Raises TypeError, with the cure, unless ``given`` is a Stack: where one is meant, people give
    a network, a run, or what a search found. what: the argument's name."""
    if isinstance(given, Stack):
        return
    kind = type(given).__name__
    ways = {"stack": "{}.stack", "run": "{}.run.stack",
            "initial": "{0}.initial before training and {0}.trials[level].run.stack after it"}
    if isinstance(given, nn.Module):
        raise TypeError(f"{what} is one nn.Module, a {kind}; make a stack of it with "
                        "tl.stack.from_modules([net]), or draw new ones with tl.draw(net, range(3))")
    way = next((way for name, way in ways.items() if hasattr(given, name)), None)
    raise TypeError(f"{what} is a {kind}; " + (
        "it must be a Stack, such as tl.draw(net, range(3))" if way is None else
        f"its networks are {way.format(kind.lower())}"))


def check_replicate(stack: Stack, replicate: int) -> None:
    """Raises ValueError unless the stack has a network of that number."""
    check_stack(stack)
    if whole(replicate) is None or not 0 <= replicate < stack.replicates:
        raise ValueError(f"replicate is {replicate!r}; this stack has {stack.replicates}, "
                         f"so it must be a whole number from 0 to {stack.replicates - 1}")


def _named(net: nn.Module) -> dict[str, Tensor]:
    return dict(net.named_parameters()) | dict(net.named_buffers())


def _shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(t.shape) for name, t in _named(net).items()}


def _first_difference(a: dict, b: dict) -> str:
    for name in [*a, *b]:
        if a.get(name) != b.get(name):
            return f"{name!r}: {a.get(name, 'absent')} against {b.get(name, 'absent')}"
    return "its layers (the shapes agree, the modules do not)"
