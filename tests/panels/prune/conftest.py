"""What the tests of the prune panel share: a data set, networks and a panel of them."""

import pytest

from tests.panels import made


@pytest.fixture
def data():
    return made.noise()


@pytest.fixture
def stack():
    return made.networks()


@pytest.fixture
def panel():
    return made.prune_panel()
