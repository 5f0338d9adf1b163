"""What a network or a function does, as one digest: equal in every process, another if it differs.

What is kept on disk is found again by it (``runs``, ``sweep``), and a stack refuses networks in
which it differs (``stack``). The rule, bare:

It covers the code in memory (not the file, which may have been edited since): instructions,
constants, names, default values, closures and hooks of every function, methods, class attributes
and properties of every class that is not torch's or ticketlab's, and all that this code names
outside itself, functions and constants of your own modules. It covers all state that is not a
parameter or buffer: attributes, also of torch's modules, and whatever they contain; and which
parameters are tied or frozen.

It does not cover where code stands, comments, the values of parameters and buffers (a run has
digests of these), nor what is installed: torch, ticketlab, Python's library and other packages
are known by their names alone, whatever their version. Where such a thing changed, remove the
runs or give them another name. Another minor version of Python compiles to other instructions:
there everything is computed anew. Names that are only made while the code runs (``getattr`` of a
module, ``globals()``) are not followed, and values that ``functools.cached_property`` keeps are
not looked at, for they follow from the rest.

What has no description that lasts (a lock, an open file, compiled code) is listed as ``unknown``,
and what it is part of is never reused. An attribute ``ticketlab_version = "1"`` stands for the
function, the class (its code) or the object (its class and its state) that has it; raise it
whenever that does something else.
"""

import collections
import functools
import types
import weakref
from typing import NamedTuple

from torch import Tensor, nn

from ticketlab.basics import digest
from ticketlab.nets.bytecode import (
    OURS,
    code_of,
    installed,
    installed_name,
    name_of,
    own_module,
    sum_of,
    top,
)
from ticketlab.nets.state import global_hooks, hooks_of, of_class, of_module, taken_apart, underived

VERSION = "ticketlab_version"
_ATOMS = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
_DESCRIPTORS = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType,
                types.MethodWrapperType, types.ClassMethodDescriptorType,
                types.GetSetDescriptorType, types.MemberDescriptorType)


class Description(NamedTuple):
    """digest: 64 hexadecimal digits. unknown: where and what the digest could not cover."""

    digest: str
    unknown: tuple[str, ...]


def describe(thing) -> Description:
    """The description of a network, a function or any other object. Changes nothing in it; raises
    nothing: what it cannot describe is ``unknown``."""
    walk = _Walk()
    if isinstance(thing, nn.Module):
        found = walk.network(thing)
    elif isinstance(thing, types.FunctionType) and not walk.has_version(thing):
        found = walk.function(thing, thing.__name__)  # in full, whoever wrote it
    else:
        found = walk.of(thing, type(thing).__name__)
    return Description(sum_of(found), tuple(walk.unknown))


def cure(unknown: tuple[str, ...]) -> str:
    """What is unknown and what to do about it: part of a sentence."""
    shown = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} more" if len(unknown) > 3 else "")
    return (f"{shown} cannot be told from others like it; give it, or the object that holds it, "
            f"an attribute {VERSION} = '1', to be raised whenever it does something else")


