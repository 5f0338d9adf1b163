"""Lines between solutions: is the error flat between two trained nets, or is there a barrier?

Two children of one net, trained from the same step-k weights in different orders of the data, end
at different weights. If the error stays flat along the straight line between the two ends, training
was stable to the noise of SGD from step k on. Everything here takes two stacks of R networks and
gives one number a replicate, so the lines of all replicates, and of all k, are one call.
Frankle, Dziugaite, Roy & Carbin 2020 (Linear Mode Connectivity and the Lottery Ticket Hypothesis,
arXiv 1912.05671). Lesson 05 builds on this file.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ticketlab.basics import choose, progress_bar, whole_from
from ticketlab.pruning import Masks, apply_masks, check_masks
from ticketlab.stack import Stack, check_stack, concatenate, forward
from ticketlab.training import evaluate, in_parts

# a barrier below two points of error counts as none: Frankle et al. 2020
STABLE = 0.02
SPLITS = ("test", "val", "train")


@dataclass(frozen=True, eq=False)
class Line:
    """What was measured on the straight lines between two stacks.

    alphas: [points], 0 (the first stack) to 1 (the second). error: [points, R], fractions.
    loss: [points, R], nats.
    """

    alphas: Tensor
    error: Tensor
    loss: Tensor

    def barrier(self) -> Tensor:
        """Error barrier, a fraction: [R]. The largest error on the line minus the mean of its ends.

        The ends are on the line, so it is at least half the difference of their errors, and never
        negative. Below ``STABLE`` (two points) training counts as stable. Frankle et al. 2020.
        """
        return self.error.amax(0) - (self.error[0] + self.error[-1]) / 2

    def frame(self):
        """The line as a pandas data frame: one row a value of alpha and replicate."""
        import pandas

        points, replicates = self.error.shape
        return pandas.DataFrame({
            "alpha": np.repeat(self.alphas.numpy(), replicates),
            "replicate": list(range(replicates)) * points,
            "error": self.error.flatten(), "loss": self.loss.flatten()})


def line(a: Stack, b: Stack, data, *, points: int = 30, split: str = "test",
         masks: Masks | None = None, norm_examples: int | None = None, batch: int = 100,
         together: int | None = None, progress=True) -> Line:
    """Error and loss on the straight lines from each net of ``a`` to the same net of ``b``.

    data: a ``ticketlab.data.Data``. points: values of alpha, evenly from 0 to 1, both included.
    split: the examples to measure on, ``"test"`` (as barriers are defined), ``"val"`` or
    ``"train"``. masks: weights whose mask is False are zero in every net of the line, the ends
    included; by default no mask is applied. Then a weight that only one end has is alive all along
    the line: nets between different masks are denser than either end, by the union of the masks.

    Batch-norm statistics are recomputed from the training split for every net (``norm_examples``
    of it, by default all; see ``recompute_norms``), at the ends too, so that all points are treated
    alike. batch: examples at a time for the statistics, and five times as many in evaluation.
    together: nets at a time, over all points and replicates, by default 15 with batch normalisation,
    and without it as many as hold 16 million weights; it bounds the memory (where it does not
    suffice, half as many are taken, with a warning) and changes results within float tolerance only.
    progress: show a bar, or a text that it then begins with.
    a and b are left unchanged.
    Raises ValueError for stacks or masks that do not fit, and for values out of range.
    Frankle et al. 2020 use 30 points. Lesson 05 builds on it.
    """
    check_pair(a, b)
    if masks is not None:
        check_masks(a, masks)
    together = whole_from("together", _together(a) if together is None else together, least=1)
    points = whole_from("points", points, least=2)
    choose("split", split, SPLITS)
    alphas = torch.linspace(0, 1, points, dtype=torch.float64)

    def nets(some: slice) -> Stack:
        between = _between(a, b, alphas.tolist(), some)
        if masks is None:
            return between
        which = torch.arange(some.start, some.stop) % a.replicates
        return apply_masks(between, {name: mask[which] for name, mask in masks.items()})

    error, loss = measured(nets, points * a.replicates, data, split, "nets on the line", together,
                           progress, examples=norm_examples, batch=batch, chunk=5 * batch)
    return Line(alphas, error.view(points, -1), loss.view(points, -1))


def measured(nets: Callable[[slice], Stack], number: int, data, split: str, label: str, together: int,
             progress, *, examples: int | None, batch: int, chunk: int) -> tuple[Tensor, Tensor]:
    """Error and loss on a split, [number] each, of networks that ``nets`` makes some at a time, with
    statistics of batch normalisation measured anew. examples, batch: of these, as in
    ``recompute_norms``; chunk: examples at a time in evaluation. The other arguments as in ``line``."""
    x, y, device = getattr(data, f"x_{split}"), getattr(data, f"y_{split}"), data.x_train.device
    with progress_bar(progress, number, label, "net") as bar:
        def measure(some: slice):
            there = recompute_norms(nets(some), data, examples=examples, batch=batch)
            values = [value.cpu() for value in evaluate(there, x, y, chunk=chunk)]
            bar.update(there.replicates)
            return values

        found, _ = in_parts(measure, number, device, together=together, did="measured")
    loss, accuracy = (torch.cat(values) for values in zip(*found, strict=True))
    return 1 - accuracy, loss


def interpolate(a: Stack, b: Stack, alpha: float | Sequence[float] | Tensor) -> Stack:
    """The nets at (1 - alpha) a + alpha b, replicate by replicate, ends exact to the bit.

    alpha: a number, for a stack of R nets; or a vector of points, for points x R nets, all
    replicates of the first point first. From -1 to 2: outside 0 ... 1 the line goes past its ends.
    No mask is applied: a weight is zero only where both ends have it zero, so between two different
    masks the nets have the union of their weights.

    Running statistics of batch normalisation are interpolated with the rest, and are then *not*
    those of the interpolated net: ``recompute_norms`` before evaluating it, or use ``line``.
    Raises ValueError for stacks of different architectures (naming the first difference) or numbers
    of replicates, and for an alpha out of range. Lesson 05 builds on it.
    """
    check_pair(a, b)
    alpha = alpha.cpu() if isinstance(alpha, Tensor) else alpha  # MPS has no float64
    alpha = torch.as_tensor(alpha, dtype=torch.float64, device="cpu")
    if alpha.dim() > 1 or alpha.numel() == 0:
        raise ValueError(f"alpha has the shape {tuple(alpha.shape)}; give a number, or a vector "
                         "of at least one point")
    outside = alpha.flatten()[~((alpha >= -1) & (alpha <= 2)).flatten()]  # nan is outside too
    if len(outside):
        raise ValueError(f"alpha is {outside[0].item()}; 0 is the first net and 1 the second, and "
                         "values from -1 to 2 are allowed")
    return _between(a, b, alpha.view(-1).tolist(), slice(0, alpha.numel() * a.replicates))


def recompute_norms(stack: Stack, data, *, examples: int | None = None, batch: int = 100) -> Stack:
    """The same nets, with the running statistics of batch normalisation measured anew.

    Weights that were averaged never saw data: their nets have no statistics of their own until
    these are measured on the training split. Layer by layer as in training (each layer sees what
    the earlier layers give under the batch's own statistics), mean and unbiased variance of each
    batch, averaged over batches of nearly equal size: what torch collects with ``momentum=None``.

    examples: how many of the training split, by default all; always the same ones in the same
    order (numpy's permutation of seed 0). batch: examples at a time, at most. Parameters are shared
    with the given stack, which is left unchanged. A net without running statistics to measure comes
    back as it is.
    Raises ValueError for batch normalisation that keeps none, since such a net's outputs depend on
    what else is in its batch, and for values out of range. Lesson 05 builds on it.
    """
    check_stack(stack)
    norms = _norms(stack.net)
    if not norms:
        return stack
    total = len(data.x_train)
    examples = total if examples is None else examples
    for name, value, most in (("examples", examples, total), ("batch", batch, None)):
        if value < 2 or most is not None and value > most:
            raise ValueError(f"{name} is {value}; statistics need at least 2"
                             f"{'' if most is None else f', and the training split has {most}'}")
    # an architecture of our own, since its momentum is set below; and no dropout while measuring
    net = copy.deepcopy(stack.net)
    for module in net.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
    fresh = {name: torch.zeros_like(values) if name.rpartition(".")[0] in norms else values.clone()
             for name, values in stack.buffers.items()}
    measured = replace(stack, net=net, buffers=fresh)
    # in a fixed order, but not in the stored one, which may be sorted by class
    shuffled = torch.from_numpy(np.random.default_rng(0).permutation(total)[:examples])
    seen = 0
    with torch.no_grad():
        for index in shuffled.tensor_split(-(-examples // batch)):
            seen += len(index)
            for name in norms:
                # running = (1 - momentum) running + momentum x batch: with this momentum, the mean
                net.get_submodule(name).momentum = len(index) / seen
            forward(measured, data.x_train[index.to(data.x_train.device)], shared=True,
                    training=True)
    return replace(stack, buffers=fresh)


def _between(a: Stack, b: Stack, alphas: Sequence[float], some: slice) -> Stack:
    """The nets ``some`` among all points x replicates, on the lines from ``a`` to ``b``."""
    pieces = []  # of one point each: where on the line, which replicates, where they go
    for place, alpha in enumerate(alphas):
        first = max(some.start, place * a.replicates)
        last = min(some.stop, (place + 1) * a.replicates)
        if first < last:
            offset = place * a.replicates
            pieces.append((alpha, slice(first - offset, last - offset),
                           slice(first - some.start, last - some.start)))

    def mix(x: Tensor, y: Tensor) -> Tensor:
        mixed = x.new_empty(some.stop - some.start, *x.shape[1:])
        for alpha, which, there in pieces:
            if x.is_floating_point():
                # and not (1 - alpha) x + alpha y: lerp is exact at both ends, and where x equals y
                torch.lerp(x[which], y[which], alpha, out=mixed[there])
            else:  # batches counted: there is no such thing as half of one
                mixed[there] = (y if alpha >= 0.5 else x)[which]
        return mixed

    with torch.no_grad():
        return replace(a, parameters={name: mix(x, b.parameters[name])
                                      for name, x in a.parameters.items()},
                       buffers={name: mix(x, b.buffers[name]) for name, x in a.buffers.items()})


def _together(stack: Stack) -> int:
    """How many nets at a time, if nobody says: their weights are all there at once, and with batch
    normalisation what their layers give for a batch is, too."""
    if _norms(stack.net):
        return 15
    return max(15, 2**24 // max(1, sum(values[0].numel() for values in stack.parameters.values())))


def _norms(net: nn.Module) -> set[str]:
    """Names of the layers with running statistics."""
    names = set()
    for name, module in net.named_modules():
        if isinstance(module, nn.modules.batchnorm._NormBase) and module.running_mean is not None:
            names.add(name)
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise ValueError(
                f"{name or 'the net'} ({type(module).__name__}) keeps no running statistics, so "
                "outputs depend on which examples are evaluated together; make it with "
                "track_running_stats=True")
    return names


def check_pair(a: Stack, b: Stack) -> None:
    """Raises ValueError unless both stacks hold as many networks of one architecture."""
    for name, end in (("a", a), ("b", b)):
        check_stack(end, name)
    concatenate([a[:0], b[:0]])  # of none of the nets: raises, naming what differs
    if a.replicates != b.replicates:
        raise ValueError(f"the line has {a.replicates} networks at one end and {b.replicates} at "
                         "the other; give two stacks of equally many")
