"""What decides a kept run: its key, made of all that training is given and of nothing else.

``runs`` builds on this file, and lesson 04 through it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

from ticketlab import nets
from ticketlab.basics import digest
from ticketlab.data import fingerprint
from ticketlab.pruning import Masks
from ticketlab.runs.tensors import flat
from ticketlab.training import Recipe, Snapshot

# Raise it when training gives other results for the same arguments: it is part of the digest. Rounding
# alone is no other result: it follows the number of threads and the way R networks are computed, too.
TRAINING = 2
# How the digest is made: raise it when it covers more, so that what was kept before can be named.
KEY = 2

# Fields of a recipe that came later, and where they change nothing: left out of the digest there, so
# that what was kept before is found.
LATER = {"l1": 0.0, "powerprop": 1.0, "cosine": False, "trained": "everything"}


@dataclass(frozen=True, eq=False)
class Job:
    """All that decides a training run; the fields are the arguments of ``training.train``."""

    start: Snapshot
    data: object
    recipe: Recipe
    masks: Masks | None
    order_seeds: Sequence[int]
    stop: int
    snapshots: Sequence[int]

    @property
    def steps(self) -> int:
        return self.stop - self.start.step

    @cached_property
    def decided_by(self) -> dict:
        """As a table: values where a person can read them, else digests."""
        net = self.start.stack.net
        recipe = {field.name: getattr(self.recipe, field.name) for field in fields(self.recipe)}
        recipe |= {field.name: float(recipe[field.name])  # 1 and 1.0 are one learning rate
                   for field in fields(self.recipe) if field.type is float}
        recipe = {name: value for name, value in recipe.items() if LATER.get(name) != value}
        decided = {
            "training": TRAINING, "key_version": KEY, "net": repr(net),
            "code": self.description.digest,
            "start": digest(flat(self.start)), "start_step": self.start.step,
            "masks": None if self.masks is None else digest(self.masks),
            "data": fingerprint(self.data), "recipe": recipe, "order_seeds": self.order_seeds,
            "stop": self.stop, "snapshots": self.snapshots}
        return json.loads(json.dumps(decided))  # tuples are lists there

    @cached_property
    def description(self) -> nets.Description:
        """Of the network: its code, and its state other than values. If something in it is unknown,
        the run cannot be told from others, and must not be kept."""
        return nets.describe(self.start.stack.net)

    @cached_property
    def key(self) -> str:
        text = json.dumps(self.decided_by, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
