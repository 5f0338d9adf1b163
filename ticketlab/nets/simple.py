"""The networks of the course: plain ``torch.nn`` modules.

Every net is an ``nn.Sequential`` whose layers carry the names that tables and figures show
(``conv1``, ``hidden1``, ``output``). A net made here is only an *architecture*: its values are
drawn by ``ticketlab.stack.draw``, one seed a replicate. The nets for images are built in
``ticketlab.nets.images``, the one for text in ``ticketlab.nets.text``, and are names of this file
too. Lesson 01 builds on this file.
"""

from collections import OrderedDict
from math import prod
from typing import NamedTuple

from torch import nn


class Task(NamedTuple):
    """What a net needs to know of a data set. A ``ticketlab.data.Data`` serves as well.

    shape: shape of one example, such as ``(40,)`` or ``(3, 32, 32)``; classes: number of labels.
    """

    shape: tuple[int, ...]
    classes: int


def mlp(data, hidden=(300, 100), norm=False) -> nn.Sequential:
    """Fully connected net with ReLU. The default is LeNet-300-100: 266,200 weights on MNIST.

    data: anything with ``shape`` and ``classes``. hidden: units of each hidden layer. norm: whether
    batch normalisation (``norm1``, ...) stands between a hidden layer and its ReLU (lesson 08).
    Raises ValueError for a width below 1. LeCun et al. 1998; Frankle & Carbin 2019, section 2.
    Lessons 01-04 use it.
    """
    hidden = _widths(hidden)
    layers = OrderedDict()
    if len(data.shape) > 1:
        layers["flatten"] = nn.Flatten()
    inputs = prod(data.shape)
    for number, units in enumerate(hidden, start=1):
        layers[f"hidden{number}"] = nn.Linear(inputs, units)
        if norm:
            layers[f"norm{number}"] = nn.BatchNorm1d(units)
        layers[f"relu{number}"] = nn.ReLU()
        inputs = units
    layers["output"] = nn.Linear(inputs, data.classes)
    return nn.Sequential(layers)


def conv1d(data, width=32, kernels=(5, 3, 3)) -> nn.Sequential:
    """Small 1-D convolutional net with batch normalisation: 8,202 parameters on MNIST-1D.

    Each convolution has stride 2 and halves the length; a linear head reads what is left.
    data: examples of shape (length,) or (channels, length). width: channels of every layer.
    Raises ValueError for images or a width below 1. Greydanus 2020 (MNIST-1D). Lesson 05 uses it:
    unlike the MLP, this net is not stable to the noise of SGD from its first step.
    """
    if len(data.shape) > 2:
        raise ValueError(
            "conv1d reads signals of shape (length,) or (channels, length), not "
            f"{tuple(data.shape)}; use nets.conv for images"
        )
    (width,) = _widths([width])
    layers = OrderedDict()
    if len(data.shape) == 1:
        layers["channel"] = nn.Unflatten(1, (1, data.shape[0]))
    channels = 1 if len(data.shape) == 1 else data.shape[0]
    length = data.shape[-1]
    for number, kernel in enumerate(kernels, start=1):
        layers[f"conv{number}"] = nn.Conv1d(channels, width, kernel, stride=2, padding=kernel // 2)
        layers[f"norm{number}"] = nn.BatchNorm1d(width)
        layers[f"relu{number}"] = nn.ReLU()
        channels, length = width, (length + 2 * (kernel // 2) - kernel) // 2 + 1
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(channels * length, data.classes)
    return nn.Sequential(layers)


def _widths(widths) -> tuple[int, ...]:
    widths = tuple(int(units) for units in widths)
    if any(units < 1 for units in widths):
        raise ValueError(f"widths are {widths}; every layer needs at least 1 unit")
    return widths
