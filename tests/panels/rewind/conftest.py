"""What the tests of the rewind panel share."""

from types import SimpleNamespace

import pytest

from tests.panels.rewind.test_panel import RECIPE, SEEDS, STEPS, WAYS
from tests.training.test_loop import DATA, NETS, fit
from ticketlab import stack
from ticketlab.landscape import instability
from ticketlab.lottery import rewinding
from ticketlab.panels import rewind_panel
from ticketlab.training import Snapshot


@pytest.fixture(scope="module")
def family():
    start = stack.draw(NETS["cnn"], SEEDS)
    run = fit(start, RECIPE, snapshots=STEPS[1:])
    starts = {0: Snapshot(start)} | run.snapshots
    children = instability.children(starts, DATA, RECIPE, SEEDS, snapshots=[25, 33], progress=False)
    lines = instability.lines(children, DATA, points=5, progress=False)
    tickets = rewinding.search(NETS["cnn"], DATA, RECIPE, WAYS, levels=3, rate=0.4, replicates=2,
                               progress=False)
    return SimpleNamespace(children=children, lines=lines, starts=starts, tickets=tickets)


@pytest.fixture
def panel(family):
    return rewind_panel(family.children, family.lines, family.starts, family.tickets)


@pytest.fixture
def bare(family):
    """Without tickets."""
    return rewind_panel(family.children, family.lines, family.starts, replicate=1)
