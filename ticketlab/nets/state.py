"""What of a module, a class and an object is its state, and not what Python or torch derives from it.

``description`` builds on this file: it follows what is handed out here into a digest.
"""

import copyreg
import functools
from collections.abc import Iterator

from torch import nn
from torch.nn.modules import module as torch_module

# of a class: where and how it was written, and what Python derives from the rest
_OF_CLASSES = {"__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "_abc_impl",
               "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__",
               "__firstlineno__", "__static_attributes__", "__parameters__", "__orig_bases__"}
# of a module: what torch keeps in every one, and an RNN's lists of its parameters
_MACHINERY = {*vars(nn.Module()), "_flat_weights", "_flat_weight_refs"}
_HOOKS = sorted(name for name in vars(nn.Module()) if name.endswith("_hooks"))
_OF_HOOKS = {"_forward_hooks": ("_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
             "_forward_pre_hooks": ("_forward_pre_hooks_with_kwargs",)}


def of_class(kind: type) -> dict[str, object]:
    """Methods, attributes and properties of the class itself, by name."""
    return {name: value for name, value in vars(kind).items() if name not in _OF_CLASSES}


def of_module(module: nn.Module) -> dict[str, object]:
    """Its attributes; not its parameters, buffers, parts and hooks."""
    return {name: value for name, value in underived(module, vars(module)).items()
            if name not in _MACHINERY}


def hooks_of(module: nn.Module) -> Iterator[tuple[str, list[bool], object]]:
    """Its hooks, in the order in which they run: kind, how they are called, and the hook itself."""
    for name in _HOOKS:
        # their numbers count all hooks of the process
        for number, hook in (vars(module).get(name) or {}).items():
            yield name, [bool(vars(module).get(flag, {}).get(number))
                         for flag in _OF_HOOKS.get(name, ())], hook


def global_hooks() -> list[list]:
    """The hooks that torch calls for every module of the process."""
    return [list(hooks.values()) for name, hooks in sorted(vars(torch_module).items())
            if name.startswith("_global_") and name.endswith("_hooks")]


def taken_apart(thing) -> tuple | str | None:
    """An object as pickle takes it apart, or the name that stands for it; None if it cannot."""
    try:
        reduce = copyreg.dispatch_table.get(type(thing))
        return thing.__reduce_ex__(4) if reduce is None else reduce(thing)
    except Exception:  # noqa: BLE001 - whatever its class raises
        return None


def underived(thing, values: dict) -> dict:
    """Of an object's attributes those that no ``functools.cached_property`` keeps: these follow
    from the rest."""
    return {name: value for name, value in values.items()
            if not isinstance(getattr(type(thing), name, None), functools.cached_property)}
