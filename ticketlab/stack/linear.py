"""Linear layers of R networks, one after the other with ReLU between them: batched matrix products.

A step of small networks costs little arithmetic and much bookkeeping: for each operation torch notes how
to go back, and reads it later. So a chain of layers is one operation here, whose way back is written down
by hand. ``ticketlab.stack.layers`` builds on this file, and every lesson with it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

_FEW = 4096  # numbers of a product; of more, torch's threads take whole numbers each
_THIN = 8  # inputs; with fewer, the gradient's product is several times as fast the other way round


class Layer(NamedTuple):
    """weight: [R, outputs, inputs]. bias: [R, outputs] or None. relu: whether ReLU follows."""

    weight: Tensor
    bias: Tensor | None
    relu: bool = False


def chain(x: Tensor, layers: Sequence[Layer]) -> Tensor:
    """What the last of the layers gives: [R, N, ..., inputs] -> [R, N, ..., outputs].

    A layer acts on the last dimension, whatever stands between."""
    if x.dim() > 3:
        return chain(x.flatten(1, -2), layers).unflatten(1, x.shape[1:-1])
    if not torch.is_grad_enabled() or any(layer.bias is None for layer in layers) or (
            torch.is_autocast_enabled(x.device.type)):  # which casts torch's own operations, not ours
        for layer in layers:
            x = _layer(x, layer)
        return x
    tensors = [tensor for layer in layers for tensor in layer[:2]]
    return _Chain.apply(x, [layer.relu for layer in layers], *tensors)[-1]


def _layer(x: Tensor, layer: Layer) -> Tensor:
    weight, bias, relu = layer
    y = torch.bmm(x, weight.mT) if bias is None else torch.baddbmm(bias.unsqueeze(1), x, weight.mT)
    return y.relu_() if relu else y  # fresh memory costs more than the comparison does


class _Chain(torch.autograd.Function):
    """What every layer gives, the last one's last. torch's own baddbmm would do, but it gives the
    gradient of a weight transposed in memory, and copying that costs a quarter of a training step on a
    CPU. What is saved was given or received, so that a second derivative finds its way."""

    @staticmethod
    def forward(ctx, x, relu, *tensors):
        ctx.set_materialize_grads(False)
        outputs = []
        for place, own in enumerate(relu):
            weight, bias = tensors[2 * place:2 * place + 2]
            outputs.append(_layer(outputs[-1] if outputs else x, Layer(weight, bias, own)))
        ctx.relu = relu
        ctx.save_for_backward(x, *tensors[::2], *outputs)
        return tuple(outputs)

    @staticmethod
    def backward(ctx, *grads):
        count = len(ctx.relu)
        x, *saved = ctx.saved_tensors
        weights, outputs = saved[:count], saved[count:]
        needed, found, grad = ctx.needs_input_grad, [None] * (2 + 2 * count), None
        for place in reversed(range(count)):
            grad = grads[place] if grad is None else grad if grads[place] is None else grad + grads[place]
            if grad is None or not any(needed[:4 + 2 * place]):
                continue
            if ctx.relu[place]:
                grad = torch.ops.aten.threshold_backward(grad, outputs[place], 0)
            if needed[2 + 2 * place]:
                found[2 + 2 * place] = _of_weight(grad, outputs[place - 1] if place else x)
            if needed[3 + 2 * place]:
                found[3 + 2 * place] = grad.sum(1)
            grad = torch.bmm(grad, weights[place]) if any(needed[:2 + 2 * place]) else None
        found[0] = grad
        return tuple(found)


def _of_weight(grad: Tensor, x: Tensor) -> Tensor:
    if x.shape[2] < _THIN:
        return torch.bmm(x.mT, grad).mT
    return _sums(grad.mT, x)


def _sums(one: Tensor, other: Tensor) -> Tensor:
    """torch.bmm. A single product of few numbers is shared out within each sum by torch's threads, so
    that bits depend on how many there are; of two halves of it each is computed by one thread."""
    rows, columns = one.shape[1], other.shape[2]
    if len(one) > 1 or rows % 2 or rows * columns > _FEW:
        return torch.bmm(one, other)
    return torch.bmm(one[0].unflatten(0, (2, -1)), other.expand(2, -1, -1)).flatten(0, 1)[None]
