"""What the tests of the cue panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def conflict():
    return made.conflict()


@pytest.fixture
def choices():
    return made.choices()


@pytest.fixture
def panel():
    return made.cue_panel()
