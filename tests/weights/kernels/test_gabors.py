"""The Gabor function, against values computed by hand."""

import numpy as np
import pytest

from ticketlab.weights.kernels import gabor
from ticketlab.weights.kernels.gabors import PARAMETERS, parameters_of


def test_at_its_middle_a_gabor_is_its_amplitude_and_a_standard_deviation_away_less():
    line = gabor((7,), amplitude=3, width=2)
    assert line[3] == pytest.approx(3)
    assert line[5] == pytest.approx(3 * np.exp(-0.5))
    assert gabor((5, 5), phase=90)[2, 2] == pytest.approx(0, abs=1e-12)


def test_an_angle_of_0_is_horizontal_stripes_and_of_90_upright_ones():
    lying = gabor((7, 7), width=3, length=100, frequency=0.25, angle=0)
    assert np.allclose(lying, lying[:, :1], atol=0.01)  # nothing changes along a row
    assert np.allclose(gabor((7, 7), width=3, length=100, frequency=0.25, angle=90), lying.T)
    rising = gabor((7, 7), width=1, length=100, angle=45)  # counterclockwise: up to the right
    assert rising[6, 0] == pytest.approx(1, abs=0.01) and rising[0, 0] < 0.01


def test_the_middle_is_moved_to_the_right_and_down():
    row, column = np.unravel_index(gabor((5, 9), x=3, y=-1).argmax(), (5, 9))
    assert (row, column) == (1, 7)


def test_a_line_has_five_parameters_and_an_image_eight():
    assert len(parameters_of((5,))) == 5 and parameters_of((3, 3)) == PARAMETERS


@pytest.mark.parametrize("size, more, message", [
    ((), {}, "size is"), ((2, 2, 2), {}, "size is"), ((5,), {"width": 0}, "width is 0"),
    ((5, 5), {"length": -1}, "length is -1")])
def test_what_does_not_fit_is_named(size, more, message):
    with pytest.raises(ValueError, match=message):
        gabor(size, **more)
