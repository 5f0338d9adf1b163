"""What the tests of the levels panel share."""

import pytest

from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab import landscape, lottery
from ticketlab.panels import levels_panel


def searched(levels):
    tickets = lottery.search(NETS["mlp"], DATA, RECIPES["sgd"], levels=levels, rate=0.4, replicates=2,
                             progress=False)
    stacks = [trial.run.stack for trial in tickets.trials]
    return tickets, [landscape.line(a, b, DATA, points=5, progress=False)
                     for a, b in zip(stacks[:-1], stacks[1:], strict=True)]


@pytest.fixture(scope="package")
def searches():
    return {"long": searched(3), "short": searched(1)}


@pytest.fixture
def panel(searches):
    return levels_panel({name: own[0] for name, own in searches.items()},
                        {name: own[1] for name, own in searches.items()})
