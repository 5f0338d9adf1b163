"""The rows that a unit of a sweep gives: as JSON holds them, exactly, and back.

All rows go this way, those of this process too, so that a table does not tell where it was made.
Lesson 06 builds on this file through ``sweep``.
"""

import json
import math
from collections.abc import Mapping

_NOT_FINITE = "not finite"  # JSON has no word for these floats: {"not finite": "nan"}


def listed(result) -> list[dict]:
    """The rows in what a function returned: a dict, a list of dicts or a pandas data frame (without
    its index). Raises TypeError, naming the row and the key, for anything that JSON cannot hold."""
    import pandas

    if isinstance(result, pandas.DataFrame):
        result = result.to_dict("records")
    rows = [result] if isinstance(result, Mapping) else result
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError(f"the function returned {_short(result)}; return the rows of the table: a "
                        "dict, a list of dicts or a pandas data frame")
    text = json.dumps([plain(row, f"row {number}") for number, row in enumerate(rows)])
    return ordered(restored(json.loads(text)), columns(rows))


def columns(rows) -> list[str]:
    """The names in the rows, each once, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row))


def ordered(rows: list[dict], names: list[str]) -> list[dict]:
    """The rows with their values in the order of ``names``; on disk names are sorted."""
    return [{name: row[name] for name in names if name in row} for row in rows]


def check_names(rows: list[dict], settings: dict) -> None:
    """Raise ValueError if a row has a column of the name of a setting, and another value there."""
    for number, row in enumerate(rows):
        for name in row.keys() & settings.keys():
            if plain(row[name], name) != settings[name]:
                raise ValueError(f"row {number} has {row[name]!r} as {name!r}, and the setting of "
                                 f"that name is {settings[name]!r}; call one of them otherwise")


def plain(value, where: str):
    """A value as JSON holds it, exactly; single numbers of numpy and torch become Python's. Raises
    TypeError, naming the place, for what JSON cannot hold."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_NOT_FINITE: str(float(value))}
    if isinstance(value, list | tuple):
        return [plain(each, f"{where}[{place}]") for place, each in enumerate(value)]
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                raise TypeError(f"{where} has the key {name!r}, {_short(name)}; keys must be texts")
        return {name: plain(each, f"{where}[{name!r}]") for name, each in value.items()}
    # numpy's longest floats give themselves
    if getattr(value, "ndim", None) == 0 and type(number := value.item()) is not type(value):
        return plain(number, where)
    raise TypeError(f"{where} is {_short(value)}; give numbers, texts, truth values, None, or "
                    "lists and dicts of them")


def restored(value):
    """What ``plain`` took apart; tuples stay lists."""
    if isinstance(value, list):
        return [restored(each) for each in value]
    if isinstance(value, dict):
        if list(value) == [_NOT_FINITE] and value[_NOT_FINITE] in ("nan", "inf", "-inf"):
            return float(value[_NOT_FINITE])
        return {name: restored(each) for name, each in value.items()}
    return value


def _short(value) -> str:
    text = repr(value)
    return f"a {type(value).__name__} ({text if len(text) <= 60 else text[:57] + '...'})"
