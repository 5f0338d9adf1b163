"""One-line mistakes that tests have to notice, a file a room; ``python -m tools.mutants`` tries them."""

from pathlib import Path
from typing import NamedTuple

from tools.mutants import landscape, lottery, nets, pruning, runs, stack, training

ROOT = Path(__file__).parents[2]


class Mutant(NamedTuple):
    """``old`` stands exactly once in ``file``, below ticketlab/; the test ``test`` (its name without
    ``test_``) of ``room``, below tests/, states the property that the mistake breaks."""

    name: str
    file: str
    old: str
    new: str
    room: str
    test: str

    @property
    def id(self) -> str:
        return f"tests/{self.room}::test_{self.test}"


MUTANTS = [Mutant(*each) for room in (nets, stack, training, pruning, lottery, landscape, runs)
           for each in room.MISTAKES]
