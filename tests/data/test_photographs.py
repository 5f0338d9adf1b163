"""Patches of scikit-learn's photographs, the task of telling rotations apart, and components."""

import numpy as np
import pytest

from ticketlab.data import photographs


def test_the_photographs_are_there_in_grey_without_a_network():
    found = photographs.photographs()
    assert [image.shape for image in found] == [(427, 640)] * 2
    assert all(0 <= image.min() < image.max() <= 1 for image in found)
    for author in ("danielbuechele", "vultilion", "CC BY 2.0"):
        assert author in photographs.CREDIT


def test_patches_come_from_their_part_and_have_no_mean():
    """Test patches share no pixel with training; images need not be square."""
    image = np.zeros((30, 300))
    image[:, 200:] = np.random.default_rng(0).normal(size=(30, 100))
    image[:, :200] = np.arange(200)  # a slope, so that a patch can be told
    left = photographs.patches(50, 8, part=(0, 2 / 3), images=[image])
    right = photographs.patches(50, 8, part=(2 / 3, 1), images=[image])
    assert left.shape == right.shape == (50, 8, 8)
    assert np.allclose(np.diff(left, axis=2), 1) and not np.isclose(np.diff(right, axis=2), 1).any()
    assert np.allclose(right.mean((1, 2)), 0)


def test_flat_patches_are_left_out():
    assert (photographs.patches(300, 8).std((1, 2)) > 0).all()


def test_the_label_of_a_rotation_is_its_number_of_quarter_turns():
    data = photographs.rotations(size=12)
    assert data.shape == (1, 12, 12) and data.classes == 4 and photographs.CREDIT in data.provenance
    assert data.y_test.bincount().tolist() == [250] * 4
    again, other = photographs.rotations(size=12), photographs.rotations(size=12, seed=1)
    assert data.fingerprint == again.fingerprint != other.fingerprint
    # turned back, patches look alike in a way that turned ones do not: light comes from above
    x, y = data.x_train[:, 0].numpy(), data.y_train.numpy()
    back = np.stack([np.rot90(patch, -turns) for patch, turns in zip(x, y, strict=True)])

    def up(patches):
        return np.abs((patches[:, :6] - patches[:, 6:]).mean())
    assert up(back) > 2 * up(x)


def test_components_of_two_crossed_patterns_are_these_patterns():
    draw = np.random.default_rng(0)
    wanted = np.stack([np.sin(np.arange(8))[:, None] * np.ones(8), np.cos(2 * np.arange(8)) * np.ones((8, 1))])
    amounts = draw.laplace(size=(2_000, 2))
    images = np.einsum("np,phw->nhw", amounts, wanted)
    found = photographs.independent_components(images, 2)
    assert found.shape == (2, 1, 8, 8) and np.allclose(found.std((1, 2, 3)), 1)
    match = np.abs(np.corrcoef(np.concatenate([found, wanted[:, None]]).reshape(4, -1))[:2, 2:])
    assert match.max(1).min() > 0.99 and set(match.argmax(1)) == {0, 1}
    with pytest.raises(ValueError, match="at most 63 components"):
        photographs.independent_components(images, 64)


@pytest.mark.parametrize("more, message", [
    ({"size": 1}, "size is 1"), ({"part": (0.5, 0.5)}, "part is"), ({"part": (0, 0.01)}, "part is"),
    ({"images": [np.zeros((4, 4))]}, "at least 16"), ({"images": [np.zeros((40, 40, 3))]}, "grey images")])
def test_what_does_not_fit_is_named(more, message):
    with pytest.raises(ValueError, match=message):
        photographs.patches(5, **more)
