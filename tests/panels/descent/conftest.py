"""What the tests of the descent panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def found():
    return made.wrong_labels()


@pytest.fixture
def panel():
    return made.descent_panel()
