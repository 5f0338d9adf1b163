"""What people hand over: whole numbers of whatever kind, names, and settings of the environment.

``stack[accuracy.argmax()]`` is one network, though the place is a tensor; a value that
``%env NAME="/content/My Drive"`` set in Jupyter has its quotes still on. All lessons build on it.
"""

import difflib
import operator
import os


def whole(value) -> int | None:
    """`value` as an int if it is one whole number: Python's, NumPy's, a tensor or array without
    dimensions. None for all else, truth values and whole floats included."""
    if isinstance(value, bool) or getattr(value, "ndim", 0) or "bool" in str(getattr(value, "dtype", "")):
        return None
    try:
        return operator.index(value)
    except (TypeError, ValueError, RuntimeError):
        return None


def whole_from(name: str, value, least: int | None = 0) -> int:
    """`value` as an int. Raises ValueError, by the argument's name, for what is no whole number
    (whole floats and truth values are none) or is below `least`; None: negative ones are allowed."""
    number = whole(value)
    if number is None or least is not None and number < least:
        raise ValueError(f"{name} is {value!r}; it must be a whole number"
                         f"{'' if least is None else f', {least} or above'}")
    return number


def wholes_from(name: str, values, least: int | None = 0) -> list[int]:
    """Several of them: a sequence, an array or a tensor. Raises ValueError naming the first that is
    none, and TypeError for one number in place of a sequence."""
    try:
        values = list(values)
    except TypeError:
        raise TypeError(f"{name} is {values!r}; it must be a sequence of whole numbers, such as "
                        f"[{values}]") from None
    return [whole_from(f"{name}[{place}]", value, least) for place, value in enumerate(values)]


def one_each(name: str, seeds, networks: int) -> list[int]:
    """Seeds of that many networks, by default 0, 1 and so on. Raises ValueError for another number of
    them, and as ``wholes_from`` does."""
    seeds = list(range(networks)) if seeds is None else wholes_from(name, seeds)
    if len(seeds) != networks:
        raise ValueError(f"{len(seeds)} {name.replace('_', ' ')} for {networks} networks; give one each")
    return seeds


def choose(what: str, value, allowed, otherwise: str = "") -> None:
    """Raises ValueError naming what is allowed, and the nearest of it, unless value is. otherwise: what
    may be given instead."""
    allowed = list(allowed)
    if value not in allowed:
        names = {str(each).lower(): each for each in allowed}
        close = difflib.get_close_matches(str(value).lower(), names, n=1)
        raise ValueError(f"{what} is {value!r}; choose one of {', '.join(map(repr, allowed))}"
                         + (f" (did you mean {names[close[0]]!r}?)" if close else "")
                         + (f", or {otherwise}" if otherwise else ""))


def environment(name: str) -> str:
    """The environment variable, without blanks and quotes around it; "" if it is not set."""
    value = os.environ.get(name, "").strip()
    while len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return "" if value in ("'", '"') else value
