"""What the networks of a stack give: ``forward``, whichever way they are computed.

Training, scores, evaluation and samples of text all call it. Lesson 01 builds on this file.
"""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from ticketlab.basics import forked, seed
from ticketlab.stack import ways
from ticketlab.stack.layers import batched_forward
from ticketlab.stack.stack import Stack


def forward(stack: Stack, x: Tensor, *, shared: bool = False, training: bool = False,
            noise: Sequence[int] | None = None) -> Tensor:
    """Outputs of all R networks: [R, N, classes].

    x: [R, N, *shape], a batch for each network, or [N, *shape] with ``shared=True``, one batch for
    all. training: batch normalisation uses the batch's statistics, and updates ``stack.buffers``
    in place, as ``nn.Module.train`` does. noise: a seed for each network, of what its layers draw
    (dropout; some nets draw in evaluation, too): torch's global random state is then set. By default
    the seed is 0 for each, and the global state stays as it was, so that equal calls give equal bits.
    Raises ValueError for a net that gives something else than a tensor.
    """
    several = stack.replicates > 1
    if stack.runs_as_one:
        if several and ways.apart(stack.net, x, 1 if shared else 2):
            return _each(stack, x, shared, training)
        return batched_forward(stack.net, stack.parameters, stack.buffers, x,
                               stack.replicates, shared, training)
    vectorised = several and x.numel() and not ways.why_not_vmap(stack, x, shared)
    stack.net.train(training)
    if vectorised:
        return ways.vectorised(stack.net, stack.parameters, stack.buffers, x, shared)

    def before(replicate):
        seed(0 if noise is None else noise[replicate], stack.device)

    with forked(stack.device) if noise is None else nullcontext():
        outputs = ways.one_after_the_other(stack.net, stack.parameters, stack.buffers, x, shared, before)
    if not isinstance(outputs[0], Tensor):
        pick = next(iter(outputs[0]), 0) if isinstance(outputs[0], dict) else 0
        raise ValueError(
            f"forward of {type(stack.net).__name__} gives a {type(outputs[0]).__name__}, and one "
            "tensor of scores is expected, [N, classes] ([N, T, classes] for text). Wrap the "
            f"net, picking the scores (here [{pick!r}]):\n"
            "class Scores(nn.Sequential):\n"
            f"    def forward(self, x): return super().forward(x)[{pick!r}]\n"
            "net = Scores(net)")
    return torch.stack(outputs)


def _each(stack: Stack, x: Tensor, shared: bool, training: bool) -> Tensor:
    """One network with rules after the other; its running statistics are the stack's, in place."""
    # split, and not parameters[r:r+1]: the gradient of R selections would be R full-size tensors
    parameters = {name: values.split(1) for name, values in stack.parameters.items()}
    return torch.cat([
        batched_forward(stack.net, {name: values[each] for name, values in parameters.items()},
                        {name: values[each:each + 1] for name, values in stack.buffers.items()},
                        x if shared else x[each:each + 1], 1, shared, training)
        for each in range(stack.replicates)])
