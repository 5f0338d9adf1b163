"""What people hand over: whole numbers of whatever kind, and settings of the environment.

``stack[accuracy.argmax()]`` is one network, though the place is a tensor; a value that
``%env NAME="/content/My Drive"`` set in Jupyter has its quotes still on. All lessons build on it.
"""

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


def environment(name: str) -> str:
    """The environment variable, without blanks and quotes around it; "" if it is not set."""
    value = os.environ.get(name, "").strip()
    while len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return "" if value in ("'", '"') else value
