"""Augmentation: the crops and mirror images that were asked for, and the same ones after a break."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from tests.training.test_loop import assert_same_bits, make_data
from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.training import Recipe, train
from ticketlab.training.augmentation import crop_flip, draws


def by_hand(image, top, left, mirrored):
    cropped = F.pad(image, [4] * 4)[:, top:top + image.shape[1], left:left + image.shape[2]]
    return cropped.flip(-1) if mirrored else cropped


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(3, 9), st.integers(3, 9))
def test_every_image_is_cropped_and_mirrored_as_drawn(seed, channels, height, width):
    """Against the crop of one image at a time, for images of any size."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 5, channels, height, width, generator=generator)
    drawn = torch.stack([torch.randint(0, high, (2, 5), generator=generator) for high in (9, 9, 2)], -1)
    found = crop_flip(x, drawn)
    for r in range(2):
        for n in range(5):
            assert torch.equal(found[r, n], by_hand(x[r, n], *drawn[r, n].tolist()))


def test_draws_depend_on_the_seed_and_the_step_alone():
    """A run entered at step 7 sees what the uninterrupted run sees there, across epochs too."""
    whole = list(draws(50, 10, [3, 4], 0, 12))
    assert all(torch.equal(a, b) for a, b in zip(whole[7:], draws(50, 10, [3, 4], 7, 12), strict=True))
    assert all(torch.equal(a[1:], b) for a, b in zip(whole, draws(50, 10, [4], 0, 12), strict=True))
    assert not torch.equal(whole[0][0], whole[0][1])  # replicates differ
    assert not torch.equal(whole[0], whole[5])  # epochs differ


def test_all_crops_and_both_sides_occur_about_equally_often():
    """A bias to one corner or one side would be a quieter task."""
    drawn = next(draws(9_000, 9_000, [0], 0, 1))[0]
    for column, values in ((0, 9), (1, 9), (2, 2)):
        counts = drawn[:, column].bincount(minlength=values)
        assert len(counts) == values and (counts / 9_000 - 1 / values).abs().max() < 0.02


def images(seed=0):
    flat = make_data(seed, examples=40)
    for name in ("x_train", "x_val", "x_test"):
        setattr(flat, name, getattr(flat, name).view(-1, 3, 2, 2).repeat(1, 1, 2, 2))
    flat.shape = (3, 4, 4)
    return flat


RECIPE = Recipe("sgd", lr=0.05, momentum=0.9, batch=10, steps=12, evaluate_every=4, augment="crop-flip")
NET = nets.mlp(Task((3, 4, 4), 4), (8,))


def test_an_augmented_run_goes_on_after_a_break_with_the_same_bits():
    data, start = images(), stack.draw(NET, range(2))
    whole = train(start, data, RECIPE, progress=False)
    half = train(start, data, RECIPE, stop=7, progress=False)
    assert_same_bits(train(half.end, data, RECIPE, progress=False).stack, whole.stack)


def test_augmentation_changes_training_and_never_the_evaluation():
    data, start = images(), stack.draw(NET, range(2))
    with_it = train(start, data, RECIPE, progress=False)
    without = train(start, data, RECIPE.with_(augment="none"), progress=False)
    assert torch.equal(with_it.curves["test_loss"][0], without.curves["test_loss"][0])
    assert not torch.equal(with_it.curves["test_loss"][-1], without.curves["test_loss"][-1])


def test_what_is_not_an_image_is_refused_with_the_cure():
    flat = make_data()
    with pytest.raises(ValueError, match="is for images .* leave it out of the recipe"):
        train(stack.draw(nets.mlp(Task((12,), 4), (8,)), [0]), flat, RECIPE, progress=False)


@pytest.mark.parametrize("net", [NET, nets.resnet20(Task((3, 4, 4), 4), width=4, depth=8)],
                         ids=["mlp", "resnet"])
def test_mixed_precision_learns_what_float32_learns_with_weights_in_float32(net):
    data, start = images(), stack.draw(net, range(2))
    recipe = Recipe("sgd", lr=0.02, batch=10, steps=20, evaluate_every=5)
    full = train(start, data, recipe, progress=False)
    mixed = train(start, data, recipe.with_(precision="mixed"), progress=False)
    assert {t.dtype for t in mixed.stack.parameters.values()} == {torch.float32}
    wanted, found = (run.curves["train_loss"][1:] for run in (full, mixed))
    assert (wanted[-1] < wanted[0]).all()  # there is something to learn
    assert ((found - wanted).abs() < 0.2 * wanted).all()
    assert not torch.equal(found, wanted)  # it was on


def test_the_constant_loss_scale_of_float16_leaves_the_step_as_it_was(monkeypatch):
    """The scaling of a T4, run in float32: what goes in must come out again."""
    import contextlib

    from ticketlab.training import trainer

    data, start = images(), stack.draw(NET, range(2))
    recipe = RECIPE.with_(augment="none")
    plain = train(start, data, recipe, progress=False)
    monkeypatch.setattr(trainer, "_precision", lambda *_: (contextlib.nullcontext(), 2 ** 10))
    scaled = train(start, data, recipe, progress=False)
    for name, values in plain.stack.parameters.items():
        assert torch.allclose(values, scaled.stack.parameters[name], atol=1e-6), name


@pytest.mark.parametrize("field, value", [("augment", "flip"), ("precision", "float16")])
def test_unknown_names_in_a_recipe_list_the_known_ones(field, value):
    with pytest.raises(ValueError, match=f"Recipe {field} is '{value}'; it must be one of"):
        Recipe(**{field: value})
