"""What the tests of the levels panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def searches():
    return made.searches()


@pytest.fixture
def panel():
    return made.levels_panel()
