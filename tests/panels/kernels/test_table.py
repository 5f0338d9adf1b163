"""What magnitude removes of some kernels, by hand."""

import numpy as np
import pytest

from ticketlab.panels.kernels.table import KERNELS, WEIGHTS, KernelsTable


def test_the_smallest_weights_go_first_whatever_their_sign(kernels):
    kept = KernelsTable(kernels).kept(0.375, WEIGHTS)
    assert np.flatnonzero(~kept.ravel()).tolist() == [0, 1, 2, 3, 4, 5]


def test_whole_kernels_go_by_their_mean_square(kernels):
    table = KernelsTable(kernels[::-1], [0.9, 0.7, 0.5, 0.1])
    assert (~table.kept(0.5, KERNELS)).any((1, 2, 3)).tolist() == [False, False, True, True]
    now = table.read(0.5, KERNELS)
    assert (now.whole, now.thinned, now.gone) == (2, 0, 2) and now.density == 0.5
    assert (now.r2_kept, now.r2_gone) == (pytest.approx(0.8), pytest.approx(0.3))


def test_the_numbers_of_a_cut_of_weights(kernels):
    now = KernelsTable(kernels, [0.1, 0.5, 0.7, np.nan]).read(0.375, WEIGHTS)
    assert (now.kept, now.weights, now.whole, now.thinned, now.gone) == (10, 16, 2, 1, 1)
    assert now.density + now.sparsity == 1 and now.density == 0.625
    assert now.r2_kept == 0.7 and now.r2_gone == pytest.approx(0.3)  # nan counts for nothing
    assert KernelsTable(kernels).read(0.5, WEIGHTS).r2_kept is None


@pytest.mark.parametrize("kernels, r2, message", [
    (np.zeros((4, 4)), None, "shape"), (np.full((1, 1, 2, 2), np.inf), None, "nan or infinity"),
    (np.ones((3, 1, 2, 2)), [0.1], "one a kernel")])
def test_what_does_not_fit_is_named(kernels, r2, message):
    with pytest.raises(ValueError, match=message):
        KernelsTable(kernels, r2)
