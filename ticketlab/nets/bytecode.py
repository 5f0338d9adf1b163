"""What a function's byte code does, as one digest, and whose code it is: installed, or the user's own.

``description`` builds on this file: the code in memory is followed into functions and modules of
your own, and what is installed is known by its name.
"""

import dis
import functools
import hashlib
import importlib
import importlib.util
import itertools
import json
import os
import sys
import sysconfig
import types
from typing import NamedTuple

OURS = ("torch", "ticketlab")
_HOMES = tuple({os.path.join(os.path.realpath(sysconfig.get_path(kind)), "")
                for kind in ("stdlib", "platstdlib", "purelib", "platlib")})


class Code(NamedTuple):
    digest: str
    outside: tuple[str, ...]  # names looked up outside the function
    names: tuple[str, ...]  # all names, attributes too
    imports: tuple[tuple[int, str], ...]  # how many packages up, and the module


@functools.lru_cache(maxsize=4096)
def code_of(code: types.CodeType) -> Code:
    """Instructions, constants, names and what is nested in them; not where they stand."""
    def constant(value) -> str:
        if isinstance(value, types.CodeType):
            inner.append(code_of(value))
            return inner[-1].digest
        if isinstance(value, tuple):
            return sum_of("tuple", *map(constant, value))
        if isinstance(value, frozenset):
            return sum_of("frozenset", *sorted(map(constant, value)))
        return f"{type(value).__name__} {value!r}"

    inner = []
    taken = code.co_argcount + code.co_kwonlyargcount + 2  # and *these, **those
    # co_code is what was compiled, also where Python has specialised it since
    found = sum_of(code.co_code.hex(), code.co_exceptiontable.hex(), *map(constant, code.co_consts),
                   *map(repr, (code.co_names, code.co_varnames[:taken], code.co_freevars,
                               code.co_cellvars, code.co_flags, code.co_argcount,
                               code.co_posonlyargcount, code.co_kwonlyargcount)))
    steps = list(dis.get_instructions(code))
    outside = {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    imports = {(steps[place - 2].argval, step.argval) for place, step in enumerate(steps)
               if step.opname == "IMPORT_NAME" and isinstance(steps[place - 2].argval, int)}
    return Code(found, *(tuple(sorted({*own, *itertools.chain(*others)})) for own, others in (
        (outside, [each.outside for each in inner]),
        (code.co_names, [each.names for each in inner]),
        (imports, [each.imports for each in inner]))))


def own_module(name: str, package: str | None):
    """A module of the user's own that a function imports when it runs, imported now."""
    try:
        name = importlib.util.resolve_name(name, package)
        if name not in sys.modules:
            spec = importlib.util.find_spec(name)
            if spec is None or _is_installed(spec.origin):
                return None
        return None if installed(name) else importlib.import_module(name)
    except Exception:  # noqa: BLE001 - the run will meet it
        return None


def top(module) -> str:
    return str(module).partition(".")[0]


def name_of(thing) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def installed(module: str) -> bool:
    """Whether a module is torch's, Python's or another package's, and not the user's own."""
    if module == "__main__":
        return False
    found = sys.modules.get(module)
    if top(module) in OURS or module in sys.builtin_module_names:
        return found is not None
    spec = getattr(found, "__spec__", None)
    return _is_installed(getattr(found, "__file__", None) or getattr(spec, "origin", None))


@functools.lru_cache(maxsize=4096)
def _is_installed(file: str | None) -> bool:
    if file in (None, "built-in", "frozen"):
        return file is not None
    file = os.path.realpath(file)
    return file.startswith(_HOMES) or not {"site-packages", "dist-packages"}.isdisjoint(
        file.split(os.sep))


def installed_name(thing) -> str | None:
    """The name by which what is installed can be reached; None for a thing that it does not lead
    to: the user's own, a wrapper, or what was made by a call."""
    module, found = thing.__module__, sys.modules.get(thing.__module__)
    if not installed(str(module)) or isinstance(thing, types.FunctionType) \
            and not installed(str(thing.__globals__.get("__name__"))):
        return None
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)
    return f"name {name_of(thing)}" if found is thing else None


def sum_of(*parts: str) -> str:
    """64 hexadecimal digits of some texts, in order."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
