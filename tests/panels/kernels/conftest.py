"""What the tests of the kernels panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def kernels():
    return made.four_kernels()


@pytest.fixture
def panel():
    return made.kernels_panel()
