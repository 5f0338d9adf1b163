"""One path of rotations: orthogonal at every angle, and closed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketlab.landscape import rotation


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 40), angle=st.floats(-360, 360), seed=st.integers(0, 10**6))
def test_a_rotation_is_orthogonal_with_determinant_one(size, angle, seed):
    matrix = rotation(size, angle, seed).numpy()
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(size), atol=1e-10)
    assert np.linalg.det(matrix) == pytest.approx(1, abs=1e-8)


def test_angles_add_up_along_the_path():
    first, second, both = (rotation(11, angle, 3) for angle in (25, 50, 75))
    torch.testing.assert_close(first @ second, both)
    assert torch.equal(rotation(11, 360, 3), torch.eye(11, dtype=torch.float64))
    # each unit's own share falls as the cosine does, but for the axis of an odd size
    assert rotation(10, 60, 3).diagonal() == pytest.approx([0.5] * 10)


def test_another_seed_is_another_path():
    assert not torch.allclose(rotation(8, 30, 0), rotation(8, 30, 1))
    with pytest.raises(ValueError, match="seed is -1"):
        rotation(8, 30, -1)
