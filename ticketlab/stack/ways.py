"""Which way R networks are computed, and why: as one, by ``torch.func.vmap``, or one after the other.

Each way gives the same numbers within float tolerance; which is quickest was measured (``make bench``)
on a CPU with two cores. Networks whose layers all have a rule run as one (``ticketlab.stack.layers``).
Two-dimensional convolutions on a CPU fill it alone, and as one they do not fit into its caches: there,
large batches go one network after the other. Networks without rules go through vmap where that works
and is quicker: not where a layer draws random numbers, for each network has a seed of its own, and not
with two-dimensional convolutions on a CPU. The choice depends on the network and its batch alone.
``Stack`` says it when it is printed. Every lesson builds on it.
"""

import copy
import warnings
import weakref
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from ticketlab.basics import forked
from ticketlab.stack.costs import work
from ticketlab.stack.layers import hooked

# Numbers that a layer gives for one network's batch (256 KiB). Above it one network after the other is
# quicker, below it one grouped convolution: 2 times at 8,000, and 0.7 times at 100,000.
LARGE = 2**16
_IMAGES = (nn.modules.conv._ConvNd,)
_DRAWING = (nn.modules.dropout._DropoutNd, nn.RReLU)


def apart(net: nn.Module, x: Tensor, lead: int) -> bool:
    """Whether networks with rules are quicker one after the other on their batches ``x``, whose first
    ``lead`` dimensions are those of networks and examples."""
    if x.device.type != "cpu" or x.shape[lead - 1] == 0 or not _has_images(net):
        return False
    found = work(net, x[(0,) * lead])
    return found is not None and found.widest * x.shape[lead - 1] >= LARGE


# asked in every step, and a walk through the modules takes a tenth of a small net's
_images: "weakref.WeakKeyDictionary[nn.Module, bool]" = weakref.WeakKeyDictionary()


def _has_images(net: nn.Module) -> bool:
    if net not in _images:
        _images[net] = any(isinstance(module, _IMAGES) and len(module.kernel_size) > 1
                           for module in net.modules())
    return _images[net]


def one_after_the_other(net: nn.Module, parameters, buffers, x: Tensor, shared: bool,
                        before: Callable[[int], None] = lambda replicate: None) -> list:
    """What each network gives, as its own ``forward`` computes it. before: called with the number of
    each network when its turn comes."""
    # unbind, and not parameters[r]: the gradient of R selections would be R full-size tensors
    parameters = {name: values.unbind() for name, values in parameters.items()}
    outputs = []
    for replicate in range(len(next(iter(parameters.values())))):
        own = {name: values[replicate] for name, values in parameters.items()}
        own |= {name: values[replicate] for name, values in buffers.items()}
        before(replicate)
        outputs.append(functional_call(net, own, (x if shared else x[replicate],)))
    return outputs


def vectorised(net: nn.Module, parameters, buffers, x: Tensor, shared: bool) -> Tensor:
    """The same for all networks at once, by ``torch.func.vmap``: [R, N, outputs]."""
    def one(own, held, inputs):
        return functional_call(net, {**own, **held}, (inputs,))

    return vmap(one, in_dims=(0, 0, None if shared else 0))(parameters, buffers, x)


# of a network without rules: why not by vmap, "" if that works; found out on its first batch
_refused: "weakref.WeakKeyDictionary[nn.Module, str]" = weakref.WeakKeyDictionary()


def why_not_vmap(stack, x: Tensor, shared: bool) -> str:
    """Why the networks of ``stack`` cannot go through vmap, or are slower there; "" if they can.

    Tried on two examples of the first batch ``x``, [R, N, ...] or [N, ...] if ``shared``; that changes
    nothing."""
    if stack.net not in _refused:
        few = x[:2] if shared else x[:1, :2].expand(min(2, stack.replicates), -1, *x.shape[2:])
        _refused[stack.net] = _known(stack) or _tried(stack[:2].clone(), few, shared)
    return _refused[stack.net]


def _known(stack) -> str:
    """What is known of a net before it has seen a batch."""
    drawing = next((type(module).__name__ for module in stack.net.modules()
                    if isinstance(module, _DRAWING)), None)
    if drawing:
        return f"{drawing} draws random numbers, for each net its own"
    if hooked(stack.net):
        return "a hook may look at single networks"
    if stack.device.type == "cpu" and _has_images(stack.net):
        return "two-dimensional convolutions are quicker so on a CPU"
    return ""


def _tried(two, x: Tensor, shared: bool) -> str:
    """Both ways on copies of the net, in training and in evaluation: outputs, running statistics and
    what ``forward`` writes into the modules must agree."""
    fallback = torch._C._functorch._is_vmap_fallback_enabled()
    torch._C._functorch._set_vmap_fallback_enabled(False)  # which is slower than one after the other
    try:
        with torch.no_grad(), forked(two.device), warnings.catch_warnings():
            warnings.simplefilter("error")
            for training in (False, True):
                ends = []
                for way in (one_after_the_other, vectorised):
                    net, mine = copy.deepcopy(two.net).train(training), two.clone()
                    before = _state(net)
                    outputs = way(net, mine.parameters, mine.buffers, x, shared)
                    outputs = torch.stack(outputs) if isinstance(outputs, list) else outputs + 0
                    ends.append([outputs, *mine.buffers.values()])
                    # a tensor of vmap's own must not stay behind, nor a count of calls differ
                    if _state(net) != before:
                        return "its forward changes the net"
                for one, other in zip(*ends, strict=True):
                    torch.testing.assert_close(other, one)
    except Exception as error:  # noqa: BLE001 - whatever the forward of anybody's net raises
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"vmap does not take it ({first[:80]})"
    finally:
        torch._C._functorch._set_vmap_fallback_enabled(fallback)
    return ""


def _state(net: nn.Module) -> list:
    """What ``forward`` could have changed in the modules, values and the mode of training left out."""
    return [sorted((name, repr(value)) for name, value in vars(module).items()
                   if name not in ("_parameters", "_buffers", "_modules", "training"))
            for module in net.modules()]


def said(stack) -> str:
    """The way that the networks of ``stack`` are computed, in words, and why."""
    if stack.runs_as_one:
        together = "computed together, for every layer has a rule"
        if stack.device.type == "cpu" and _has_images(stack.net):
            return (f"{together}; one after the other where a layer gives {LARGE:,} numbers or more for "
                    "a net's batch, which is quicker for two-dimensional convolutions on a CPU")
        return together
    reason = _refused.get(stack.net) or _known(stack)
    if reason:
        return f"computed one after the other, for not every layer has a rule and {reason}"
    if stack.net in _refused:
        return "computed together by torch.func.vmap, for not every layer has a rule"
    return "computed together by torch.func.vmap if that takes them, as the first batch will show"
