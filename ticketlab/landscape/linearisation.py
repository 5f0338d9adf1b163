"""A network's linearisation around its start: trained by the same loop, its features cannot change.

f(w0) + J (w - w0): to first order what a network computes near its start, linear in the weights though
not in the inputs. What it can learn is what the random network's own gradients span. Jacot et al. 2018
and Lee et al. 2019 show that a wide network trains much as this one does. Lesson 08 builds on this file.
"""

import copy
import warnings
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call, jvp

from ticketlab.stack import Stack, check_stack


class Linearised(nn.Module):
    """The first-order expansion of a net around where it was: its parameters are those of ``net``, and
    ``start`` holds, frozen, where they began."""

    def __init__(self, net: nn.Module):
        super().__init__()
        # the last layer of the two is the one that is called the output
        self.start = copy.deepcopy(net).requires_grad_(False)
        self.net = copy.deepcopy(net)

    def forward(self, x: Tensor) -> Tensor:
        start = dict(self.start.named_parameters())
        moved = {name: own - start[name] for name, own in self.net.named_parameters()}
        value, slope = jvp(lambda own: functional_call(self.start, own, (x,)), (start,), (moved,))
        return value + slope


def linearise(stack: Stack) -> Stack:
    """The linearisations of R networks around where they are now, as a stack that ``train`` takes.

    A network whose parameters are ``net.…``, those of the given one; at first it gives the same outputs,
    and each step of the loop moves it as far as one of the given network would, the first by the same
    gradient. Frozen parameters stay frozen. A step costs about three times that of the network itself.
    Raises ValueError for a net with buffers, as batch normalisation has: its statistics, taken from each
    batch, are not part of an expansion in the weights.
    Jacot et al. 2018; Lee et al. 2019 (Wide Neural Networks of Any Depth Evolve as Linear Models). Lesson
    08 builds on it.
    """
    check_stack(stack)
    if stack.buffers:
        raise ValueError(f"this net has buffers ({next(iter(stack.buffers))!r}), and a linearisation in "
                         "the weights does not cover them; take a net without batch normalisation")
    with warnings.catch_warnings():  # torch prepares derivatives when first asked, with tools of its past
        warnings.simplefilter("ignore", FutureWarning)
        jvp(torch.relu, (torch.ones(1),), (torch.ones(1),))
    parameters = {f"{part}.{name}": values.detach().clone() for part in ("start", "net")
                  for name, values in stack.parameters.items()}
    return replace(stack, net=Linearised(stack.net), parameters=parameters)
