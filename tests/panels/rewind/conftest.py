"""What the tests of the rewind panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def family():
    return made.family()


@pytest.fixture
def panel():
    return made.rewind_panel()


@pytest.fixture
def bare():
    return made.rewind_panel_without_tickets()
