"""How R networks convolve signals as one on a CPU: matrix products on activations as they lie.

Layout ``lengths``, [R, N, L, C]: the C channels of one position lie side by side in memory, and
neighbouring positions one after the other. A convolution of stride s reads s positions a step, so
the padded signal, cut into pieces of s positions, is a matrix with one row an output position and
no copy of any value:

    piece 0 | piece 1 | piece 2 ...    row t x the kernel's first s taps
              piece 1 | piece 2 ...    row t + 1 x its next s taps, and so on

Their sum is the convolution: with kernel 3 and stride 2 two batched matrix products, in place of a
grouped convolution that cannot fill the processor. Batch normalisation is then two sums over rows.
``ticketlab.stack.layers`` calls it; lesson 05 trains the nets that it is for.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ticketlab.stack import linear

# below this many channels a product of one piece is too thin, and copying the windows is cheaper
_FEW = 8


def takes(module: nn.Module, x: Tensor) -> bool:
    """Whether this convolution of ``x`` is one that is faster here: 1-D, dense, float, on a CPU.

    Under autocast it is not, since that casts torch's own operations and not ours.
    """
    return (type(module) is nn.Conv1d and not isinstance(module.padding, str)
            and module.dilation == (1,) and module.groups == 1 and module.padding_mode == "zeros"
            and x.device.type == "cpu" and x.is_floating_point()
            and not torch.is_autocast_enabled("cpu"))


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int,
                ) -> Tensor:
    """R one-dimensional convolutions: [R, N, L, C_in] -> [R, N, L_out, C_out].

    weight: [R, C_out, C_in, kernel]. bias: [R, C_out] or None. An x [1, N, L, C_in] is one batch
    for all nets. Thin kernels are linear layers, window by window. Raises ValueError for a signal
    shorter than the kernel.
    """
    R, outputs, channels, kernel = weight.shape
    length = x.shape[2] + 2 * padding
    if length < kernel:
        raise ValueError(f"a signal of length {x.shape[2]} (padding {padding}) is shorter than "
                         f"the kernel of {kernel}; use a shorter kernel or fewer layers")
    if channels < _FEW:
        windows = F.pad(x, (0, 0, padding, padding)).unfold(2, kernel, stride).flatten(3)
        rows = windows.flatten(1, 2).expand(R, -1, -1)
        each = linear.chain(rows, [linear.Layer(weight.flatten(2), bias)])
        return each.unflatten(1, windows.shape[1:3])
    if bias is None:
        bias = weight.new_zeros(R, outputs)
    positions = (length - kernel) // stride + 1
    # the rows between two examples mix them, and are cut off
    return _Pieces.apply(x.expand(R, -1, -1, -1), weight, bias, stride, padding)[:, :, :positions]


def batch_norm(x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, var: Tensor,
               training: bool, momentum: float, eps: float) -> Tensor:
    """R batch normalisations of [R, N, L, C]; weight, bias and the running statistics are [R, C].

    In training by the batch's own mean and variance, and the running ones are updated in place
    (the variance unbiased), as torch does. Ioffe & Szegedy 2015. Raises ValueError for training on
    one value a channel, which has no variance.
    """
    if not training:
        scale = weight * (var + eps).rsqrt()
        return torch.addcmul(_beside(torch.addcmul(bias, mean, scale, value=-1)), x, _beside(scale))
    count = x.shape[1] * x.shape[2]
    if count < 2:
        raise ValueError("batch normalisation needs more than 1 value a channel in training; use "
                         "larger batches")
    out, batch_mean, batch_var = _BatchNorm.apply(x, weight, bias, eps)
    mean.lerp_(batch_mean, momentum)
    var.lerp_(batch_var * (count / (count - 1)), momentum)
    return out


def turned(x: Tensor) -> Tensor:
    """[R, N, L, C] -> [R, N, C, L], in memory too, and so is the gradient on its way back: a layer
    whose activations and gradients lie differently in memory is many times slower."""
    return _Turned.apply(x)


def _beside(each: Tensor) -> Tensor:
    """[R, C], to stand beside [R, N, L, C]."""
    return each[:, None, None]


class _Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.transpose(2, 3).contiguous()

    @staticmethod
    def backward(ctx, grad):
        return grad.transpose(2, 3).contiguous()


class _Pieces(torch.autograd.Function):
    """The convolution as a sum of matrix products, one for every s taps of the kernel.

    Gives [R, N, L_out + products - 1, C_out]: each example has as many rows as it has pieces, so
    that all examples' rows together are one matrix; the last ones reach into the next example.
    Their gradient is zero, because nothing reads them.
    """

    @staticmethod
    def forward(ctx, x, weight, bias, stride, padding):
        R, N, L, C = x.shape
        kernel = weight.shape[-1]
        products = -(-kernel // stride)
        pieces = (L + 2 * padding - kernel) // stride + products
        # the end of the signal is not read where the stride steps over it
        read = min(L, pieces * stride - padding)
        rows = x.new_empty(R, N * pieces + products - 1, stride * C)
        padded = rows[:, :N * pieces].view(R, N, pieces * stride, C)
        padded[:, :, :padding] = 0
        padded[:, :, padding:padding + read] = x[:, :, :read]
        padded[:, :, padding + read:] = 0
        rows[:, N * pieces:] = 0
        taps = _taps(weight, stride)
        out = torch.baddbmm(bias.unsqueeze(1), rows[:, :N * pieces], taps[0])
        for first, own in enumerate(taps[1:], start=1):
            out.baddbmm_(rows[:, first:first + N * pieces, :own.shape[1]], own)
        ctx.save_for_backward(rows, weight)
        ctx.sizes = (L, read, stride, padding)
        return out.view(R, N, pieces, -1)

    @staticmethod
    @once_differentiable  # what was saved is no input, so a second derivative would be wrong
    def backward(ctx, grad):
        rows, weight = ctx.saved_tensors
        L, read, stride, padding = ctx.sizes
        R, N, pieces, outputs = grad.shape
        _, _, C, kernel = weight.shape
        grad = grad.reshape(R, N * pieces, outputs)
        taps = _taps(weight, stride)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_rows = torch.bmm(grad, taps[0].mT)
            for first, own in enumerate(taps[1:], start=1):
                grad_rows[:, first:, :own.shape[1]] += torch.bmm(grad, own.mT)[:, :-first]
            grad_x = grad_rows.view(R, N, pieces * stride, C)[:, :, padding:padding + read]
            if read < L:
                grad_x = F.pad(grad_x, (0, 0, 0, L - read))
        grad_taps = torch.cat([
            torch.bmm(rows[:, first:first + N * pieces, :own.shape[1]].mT, grad)
            for first, own in enumerate(taps)], dim=1)[:, :kernel * C]
        grad_weight = grad_taps.view(R, kernel, C, outputs).permute(0, 3, 2, 1).contiguous()
        return grad_x, grad_weight, grad.sum(1), None, None


def _taps(weight: Tensor, stride: int) -> list[Tensor]:
    """Matrices [R, taps * C_in, C_out] of the kernel's first s taps, its next s, and so on."""
    R, outputs, channels, kernel = weight.shape
    if kernel < stride:  # taps of zero for what the stride steps over
        weight = F.pad(weight, (0, stride - kernel))
    return list(weight.permute(0, 3, 2, 1).reshape(R, -1, outputs).split(stride * channels, dim=1))


