"""What the tests of the prune panel share: a data set, networks and a panel of them."""

import pytest

import ticketlab as tl
from tests.panels.prune.test_panel import Data
from ticketlab import panels


@pytest.fixture(scope="module")
def data():
    return Data()


@pytest.fixture(scope="module")
def stack(data):
    return tl.draw(tl.nets.mlp(data, (9, 7)), [0, 1, 2])


@pytest.fixture
def panel(stack, data):
    return panels.prune_panel(stack, data, replicate=1)