class _Walk:
    """One description: each thing is visited once, and a cycle is closed by how far back it goes."""

    def __init__(self):
        self.unknown, self.registered, self.known, self.open, self.alive = [], {}, {}, [], []

    def network(self, net: nn.Module) -> str:
        for kind, entries in (("module", net.named_modules()), ("buffer", net.named_buffers()),
                              ("parameter", net.named_parameters())):
            for name, entry in entries:
                frozen = kind == "parameter" and not entry.requires_grad
                self.registered[id(entry)] = f"{kind} {name}{' frozen' if frozen else ''}"
        every = [self.module(module, name) for name, module in list(net.named_modules())]
        return sum_of(repr(net), *every, self.of(global_hooks(), "the hooks of all modules"))

    def of(self, thing, place: str) -> str:
        if type(thing) in _ATOMS:
            return f"{type(thing).__name__} {thing!r}"
        key = id(thing)
        if key in self.registered:
            return self.registered[key]
        if key in self.open:
            return f"{len(self.open) - self.open.index(key)} back"
        if key not in self.known:
            self.alive.append(thing)  # or its id could be another's
            self.open.append(key)
            self.known[key] = self._of(thing, place)
            self.open.pop()
        return self.known[key]

    def _of(self, thing, place: str) -> str:
        if isinstance(thing, nn.Module):
            return self.module(thing, place)
        if self.has_version(thing):
            named = thing if isinstance(thing, type | types.FunctionType) else type(thing)
            return sum_of("version", name_of(named), repr(vars(thing)[VERSION]))
        if isinstance(thing, type):
            return self.kind(thing, place)
        if isinstance(thing, types.FunctionType):
            return installed_name(thing) or self.function(thing, place)
        if isinstance(thing, types.MethodType):
            return sum_of("method", self.of(thing.__func__, place), self.of(thing.__self__, place))
        if isinstance(thing, _DESCRIPTORS):
            owner = getattr(thing, "__objclass__", None) or getattr(thing, "__self__", None)
            owner = name_of(thing) if owner is None else self.of(owner, place)
            return sum_of("built in", owner, thing.__name__)
        if isinstance(thing, types.ModuleType):
            return self.names_of(thing, vars(thing), place)
        if isinstance(thing, staticmethod | classmethod):
            return sum_of(type(thing).__name__, self.of(thing.__func__, place))
        if isinstance(thing, property):
            return sum_of("property", *(self.of(part, place)
                                      for part in (thing.fget, thing.fset, thing.fdel)))
        if isinstance(thing, functools.cached_property):
            return sum_of("cached property", self.of(thing.func, place))
        if isinstance(thing, functools._lru_cache_wrapper):
            return sum_of("cache", self.of(thing.__wrapped__, place))
        if isinstance(thing, weakref.ref):
            return sum_of("reference", self.of(thing(), place))
        if type(thing) in (dict, types.MappingProxyType, collections.OrderedDict):
            return sum_of(type(thing).__name__, *self._items(thing.items(), place))
        if type(thing) in (list, tuple):
            return sum_of(type(thing).__name__, *(self.of(each, f"{place}[{number}]")
                                                for number, each in enumerate(thing)))
        if type(thing) in (set, frozenset):
            return sum_of(type(thing).__name__, *sorted(self.of(each, place) for each in thing))
        if isinstance(thing, Tensor):
            return self._tensor(thing, place)
        return self._object(thing, place)

    def module(self, module: nn.Module, place: str) -> str:
        """Its class, attributes, hooks and the names of its parts; a part that the network has not
        registered (one in a list, say) is described with its values, for no run has them."""
        state = of_module(module)
        what = ("version", name_of(type(module)), repr(state[VERSION])) if VERSION in state else (
            self.of(type(module), place or type(module).__name__), *self._attributes(state, place))
        hooks = [f"{name} {flags} " + self.of(hook, f"a hook of {place or 'the network'}")
                 for name, flags, hook in hooks_of(module)]
        parts = [f"{name} " + self.of(part, f"{place}.{name}" if place else name)
                 for kind in ("_modules", "_parameters", "_buffers")
                 for name, part in vars(module).get(kind, {}).items()]
        return sum_of("module", *what, "hooks", *hooks, "parts", *parts)

    def kind(self, kind: type, place: str) -> str:
        if not issubclass(kind, nn.Module) or top(kind.__module__) in OURS:
            name = installed_name(kind)
            if name or not kind.__flags__ & 1 << 9:  # not made by a class statement
                return name or f"type {name_of(kind)}"
        parts = []
        for name, value in sorted(of_class(kind).items()):
            own = isinstance(value, types.FunctionType) and not self.has_version(value) \
                and value.__qualname__ == f"{kind.__qualname__}.{name}"
            where = f"{kind.__name__}.{name}"
            parts.append(f"{name} " + (self.function if own else self.of)(value, where))
        return sum_of("class", kind.__name__, self.of(type(kind), place),
                    *(self.of(base, place) for base in kind.__bases__), *parts)

    def function(self, function: types.FunctionType, place: str) -> str:
        code, outside = code_of(function.__code__), function.__globals__
        parts = [code.digest, self.of(function.__defaults__, f"a default of {place}"),
                 self.of(function.__kwdefaults__, f"a default of {place}")]
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (),
                              strict=True):
            try:
                value = cell.cell_contents
            except ValueError:  # not assigned yet
                parts.append(f"{name} empty")
            else:
                parts.append(f"{name} " + self._named(value, code.names, f"{name} in {place}"))
        parts += self._attributes(vars(function), place)
        parts += [f"{name} " + self._named(outside[name], code.names, f"{name} in {place}")
                  for name in code.outside if name in outside]
        for level, name in code.imports:
            module = own_module("." * level + name, outside.get("__package__"))
            if module is not None:
                parts.append(f"{name} " + self._named(module, code.names, f"{name} in {place}"))
        return sum_of("function", *parts)

    def _named(self, value, names: tuple[str, ...], place: str) -> str:
        """What a function refers to; of a module, only what the function can mean."""
        if not isinstance(value, types.ModuleType):
            return self.of(value, place)
        key = id(value)
        if key in self.open:
            return f"module {value.__name__}"
        self.open.append(key)
        found = self.names_of(value, names, place)
        self.open.pop()
        return found

    def names_of(self, module: types.ModuleType, names, place: str) -> str:
        if installed(module.__name__):
            return f"module {module.__name__}"
        held = {name: vars(module)[name] for name in sorted(names)
                if name in vars(module) and not name.startswith("__")}
        return sum_of("module", module.__name__, *(
            f"{name} " + self._named(value, tuple(names), f"{name} in {place}")
            for name, value in held.items()))

    def _tensor(self, tensor: Tensor, place: str) -> str:
        try:
            return sum_of("tensor", name_of(type(tensor)), digest({"": tensor}))
        except Exception:  # noqa: BLE001 - sparse, quantised, without storage: torch's errors
            return self._unknown(tensor, place)

    def _object(self, thing, place: str) -> str:
        """As pickle takes it apart; of your own classes every attribute, also what pickle leaves out."""
        kind = type(thing)
        if top(kind.__module__) == "ticketlab" and hasattr(kind, "fingerprint"):  # a data set
            return sum_of("data", thing.fingerprint)
        taken = taken_apart(thing)
        if taken is None:
            return self._unknown(thing, place)
        if isinstance(taken, str):  # the name of a thing that stands in a module
            return f"named {kind.__module__} {taken}" if installed(
                str(getattr(thing, "__module__", None) or kind.__module__)
            ) else self._unknown(thing, place)
        make, arguments, state, entries, items = (*taken, None, None, None)[:5]
        parts = [self.of(kind, place), self.of(make, place),
                 *(self.of(each, place) for each in arguments)]
        for each in state if isinstance(state, tuple) else (state,):
            parts += (self._attributes(underived(thing, each), place)
                      if isinstance(each, dict) and all(isinstance(name, str) for name in each)
                      else [self.of(each, place)])
        parts += [self.of(each, f"{place}[{number}]") for number, each in enumerate(entries or ())]
        parts += self._items(items or (), place)
        if installed_name(kind) is None:  # what others leave out of a pickle is a cache
            parts += self._attributes(underived(thing, getattr(thing, "__dict__", {})), place)
        return sum_of("object", *parts)

    def _attributes(self, values: dict, place: str) -> list[str]:
        return [f"{name} " + self.of(value, f"{place}.{name}" if place else name)
                for name, value in sorted(values.items())]

    def _items(self, items, place: str) -> list[str]:
        return [sum_of(self.of(name, place), self.of(value, f"{place}[{name!r:.40}]"))
                for name, value in items]

    def has_version(self, thing) -> bool:
        return VERSION in getattr(thing, "__dict__", ())

    def _unknown(self, thing, place: str) -> str:
        self.unknown.append(f"{place} ({name_of(type(thing))})")
        return f"unknown {name_of(type(thing))}"