class _BatchNorm(torch.autograd.Function):
    """Batch normalisation by its closed formulas; gives the batch's mean and variance too."""

    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        count = x.shape[1] * x.shape[2]
        mean = x.sum((1, 2)) / count
        # centred before it is squared: E x^2 - (E x)^2 would lose digits where the mean is large
        centred = x - _beside(mean)
        squares = centred.square()
        var = squares.sum((1, 2)) / count
        inverse = (var + eps).rsqrt()
        ctx.save_for_backward(centred, inverse, weight)
        ctx.mark_non_differentiable(mean, var)
        # into memory that has served: fresh pages cost as much as the arithmetic
        out = torch.addcmul(_beside(bias), centred, _beside(weight * inverse), out=squares)
        return out, mean, var

    @staticmethod
    @once_differentiable  # what was saved is no input, so a second derivative would be wrong
    def backward(ctx, grad, *_):
        centred, inverse, weight = ctx.saved_tensors
        count = centred.shape[1] * centred.shape[2]
        grad_bias = grad.sum((1, 2))
        products = grad * centred
        grad_weight = products.sum((1, 2)) * inverse
        scale = weight * inverse
        grad_x = torch.addcmul(_beside(-scale * grad_bias / count), grad, _beside(scale),
                               out=products)
        grad_x.addcmul_(centred, _beside(scale * inverse * grad_weight), value=-1 / count)
        return grad_x, grad_weight, grad_bias, None
