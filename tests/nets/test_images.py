"""The nets for images are the papers' nets, to the last weight."""

import pytest
import torch
from torch import nn

from tests.nets.test_simple import CIFAR, MNIST, SIGNAL
from ticketlab import nets, stack
from ticketlab.nets import Task
from ticketlab.pruning import layer_name, prunable


@pytest.mark.parametrize("depth, weights, in_convolutions", [
    (2, 4_300_992, 38_592), (4, 2_425_024, 259_776), (6, 2_261_184, 1_144_512)])
def test_conv_nets_have_the_papers_weight_counts(depth, weights, in_convolutions):
    """Figure 2 prints 4.3M/38K, 2.4M/260K and 1.7M/1.1M (all weights / in convolutions). The last
    total contradicts the layers printed beside it, which have 2.26M; the convolutions agree."""
    net = nets.conv(CIFAR, depth)
    assert nets.count(net)["weights"] == weights
    convolutions = [layer.weight.numel() for layer in net if isinstance(layer, nn.Conv2d)]
    assert sum(convolutions) == in_convolutions


with torch.device("meta"):  # layers without values: only their shapes are asked here
    COUNTS = {
        "resnet20": (nets.resnet20(CIFAR), 270_896, 272_474),
        "resnet56": (nets.resnet20(CIFAR, depth=56), 851_504, 855_770),
        "resnet20 on one channel": (nets.resnet20(MNIST), 270_608, 272_186),
        "vgg16": (nets.vgg16(CIFAR), 14_715_584, 14_728_266),
        "wrn-16-4": (nets.wide_resnet(CIFAR), 2_745_264, 2_748_890),
        "wrn-28-10": (nets.wide_resnet(CIFAR, 28, 10), 36_461_232, 36_479_194),
    }


@pytest.mark.parametrize("net, weights, parameters", COUNTS.values(), ids=COUNTS)
def test_larger_nets_have_exactly_these_parameters(net, weights, parameters):
    assert nets.count(net) == {"weights": weights, "others": parameters - weights}


def test_the_resnet_of_the_lottery_ticket_papers_has_1x1_shortcuts():
    """Without parameters in the shortcuts it would have 269,722, not the 272k of the papers."""
    shortcuts = sum(value.numel() for name, value in nets.resnet20(CIFAR).named_parameters()
                    if "shortcut" in name)
    assert 272_474 - shortcuts == 269_722


@pytest.mark.parametrize("depth", [8, 20, 32])
def test_the_depth_of_a_resnet_counts_the_layers_of_its_longest_path(depth):
    names = prunable(nets.resnet20(CIFAR, width=2, depth=depth))
    assert len([name for name in names if "shortcut" not in name]) == depth


@pytest.mark.parametrize("depth", [10, 16, 28])
def test_the_depth_of_a_wide_resnet_counts_its_convolutions_with_the_three_1x1(depth):
    kinds = prunable(nets.wide_resnet(MNIST, depth, widen=2))
    assert list(kinds.values()).count("conv") == depth


def test_weights_are_listed_from_input_to_output_with_names_that_people_read():
    assert [layer_name(name) for name in prunable(nets.resnet20(CIFAR, depth=8))] == [
        "conv1", "stage1.block1.conv1", "stage1.block1.conv2",
        "stage2.block1.conv1", "stage2.block1.conv2", "stage2.block1.shortcut.conv",
        "stage3.block1.conv1", "stage3.block1.conv2", "stage3.block1.shortcut.conv", "output"]
    assert [layer_name(name) for name in prunable(nets.wide_resnet(CIFAR, depth=10))] == [
        "conv1", *(f"stage{stage}.block1.{layer}" for stage in (1, 2, 3)
                   for layer in ("conv1", "conv2", "shortcut")), "output"]
    convolutions = [f"stage{stage}.conv{number}" for stage, size in enumerate((2, 2, 3, 3, 3), 1)
                    for number in range(1, size + 1)]
    assert [layer_name(name) for name in prunable(nets.vgg16(CIFAR))] == [*convolutions, "output"]
    for net, *_ in COUNTS.values():
        assert list(prunable(net).items())[-1] == ("output.weight", "output")
        assert set(list(prunable(net).values())[:-1]) == {"conv"}


def test_a_wide_block_that_changes_width_shares_its_activation_with_the_shortcut():
    """Zagoruyko & Komodakis: both branches read the normalised and rectified input; a block that
    keeps its width adds the raw input."""
    stage = nets.wide_resnet(CIFAR, depth=16, widen=2).eval().stage2
    x = torch.randn(2, 32, 8, 8)
    first, second = stage.block1, stage.block2
    active = torch.relu(stage.norm(x))
    body = first.conv2(torch.relu(first.norm2(first.conv1(active))))
    between = body + first.shortcut(active)
    body = second.conv2(torch.relu(second.norm2(second.conv1(torch.relu(second.norm1(between))))))
    torch.testing.assert_close(stage(x), body + between)
    assert stage(x).shape == (2, 64, 4, 4)


