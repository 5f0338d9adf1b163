"""What the tests of the scaling panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def table():
    return made.widths()


@pytest.fixture
def trained():
    return made.trained_widths()


@pytest.fixture
def panel():
    return made.scaling_panel()
