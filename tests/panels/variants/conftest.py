"""What the tests of the panels of lesson 07 share."""

import pytest

from tests.panels import made


@pytest.fixture
def some_data():
    return made.signals()


@pytest.fixture
def rotations():
    return made.rotation_panel()


@pytest.fixture
def trained():
    return made.pressed()


@pytest.fixture
def pressures():
    return made.pressure_panel()