def test_a_resnet_block_adds_before_its_last_activation():
    stage = nets.resnet20(CIFAR, width=4, depth=8).eval().stage2
    x, block = torch.randn(2, 4, 8, 8), stage.block1
    body = block.norm2(block.conv2(torch.relu(block.norm1(block.conv1(x)))))
    torch.testing.assert_close(
        stage(x), torch.relu(body + block.shortcut.norm(block.shortcut.conv(x))))
    assert stage(x).shape == (2, 8, 4, 4)


@pytest.mark.parametrize("net, task", [
    (nets.conv(CIFAR, 6, width=4), CIFAR),
    (nets.conv(MNIST, 2, width=4), MNIST),
    (nets.resnet20(CIFAR), CIFAR), (nets.resnet20(MNIST, width=4, depth=8), MNIST),
    (nets.resnet20(Task((2, 4, 5), 3), 2), Task((2, 4, 5), 3)),
    (nets.vgg16(CIFAR, width=8), CIFAR), (nets.vgg16(MNIST, width=4), MNIST),
    (nets.vgg16(Task((3, 64, 48), 10), width=2), Task((3, 64, 48), 10)),
    (nets.wide_resnet(CIFAR, widen=1), CIFAR), (nets.wide_resnet(MNIST, 10, 2), MNIST)])
def test_every_net_reads_a_batch_and_gives_class_scores(net, task):
    assert net.eval()(torch.randn(5, *task.shape)).shape == (5, task.classes)


@pytest.mark.parametrize("make, message", [
    (lambda: nets.conv(CIFAR, depth=3), "depth is 3.*2, 4 or 6"),
    (lambda: nets.conv(SIGNAL), r"images.*\(40,\).*nets.conv1d or nets.mlp"),
    (lambda: nets.conv(Task((1, 4, 4), 2), depth=6), "4x4.*too small.*halved 3 times.*8 pixels"),
    (lambda: nets.conv(CIFAR, width=0), "width is 0; .*1 or above"),
    (lambda: nets.resnet20(SIGNAL), r"ResNet-20 reads images.*\(40,\).*nets.conv1d or nets.mlp"),
    (lambda: nets.resnet20(Task((3, 3, 32), 2)), "3x32.*ResNet-20 needs at least 4 pixels"),
    (lambda: nets.resnet20(CIFAR, depth=18), r"depth is 18; .* 6n \+ 2 .*nearest depth is 20"),
    (lambda: nets.resnet20(CIFAR, depth=2), "depth is 2; .*nearest depth is 8"),
    (lambda: nets.resnet20(CIFAR, width=0), "width is 0; .*1 or above"),
    (lambda: nets.resnet20(CIFAR, width=2.5), "width is 2.5; .*whole number"),
    (lambda: nets.vgg16(SIGNAL), r"VGG-16 reads images.*\(40,\)"),
    (lambda: nets.vgg16(Task((1, 28, 15), 2)), "28x15.*VGG-16 needs at least 16 pixels"),
    (lambda: nets.vgg16(CIFAR, width=-1), "width is -1; .*1 or above"),
    (lambda: nets.wide_resnet(SIGNAL), r"WRN-16 reads images.*\(40,\)"),
    (lambda: nets.wide_resnet(CIFAR, depth=20), r"depth is 20; .* 6n \+ 4 .*nearest depth is 22"),
    (lambda: nets.wide_resnet(CIFAR, widen=0), "widen is 0; .*1 or above"),
    (lambda: nets.wide_resnet(Task((3, 2, 2), 2)), "2x2.*WRN-16 needs at least 4 pixels"),
    (lambda: nets.Residual({"shortcut": nn.ReLU()}), "called 'shortcut'.*give it another"),
    (lambda: nets.Residual({"hidden1": nn.Linear(4, 1)})(torch.zeros(2, 4)),
     r"body of a Residual gives \(2, 1\) and its shortcut \(2, 4\)"),
])
def test_a_net_that_cannot_be_says_why(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("initialise", [nets.glorot_normal, nets.torch_default])
@pytest.mark.parametrize("net", [nets.resnet20(MNIST, 4, 8), nets.vgg16(MNIST, 4),
                                 nets.wide_resnet(MNIST, 10, 1)])
def test_a_seed_decides_every_weight_of_the_larger_nets(net, initialise):
    drawn = stack.draw(net, [7, 8, 7], initialise=initialise)
    for name in prunable(net):
        values = drawn.parameters[name]
        assert torch.equal(values[0], values[2]) and not torch.equal(values[0], values[1]), name
