"""A hand's choice against the optimiser's, on a kernel whose Gabor function is known."""

import pytest

from tests.panels.made import SHAPE
from ticketlab.panels.fits.table import FitTable
from ticketlab.weights.kernels import random_kernels


def test_the_right_choice_is_as_good_as_the_optimisers_and_a_wrong_angle_is_not(kernels, fits):
    table = FitTable(kernels, fits)
    now = table.read(1, SHAPE["angle"], 1 / SHAPE["frequency"], SHAPE["width"])
    assert now.r2 == pytest.approx(1, abs=1e-3) and now.best == pytest.approx(1, abs=1e-3)
    assert table.read(1, SHAPE["angle"] + 90, 5, 1.5).r2 < 0.5
    assert table.wave(1, 60, 5, 1.5).shape == (7, 7)


def test_kernels_without_a_fit_are_not_offered(kernels, fits):
    assert FitTable(kernels, fits).shown == [1, 2]


def test_what_does_not_fit_is_named(kernels, fits):
    with pytest.raises(ValueError, match="2 rows for 3 kernels"):
        FitTable(kernels, fits[:2])
    with pytest.raises(ValueError, match="no kernel has a fit"):
        FitTable(kernels[:1], fits[:1])
    with pytest.raises(ValueError, match="two-dimensional"):
        FitTable(random_kernels(3, (9,)), fits)
