"""Images a second in training ResNet-20: stacks of R against two plain loops on the same device.

All train alike: 32x32 images, batch 128, random crops and mirror images, SGD with momentum and
weight decay. The plain loops are a DataLoader over single images with torchvision's transforms, as
most training scripts have it, and a careful one: tensors on the device, augmented in batches. The
images are random numbers, so no data set is needed.
"""

import statistics
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.machine import device, interleaved, ratio
from benchmarks.training import stacked
from ticketlab import nets
from ticketlab.training import Recipe
from ticketlab.training.augmentation import PADDING, crop_flip
from ticketlab.training.trainer import _precision

STEPS = 3  # of a stack, a call
MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)  # about those of CIFAR-10


def report() -> str:
    gpu = device().type == "cuda"
    recipe = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4, batch=128, steps=10**9,
                    augment="crop-flip", precision="mixed" if gpu else "float32")
    images, labels = _images(50_000 if gpu else 2_000)
    data = _tensors(images, labels)
    # Workers load ahead while the others have their turns, so they pay only in turns much longer
    # than what is loaded ahead; on a CPU they would take the cores that train.
    contestants = {"DataLoader loop": _loader_loop(images, labels, recipe, workers=4 if gpu else 0),
                   "tensor loop": _tensor_loop(data, recipe)}
    if gpu:
        contestants |= {
            "tensor loop, channels last": _tensor_loop(data, recipe, channels_last=True),
            "the same, compiled": _tensor_loop(data, recipe, channels_last=True, compiled=True)}
    net = nets.resnet20(nets.Task((3, 32, 32), 10))
    contestants |= {f"R = {R}": stacked(net, data, recipe, R, STEPS)
                    for R in (1, 3, 12)[:3 if gpu else 2]}
    times = interleaved(contestants, rounds=7, seconds=2 if gpu else 0.25)
    lines = [f"ResNet-20, batch {recipe.batch}, crop-flip, {recipe.precision}: images a second"]
    for name, seconds in times.items():
        steps = STEPS * int(name.split("= ")[1]) if "=" in name else 1
        per_net = [s / steps for s in seconds]
        lines.append(f"  {name:<27}{recipe.batch / statistics.median(per_net):9,.0f}"
                     f"   x DataLoader loop {ratio(per_net, times['DataLoader loop'])}"
                     f"   x tensor loop {ratio(per_net, times['tensor loop'])}")
    return "\n".join(lines)


def _images(examples: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return (random.integers(256, size=(examples, 32, 32, 3), dtype=np.uint8),
            random.integers(10, size=examples))


def _tensors(images: np.ndarray, labels: np.ndarray) -> SimpleNamespace:
    """The same images as ``ticketlab.data`` holds them: standardised, channels first."""
    x = torch.from_numpy(images).to(device()).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(each, device=x.device).view(3, 1, 1) for each in (MEAN, STD))
    return SimpleNamespace(x_train=((x - mean) / std).contiguous(),
                           y_train=torch.from_numpy(labels).to(device()))


class _Pictures(Dataset):
    """Arrays as torchvision's data sets hold them: a PIL image and a label at a time."""

    def __init__(self, images: np.ndarray, labels: np.ndarray):
        self.images, self.labels = images, labels
        self.transform = transforms.Compose([
            transforms.RandomCrop(32, padding=PADDING), transforms.RandomHorizontalFlip(),
            transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int):
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


def _loader_loop(images, labels, recipe: Recipe, workers: int):
    gpu = device().type == "cuda"
    loader = DataLoader(_Pictures(images, labels), recipe.batch, shuffle=True, drop_last=True,
                        num_workers=workers, persistent_workers=workers > 0, pin_memory=gpu)

    def batches():
        while True:
            for x, y in loader:
                yield x.to(device(), non_blocking=True), y.to(device(), non_blocking=True)

    return _plain(batches(), recipe)


def _tensor_loop(data, recipe: Recipe, channels_last=False, compiled=False):
    def batches():
        while True:
            shuffled = torch.randperm(len(data.x_train), device=device())
            for index in shuffled.split(recipe.batch)[:-1]:
                drawn = [torch.randint(high, (1, recipe.batch), device=device())
                         for high in (2 * PADDING + 1, 2 * PADDING + 1, 2)]
                x = crop_flip(data.x_train[None, index], torch.stack(drawn, -1))[0]
                yield x, data.y_train[index]

    return _plain(batches(), recipe, channels_last, compiled)


def _plain(batches, recipe: Recipe, channels_last=False, compiled=False):
    """What a careful person writes by hand: one module, the fused optimiser, autocast on a GPU."""
    module = nets.resnet20(nets.Task((3, 32, 32), 10))
    nets.glorot_normal(module)
    module = module.to(device()).train()
    if channels_last:
        module = module.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(module.parameters(), lr=recipe.lr, momentum=recipe.momentum,
                                weight_decay=recipe.weight_decay, fused=True)
    network = torch.compile(module) if compiled else module
    cast, scale = _precision(recipe.precision, device())

    def step():
        x, y = next(batches)
        if channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        with cast:
            loss = F.cross_entropy(network(x), y)
        optimizer.zero_grad()
        (loss * scale).backward()
        if scale != 1:
            torch._foreach_mul_([p.grad for p in module.parameters()], 1 / scale)
        optimizer.step()

    return step
