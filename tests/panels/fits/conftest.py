"""What the tests of the fit panel share."""

import numpy as np
import pytest

from ticketlab.panels import fit_panel
from ticketlab.weights import kernels as measures

SHAPE = {"width": 1.5, "length": 2.25, "angle": 60.0, "frequency": 0.2}


@pytest.fixture(scope="session")
def kernels():
    """Constant, a known Gabor function, and noise."""
    wave = measures.gabor((7, 7), x=0.5, phase=30, **SHAPE)
    return np.stack([np.ones((7, 7)), wave, measures.random_kernels(1, (7, 7))[0, 0]])[:, None]


@pytest.fixture(scope="session")
def fits(kernels):
    return measures.fit(kernels, progress=False)


@pytest.fixture
def panel(kernels, fits):
    return fit_panel(kernels, fits)
