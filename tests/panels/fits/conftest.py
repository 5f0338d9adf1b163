"""What the tests of the fit panel share."""

import pytest

from tests.panels import made


@pytest.fixture
def kernels():
    return made.three_kernels()


@pytest.fixture
def fits():
    return made.fits()


@pytest.fixture
def panel():
    return made.fit_panel()
