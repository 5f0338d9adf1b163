"""What the tests of the tickets panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def data():
    return made.splits()


@pytest.fixture
def search():
    return made.search


@pytest.fixture
def tickets():
    return made.tickets()


@pytest.fixture
def faster():
    return made.faster()


@pytest.fixture
def arms():
    return made.arms()


@pytest.fixture
def panel():
    return made.ticket_panel()
