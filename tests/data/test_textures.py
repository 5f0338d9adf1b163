"""The generated images: the class is in what it is said to be in, and nowhere else."""

import numpy as np
import pytest
import torch

from ticketlab.data import from_arrays, textures


def angle_of(image):
    """Angle of the stripes in degrees, from the gradient's structure tensor."""
    down, right = np.gradient(image)
    double = np.arctan2(2 * (down * right).sum(), (right**2 - down**2).sum())
    return np.degrees(-double / 2) + 90  # across to along; y points down


def test_the_class_of_an_oriented_image_is_the_angle_of_its_stripes():
    data = textures.oriented(classes=4, size=24, noise=0)
    assert data.shape == (1, 24, 24) and len(data.x_train) == 2_000
    off = [(angle_of(image[0].numpy()) - 45 * label + 90) % 180 - 90
           for image, label in zip(data.x_test[:200], data.y_test[:200].tolist(), strict=True)]
    assert np.median(np.abs(off)) < 10 and np.mean(np.abs(off) < 25) > 0.9


def test_no_mean_image_tells_the_classes_of_oriented_images():
    """The phase is drawn: what remains of a class's mean is 1 / sqrt(250), the noise of drawing."""
    data = textures.oriented()
    means = torch.stack([data.x_train[data.y_train == label].mean(0).flatten() for label in range(8)])
    assert 0.04 < means.std() < 0.08


def test_seeds_decide_every_pixel():
    one, same, other = textures.oriented(), textures.oriented(), textures.oriented(seed=1)
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert textures.cue_conflict().data.fingerprint == textures.cue_conflict().data.fingerprint


def test_cues_agree_in_training_and_contradict_afterwards():
    made = textures.cue_conflict(conflicts=80, mixtures=(0, 0.5, 1), noise=0)
    assert made.images.shape == (3, 80, 1, 20, 20)
    assert (made.shapes != made.textures).all()
    assert set(made.shapes.tolist()) == set(made.textures.tolist()) == {0, 1, 2, 3}
    # at 0 there is a silhouette of two values and no texture, at 1 no silhouette
    assert len(made.images[0, 0].unique()) == 2 and len(made.images[2, 0].unique()) > 2
    half = (made.images[0] + made.images[2]) / 2
    assert torch.allclose(made.images[1], half, atol=1e-5)


def test_conflicts_are_standardised_as_the_training_images_are():
    made = textures.cue_conflict(conflicts=2_000, mixtures=(0.5,))
    assert made.data.x_train.std().item() == pytest.approx(1, abs=0.01)
    assert made.images.std().item() == pytest.approx(1, abs=0.05)
    assert abs(made.images.mean().item()) < 0.06


def test_a_flip_changes_neither_shape_nor_texture():
    """Augmentation by flips must not turn one class into another."""
    shapes = textures._shapes(np.arange(4).repeat(100), 20, np.random.default_rng(0)).reshape(4, 100, 20, 20)
    waves = textures._textures(np.arange(4).repeat(100), 20, np.random.default_rng(0)).reshape(4, 100, 20, 20)
    mean = shapes.mean(1)
    for label in range(4):
        assert np.abs(mean[label] - mean[label][:, ::-1]).mean() < 0.12  # places are drawn
        spectrum = np.abs(np.fft.fft2(waves[label])).mean(0)
        flipped = np.abs(np.fft.fft2(waves[label][:, :, ::-1])).mean(0)
        assert np.corrcoef(spectrum.ravel(), flipped.ravel())[0, 1] > 0.95
    areas = (shapes > 0).mean((1, 2, 3))
    assert areas.max() / areas.min() < 1.2  # brightness does not tell the shape
    assert waves.std((1, 2, 3)).max() / waves.std((1, 2, 3)).min() < 1.4


def test_shuffled_pixels_lose_their_neighbours_and_nothing_else():
    data = textures.oriented()
    moved = textures.shuffled_pixels(data, seed=3)
    assert torch.equal(moved.x_test.flatten(1).sort(1).values, data.x_test.flatten(1).sort(1).values)
    assert torch.equal(moved.y_train, data.y_train)

    def alike(x):
        return torch.corrcoef(torch.stack([x[..., :-1].flatten(), x[..., 1:].flatten()]))[0, 1]
    assert alike(data.x_test) > 0.3 and abs(alike(moved.x_test)) < 0.1
    # the same permutation in every split
    place = (moved.x_train[0].flatten() == data.x_train[0, 0, 0, 0]).nonzero()[0, 0]
    assert torch.equal(moved.x_test.flatten(1)[:, place], data.x_test[:, 0, 0, 0])
    with pytest.raises(ValueError, match="needs images"):
        textures.shuffled_pixels(from_arrays(np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 2))


def test_shuffled_labels_are_as_many_of_each_class_and_say_nothing():
    data = textures.oriented()
    dealt = textures.shuffled_labels(data, seed=1)
    assert torch.equal(dealt.y_train.bincount(), data.y_train.bincount())
    assert (dealt.y_train == data.y_train).double().mean() < 0.2
    assert torch.equal(dealt.y_test, data.y_test) and torch.equal(dealt.x_train, data.x_train)


@pytest.mark.parametrize("call, message", [
    (lambda: textures.oriented(classes=1), "classes is 1"), (lambda: textures.oriented(size=7), "size is 7"),
    (lambda: textures.oriented(noise=-1), "noise is -1"), (lambda: textures.oriented(seed=-1), "seed is -1"),
    (lambda: textures.cue_conflict(mixtures=(0, 2)), "mixtures are"), (lambda: textures.cue_conflict(mixtures=()), "at least one"),
    (lambda: textures.cue_conflict(noise=float("nan")), "noise is nan"), (lambda: textures.cue_conflict(size=4), "size is 4")])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
