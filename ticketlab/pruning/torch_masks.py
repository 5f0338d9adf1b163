"""Masks from and to ``torch.nn.utils.prune``, which computes ``weight = weight_orig * weight_mask``
before each call of a layer.

Here a mask is a tensor of its own and the pruned weights are zero, so nothing need be computed: a
net pruned there comes in as plain networks and their masks, and a network of a stack goes out as a
module that torch's tools take. Lesson 03 has the masks.
"""

import copy
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.utils import prune

from ticketlab.pruning.masks import Masks, apply_masks, check_masks, dense
from ticketlab.stack import Stack, check_replicate, from_modules


def from_torch(modules: nn.Module | Sequence[nn.Module]) -> tuple[Stack, Masks]:
    """Networks pruned with ``torch.nn.utils.prune``: a stack of plain ones, and their masks.

    modules: R networks of one architecture (or one), of whose prunable weights (``masks.prunable``)
    any are pruned; they are left unchanged. Masks: name -> bool [R, ...]; what is not pruned is kept
    whole. Pruned weights of the stack are zero: what torch still holds for them (``weight_orig``) is
    left out. Raises ValueError for a pruned parameter that is not prunable here, such as a bias, for
    a shared one that not all its layers prune alike, and what ``stack.from_modules`` raises.
    """
    modules = [modules] if isinstance(modules, nn.Module) else list(modules)
    plain, found = [], []
    for module in modules:
        net, masks = _parted(module)
        plain.append(net)
        found.append(masks)
    stack = from_modules(plain)
    masks = dense(stack)
    for replicate, own in enumerate(found):
        for name, mask in own.items():
            if name not in masks:
                layer, _, tensor = name.rpartition(".")
                where = f"net.get_submodule({layer!r})" if layer else "net"
                raise ValueError(
                    f"net {replicate} has a mask for {name!r}, and prunable here are {list(masks)}: "
                    f"torch.nn.utils.prune.remove({where}, {tensor!r}) makes it a plain parameter")
            masks[name][replicate] = mask != 0
    return stack, masks


def to_torch(stack: Stack, masks: Masks, replicate: int = 0) -> nn.Module:
    """One network of a stack as a module of its own, pruned with ``torch.nn.utils.prune``.

    masks: those of the whole stack. The module is in evaluation mode and computes what the network
    computes under its mask. ``prune.remove`` makes its weights plain again, ``from_torch`` gives back
    network and masks. Raises ValueError for masks of another net and for a replicate outside the
    stack.
    """
    check_masks(stack, masks)
    check_replicate(stack, replicate)
    module = apply_masks(stack, masks).module(replicate)
    own = {id(module.get_parameter(name)): mask[replicate] for name, mask in masks.items()}
    # a tensor without history, so that the module can be copied; the next call computes it anew
    with torch.no_grad():
        for layer in module.modules():
            for name, parameter in list(layer.named_parameters(recurse=False)):
                if id(parameter) in own:  # under each name of a shared one
                    prune.custom_from_mask(layer, name, own[id(parameter)].to(stack.device))
    return module


def _parted(module: nn.Module) -> tuple[nn.Module, Masks]:
    """A copy with plain parameters in place of what torch computes, and the masks by name."""
    # what is computed has a history, and cannot be copied; the copy needs none of it
    computed = [getattr(layer, name) for layer in module.modules() for name in _pruned(layer)]
    net, masks = copy.deepcopy(module, {id(tensor): tensor for tensor in computed}), {}
    for layer, owner in net.named_modules():
        for name in _pruned(owner):
            masks[f"{layer}.{name}" if layer else name] = owner.get_buffer(f"{name}_mask")
            prune.remove(owner, name)
            # torch puts it at the end, and a net is known by the order too: that of Linear and Conv
            first = [each for each in ("weight", "bias") if each in owner._parameters]
            for each in first + [each for each in owner._parameters if each not in first]:
                owner._parameters[each] = owner._parameters.pop(each)
    names = {}
    for name, parameter in net.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    for first, *others in names.values():
        for other in others:
            one, two = masks.get(first), masks.pop(other, None)
            if (one is None) != (two is None) or one is not None and not torch.equal(one, two):
                raise ValueError(f"{first!r} and {other!r} are one parameter, and torch prunes them "
                                 "differently: give both the same mask with prune.custom_from_mask")
    return net, masks


def _pruned(layer: nn.Module) -> list[str]:
    """The tensors of a layer that ``torch.nn.utils.prune`` computes."""
    return [hook._tensor_name for hook in layer._forward_pre_hooks.values()
            if isinstance(hook, prune.BasePruningMethod)]
