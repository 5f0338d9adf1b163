"""What the tests of the descent panel share."""

import pytest

from tests.panels.descent.test_panel import NOISES, SIZES
from tests.scaling.test_double_descent import DATA, RECIPE
from ticketlab.panels import descent_panel
from ticketlab.scaling.double_descent import sweep


@pytest.fixture(scope="module")
def found():
    return sweep(DATA, SIZES, RECIPE.with_(steps=200), noises=NOISES, replicates=2, layers=1,
                 progress=False)


@pytest.fixture
def panel(found):
    return descent_panel(found, signals=5)
