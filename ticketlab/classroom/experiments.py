"""What was run, field by field, and whether two files of a class tell of the same experiment.

``ticketlab.classroom.results`` builds on this file, and lesson 04 through it.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from os.path import commonprefix

from ticketlab.basics import digest
from ticketlab.classroom.files import shown
from ticketlab.lottery import Tickets
from ticketlab.pruning import by_layer, layer_name
from ticketlab.runs import Job
from ticketlab.training import Snapshot


def experiment(tickets: Tickets) -> dict:
    """All that decides a search besides its seeds: field -> value, flat, so that one can be named."""
    examples = len(tickets.data.x_train)
    schedule = tickets.recipe.schedule(examples)
    decided = Job(Snapshot(tickets.initial), tickets.data, tickets.recipe, None, tickets.seeds,
                  schedule.total, []).decided_by
    rates = {layer_name(name): float(rate) for name, rate in
             by_layer(tickets.initial, "rate", tickets.rate).items()}
    # steps as numbers, since "1ep" and 35 can be the same
    recipe = decided["recipe"] | {
        field.name: getattr(schedule, field.name) for field in fields(schedule)
        if field.name in decided["recipe"]} | {"steps": schedule.total,
                                               "drops": list(schedule.drops)}
    return {
        "data": f"{getattr(tickets.data, 'name', 'data')} {decided['data'][:16]}",
        "net": decided["net"], "code of the net": digest({}, key(decided["code"]))[:16],
        "initialisation": _name(tickets.initial.initialise), "training": decided["training"],
        **{f"recipe {name}": value for name, value in recipe.items()},
        "rate": rates if len(set(rates.values())) > 1 else next(iter(rates.values())),
        "scope": tickets.scope, "score": _name(tickets.score), "rewind step": tickets.stem.step}


def _name(function) -> str:
    return getattr(function, "__qualname__", type(function).__name__).partition(".<locals>")[0]


def of_most(told: Mapping[str, dict]) -> dict:
    """The facts that most files have. told: file -> facts, field -> value.

    Raises ValueError, with a difference, if two kinds of facts have as many.
    """
    votes = Counter(map(key, told.values())).most_common(2)
    if len(votes) == 2 and votes[0][1] == votes[1][1]:
        a, b = (next(name for name in told if key(told[name]) == text) for text, _ in votes)
        raise ValueError(f"the files are of several experiments, and none has the most files: {a!r} and "
                         f"{votes[0][1] - 1} like it, {b!r} and as many; of {a!r}, "
                         f"{difference(told[a], told[b])}. Say which to pool, with like={a!r}")
    return next((own for own in told.values() if key(own) == votes[0][0]), {})


def difference(own: dict, wanted: dict, stopped: str | None = None) -> str:
    """The first field in which a file differs, in words. stopped: why its search ended early."""
    names = [name for name in dict.fromkeys([*wanted, *own])
             if key(own.get(name)) != key(wanted.get(name))]
    names = [name for name in names if name != "densities"] or names  # they follow from the others
    values = own.get(names[0]), wanted.get(names[0])
    start = len(commonprefix([repr(value) for value in values])) - 20
    a, b = (shown(value, 60, start) for value in values)
    more = f"; others differ too: {shown(names[1:])}" if len(names) > 1 else ""
    ended = f"; {stopped}" if stopped and names[0] == "levels" else ""
    return f"its {names[0]!r} is {a} and not {b}{more}{ended}"


def key(value) -> str:
    """A text that equal facts share."""
    return json.dumps(value, sort_keys=True)
