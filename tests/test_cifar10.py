"""Real CIFAR-10, end to end: loading, augmented training, a round of rewinding, a line.

The images are not part of the package. They are read from the folder that TICKETLAB_DATA names;
without them these tests are skipped, and say so.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ticketlab import data as datasets
from ticketlab import landscape, lottery, nets, scales, stack
from ticketlab.lottery import rewinding
from ticketlab.pruning import masks
from ticketlab.training import Recipe, train
from ticketlab.weights import kernels

FOLDER = os.environ.get("TICKETLAB_DATA")

pytestmark = pytest.mark.skipif(
    not FOLDER or not (Path(FOLDER).expanduser() / "cifar10.npz").is_file(),
    reason="set TICKETLAB_DATA to a folder that holds cifar10.npz (ticketlab.data.load('cifar10') "
           "writes it there)")

RECIPE = Recipe("sgd", lr=0.05, momentum=0.9, weight_decay=1e-4, batch=64, steps=8, drops=("50%",),
                augment="crop-flip", evaluate_every=8)


@pytest.fixture(scope="module")
def cifar10():
    return datasets.load("cifar10", progress=False)


@pytest.fixture(scope="module")
def few(cifar10):
    """A slice of each split that a CPU trains on in seconds."""
    data = cifar10.first(256)
    return replace(data, x_val=data.x_val[:50], y_val=data.y_val[:50],
                   x_test=data.x_test[:100], y_test=data.y_test[:100])


@pytest.fixture(scope="module")
def found(few):
    """One round to 16.8 %, the weights rewound to two values of k."""
    ways = [rewinding.weights(0), rewinding.weights(3)]
    return rewinding.search(nets.resnet20(few), few, RECIPE, ways, levels=1,
                            rate={"conv": 0.832, "output": 0}, replicates=1, progress=False)


def test_the_splits_are_those_of_the_papers(cifar10):
    assert [len(x) for x in (cifar10.x_train, cifar10.x_val, cifar10.x_test)] == [
        45_000, 5_000, 10_000]
    assert cifar10.shape == (3, 32, 32) and cifar10.classes == 10
    assert cifar10.x_train.dtype == torch.float32 and cifar10.y_train.dtype == torch.int64


def test_every_class_has_its_tenth_of_each_split(cifar10):
    """Labels read wrongly, or a validation split of the first classes only, would show."""
    for labels, each in ((cifar10.y_train, 4_500), (cifar10.y_val, 500), (cifar10.y_test, 1_000)):
        assert labels.bincount().tolist() == [each] * 10


def test_each_channel_is_standardised_by_the_training_split(cifar10):
    x = cifar10.x_train
    assert torch.allclose(x.mean((0, 2, 3)), torch.zeros(3), atol=1e-3)
    assert torch.allclose(x.std((0, 2, 3)), torch.ones(3), atol=1e-3)
    # the same scale for the other splits, which are not standardised on their own
    for other in (cifar10.x_val, cifar10.x_test):
        means = other.mean((0, 2, 3)).abs()
        assert 0 < means.max() < 0.05


def test_the_images_are_pictures_with_channels_first(cifar10):
    """Neighbouring pixels are alike and the channels too; a wrong order of the axes is noise."""
    x = cifar10.x_test[:500]
    for step in (x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]):
        assert step.abs().mean() < 0.3 * x.std()
    red, green, blue = x.transpose(0, 1).flatten(1)
    assert torch.corrcoef(torch.stack([red, green, blue])).min() > 0.6


def test_the_classes_can_be_told_apart(cifar10):
    """A net of no depth beats chance by far within seconds: pictures and labels belong together."""
    scored = replace(cifar10.first(5_000), x_val=cifar10.x_val[:100], y_val=cifar10.y_val[:100])
    recipe = Recipe("adam", lr=1e-3, batch=100, steps=100, evaluate_every=100)
    run = train(stack.draw(nets.mlp(scored, (50,)), [0]), scored, recipe, progress=False)
    assert run.last("test_accuracy").item() > 0.3  # chance is 0.1


def test_a_few_augmented_steps_of_resnet20_lower_the_loss(few):
    recipe = RECIPE.with_(steps=20, drops=(), evaluate_every=5)
    run = train(stack.draw(nets.resnet20(few), [0]), few, recipe, progress=False)
    losses = run.curves["train_loss"][1:, 0]
    assert losses.isfinite().all() and losses[-1] < losses[0] - 0.1


def test_a_round_of_pruning_at_two_values_of_k_keeps_what_it_should(found):
    for k, tickets in zip((0, 3), found.values(), strict=True):
        level = tickets.trials[1]
        assert tickets.stem.step == k and not tickets.stopped
        assert masks.density(level.masks)[0].item() == pytest.approx(0.168, abs=0.003)
        assert level.masks["output.weight"].all()  # only convolutions take part
        for name, mask in level.masks.items():
            assert (level.run.stack.parameters[name][~mask] == 0).all(), name
        assert level.run.curves["step"][-1] == RECIPE.steps
        assert level.run.last("test_loss").isfinite().all()
    ways = [tickets.trials[1] for tickets in found.values()]
    # both are cut by the same dense networks, and then trained from different weights
    assert all(torch.equal(ways[0].masks[name], mask) for name, mask in ways[1].masks.items())
    weight = "stage3.block3.conv2.weight"
    assert not torch.equal(*(way.run.stack.parameters[weight] for way in ways))


def test_a_line_between_two_children_has_their_errors_at_its_ends(few, found):
    """The ends are measured as every other point: with statistics of their own."""
    start = found["rewind to 3"].stem
    ends = [train(start, few, RECIPE, order_seeds=[seed], progress=False).stack
            for seed in (11, 12)]
    line = landscape.line(*ends, few, points=3, norm_examples=200, progress=False)
    assert line.error.shape == (3, 1) and line.error.ge(0).all() and line.error.le(1).all()
    assert line.loss.isfinite().all() and (line.barrier() >= 0).all()
    assert landscape.distance(*ends).item() > 0.1
    same = landscape.line(ends[0], ends[0], few, points=2, norm_examples=200, progress=False)
    assert torch.equal(same.error[0], line.error[0])


@pytest.mark.parametrize("net", [nets.conv, nets.resnet20], ids=["Conv-2", "ResNet-20"])
def test_the_kernels_of_real_networks_are_fitted_and_have_no_values_left_over(few, net):
    """Lesson 09 at scale class, small: nine values, eight parameters."""
    run = train(stack.draw(net(few, width=8), [0]), few, RECIPE, progress=False)
    own = kernels.of_layer(run.stack, "conv1")[0]
    fits = kernels.fit(own, progress=False)
    assert own.shape == (8, 3, 3, 3) and (fits["freedom"] == 1).all()
    assert fits["r2"].median() > 0.8 and kernels.separate(own).share.min() > 1 / 3


@pytest.mark.parametrize("depth", scales.named("class").random.images)
def test_conv_nets_are_picked_as_lesson_08_does_at_scale_class(few, depth):
    """Small, but the published recipe: mixed precision, weight decay on the scores, half of every layer."""
    recipe = scales.named("class").random.image_recipe.with_(steps=6, batch=20, evaluate_every=6)
    start = stack.draw(nets.conv(few, depth, width=8), [0], nets.signed_constant)
    (trial,) = lottery.supermasks(start, few, recipe, [0.5], seeds=[0], progress=False)
    for name, mask in trial.masks.items():
        assert int(mask.sum()) == round(0.5 * mask[0].numel())
        assert torch.equal(trial.run.stack.parameters[name], start.parameters[name] * mask)
    assert trial.run.last("test_loss").isfinite().all()
