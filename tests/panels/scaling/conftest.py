"""What the tests of the scaling panel share."""

import pandas
import pytest

from tests.panels.scaling.test_panel import RANDOM
from tests.scaling.test_matching import made, measure
from ticketlab.panels import scaling_panel


@pytest.fixture(scope="module")
def table():
    return pandas.concat([made(), made(RANDOM, arm="random").query("level > 0")])


@pytest.fixture(scope="module")
def trained():
    return measure()


@pytest.fixture
def panel(table):
    return scaling_panel(table, net=20)
