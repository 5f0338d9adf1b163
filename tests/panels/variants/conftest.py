"""What the tests of the panels of lesson 07 share."""

import pytest
import torch

from tests.landscape.test_symmetries import PAIR, sparse
from ticketlab import data, nets, stack
from ticketlab.nets import Task
from ticketlab.panels import pressure_panel, rotation_panel


def signals(net_seed=0):
    generator = torch.Generator().manual_seed(net_seed)
    x, y = torch.randn(300, 40, generator=generator), torch.arange(300) % 10
    return data.from_arrays(x, y)


@pytest.fixture(scope="session")
def some_data():
    return signals()


@pytest.fixture
def rotations(some_data):
    networks, _ = sparse(PAIR)
    return rotation_panel({"ReLU layer": (networks, "0", some_data), "linear pair": (networks, "2", some_data)})


@pytest.fixture(scope="session")
def trained():
    plain = stack.draw(nets.mlp(Task((40,), 10), (20,)), range(3))
    return {"L2": {"none": plain, "weak": plain.map(lambda t: t * 0.9)},
            "powerpropagation": {"none": plain, "α = 2": plain.map(lambda t: t * t.abs()),
                                 "α = 3": plain.map(lambda t: t * t.abs() ** 2)}}


@pytest.fixture
def pressures(trained, some_data):
    return pressure_panel(trained, some_data)
