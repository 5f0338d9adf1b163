"""The parameters of a net: what pruning may remove, what is tied, what is frozen, what is computed.

A weight that several layers share is one weight, under its first name. A parameter with
``requires_grad=False`` is a constant of the net: no seed draws it, no optimiser moves it, and it is
not pruned unless its layer itself says so (``layer.prunable_as = "hidden"``). ``stack``, ``pruning``
and ``training`` build on this file; lesson 03 through them.
"""

from torch import nn
from torch.nn.parameter import UninitializedParameter
from torch.nn.utils.parametrize import is_parametrized

_MATRICES = (nn.modules.conv._ConvNd, nn.Linear)


def kinds(net: nn.Module) -> dict[str, str | None]:
    """The kind of every layer with a matrix or kernels, by its name: what rates and tables go by.

    ``"conv"``, ``"hidden"`` (linear) and ``"output"`` (the last layer, whatever its type), unless
    the layer or its class has a kind of its own in ``prunable_as``. None: it is never pruned, by
    ``prunable_as`` or because its weight is frozen; a frozen one is pruned only if the layer itself
    has a ``prunable_as``.
    """
    found = {}
    for name, module in net.named_modules():
        if isinstance(module, _MATRICES):
            usual = "hidden" if isinstance(module, nn.Linear) else "conv"
            found[name] = getattr(module, "prunable_as", usual)
    last = next(reversed(found), None)
    if found and not hasattr(net.get_submodule(last), "prunable_as"):
        found[last] = "output"
    for name in found:
        module = net.get_submodule(name)
        weight = module._parameters.get("weight")
        if weight is not None and not weight.requires_grad and "prunable_as" not in vars(module):
            found[name] = None
    return found


def weights(net: nn.Module) -> dict[str, str]:
    """The weights that pruning may remove: parameter name -> kind of its layer, in the net's order.

    A weight that several layers share stands here once, under its first name, as the kind of the
    last of them; if one of them is never pruned, it is not here.
    """
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    found = {}
    for layer, kind in kinds(net).items():
        name = names.get(id(net.get_submodule(layer)._parameters.get("weight")))
        if name is not None:
            found[name] = None if name in found and found[name] is None else kind
    return {name: kind for name, kind in found.items() if kind is not None}


def count(net: nn.Module) -> dict[str, int]:
    """Numbers of parameters: ``weights`` (matrices and kernels, which pruning may remove), and
    ``others`` (biases, normalisation, embeddings, recurrent layers, all that is frozen), which it
    never touches. What is shared counts once. Densities count weights only."""
    sizes = {name: parameter.numel() for name, parameter in net.named_parameters()}
    prunable = sum(sizes[name] for name in weights(net))
    return {"weights": prunable, "others": sum(sizes.values()) - prunable}


def out_of_reach(net: nn.Module) -> dict[str, int]:
    """Trainable parameters with two or more dimensions that no kind covers, with their sizes, the
    largest first: the matrices of recurrent layers and of ``nn.MultiheadAttention``, embeddings.
    Without those that are left out on purpose: frozen, or of a layer with a ``prunable_as``."""
    covered, found = weights(net), {}
    for layer, module in net.named_modules():
        for own, parameter in module.named_parameters(layer, recurse=False):
            if parameter.dim() > 1 and parameter.requires_grad and not hasattr(module, "prunable_as"):
                found[own] = parameter.numel()
    once = {name for name, _ in net.named_parameters()}
    return dict(sorted(((name, size) for name, size in found.items()
                        if name in once and name not in covered), key=lambda each: -each[1]))


def reach(net: nn.Module) -> str:
    """What a density does not count, as part of a sentence: ``1,348 of 1,412 parameters are not
    prunable: lstm.weight_hh_l0, ...``; empty if all matrices and kernels are prunable."""
    others, sizes = list(out_of_reach(net)), count(net)
    if not others:
        return ""
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return (f"{sizes['others']:,} of {sum(sizes.values()):,} parameters are not prunable, among them "
            f"{', '.join(others[:3])}{more}")


def frozen(net: nn.Module) -> set[str]:
    """The names of the parameters with ``requires_grad=False``: constants of the net."""
    return {name for name, parameter in net.named_parameters() if not parameter.requires_grad}


def constants(net: nn.Module) -> set[str]:
    """What a new draw leaves as it is: frozen parameters, and the buffers of modules all of whose
    own parameters are frozen (the statistics of a frozen batch normalisation)."""
    held = frozen(net)
    for layer, module in net.named_modules():
        own = [parameter for _, parameter in module.named_parameters(recurse=False)]
        if own and not any(parameter.requires_grad for parameter in own):
            held |= {name for name, _ in module.named_buffers(layer, recurse=False)}
    return held & {name for named in (net.named_parameters(), net.named_buffers())
                   for name, _ in named}


def check_plain(net: nn.Module) -> None:
    """Raises ValueError, with the cure, if a weight of ``net`` is computed from other tensors
    before each call, so that no mask, seed or update of its parameter would hold: pruning of
    ``torch.nn.utils.prune``, weight and spectral norm, parametrisations; or has no size yet.
    Other hooks are a net's own affair, and run as they do in torch."""
    for layer, module in net.named_modules():
        where = f"net.get_submodule({layer!r})" if layer else "net"
        called = f"layer {layer!r}" if layer else "the net"
        for what, name, cure in _computed(module, where):
            raise ValueError(f"{called} ({type(module).__name__}) computes {name!r} anew at every call "
                             f"({what}), and a mask or a new draw would not last: {cure} makes it a "
                             "parameter again")
        for name, parameter in module.named_parameters(recurse=False):
            if isinstance(parameter, UninitializedParameter):
                raise ValueError(f"{name!r} of {called} ({type(module).__name__}) has no size yet; "
                                 "call the net once on a batch of the data before it is stacked")


def _computed(module: nn.Module, where: str):
    """What computes tensors of this module: (by which tool, the tensor, the cure)."""
    if is_parametrized(module):
        for name, steps in module.parametrizations.items():
            yield (", ".join(type(step).__name__.lstrip("_") for step in steps), name,
                   f"torch.nn.utils.parametrize.remove_parametrizations({where}, {name!r})")
    for hook in module._forward_pre_hooks.values():
        home, kind = type(hook).__module__, type(hook).__name__
        if hasattr(hook, "_tensor_name") and hasattr(hook, "apply_mask"):  # of torch.nn.utils.prune
            yield (f"{kind} of torch.nn.utils.prune", hook._tensor_name,
                   f"torch.nn.utils.prune.remove({where}, {hook._tensor_name!r})")
        elif home in ("torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm"):
            form = home.rpartition(".")[2]
            yield kind, hook.name, f"torch.nn.utils.remove_{form}({where}, {hook.name!r})"
    if isinstance(module, _MATRICES) and "weight" not in module._parameters:
        yield ("its weight is no parameter", "weight",
               f"{where}.weight = torch.nn.Parameter(...) in place of what computes it")
