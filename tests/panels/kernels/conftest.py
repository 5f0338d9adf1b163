"""What the tests of the kernels panel share."""

import numpy as np
import pytest

from ticketlab.panels import kernels_panel


@pytest.fixture
def kernels():
    """Four kernels of four weights, 1 to 16: the first kernel has the smallest."""
    return np.arange(1.0, 17).reshape(4, 1, 2, 2) * np.array([1, -1]).repeat(8).reshape(4, 1, 2, 2)


@pytest.fixture
def panel(kernels):
    return kernels_panel(kernels, [0.1, 0.5, 0.7, 0.9])
