"""What the tests of the figures share: networks, masks and tables to draw, and no figure left open."""

import numpy as np
import pandas
import pytest
import torch
from matplotlib import pyplot

import ticketlab as tl
from ticketlab import pruning


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def initial():
    return tl.draw(tl.nets.mlp(tl.nets.Task((12,), 4), (9, 7)), [0, 1, 2])


@pytest.fixture(scope="module")
def final(initial):
    noise = torch.Generator().manual_seed(1)
    return initial.map(lambda t: t + 0.1 * torch.randn(t.shape, generator=noise))


@pytest.fixture(scope="module")
def masks(final):
    return pruning.prune(final, rate=0.6)


@pytest.fixture
def run_frame():
    """Two replicates, three evaluations; the training loss starts one step later, as in a Run."""
    return pandas.DataFrame({
        "replicate": [0, 1] * 3, "step": [0, 0, 10, 10, 20, 20],
        "train_loss": [np.nan, np.nan, 2.0, 1.0, 1.0, 0.5], "val_loss": [2.0] * 6,
        "val_accuracy": [0.1] * 6, "test_loss": [2.0] * 6,
        "test_accuracy": [0.1, 0.2, 0.4, 0.6, 0.7, 0.9]})


@pytest.fixture
def results():
    rows = [(arm, density, replicate, accuracy + 0.1 * replicate)
            for arm, level in (("ticket", 0.6), ("random", 0.2), ("mine", 0.1))
            for density, accuracy in ((1.0, level + 0.1), (0.2, level), (0.02, level / 2))
            for replicate in (0, 1)]
    return pandas.DataFrame(rows, columns=["arm", "density", "replicate", "accuracy"])
