"""What the tests of the tickets panel share."""

import pytest
import torch

import ticketlab as tl
from tests.panels.tickets.test_panel import FASTER, RATES
from ticketlab import panels


@pytest.fixture(scope="module")
def data():
    noise = torch.Generator().manual_seed(3)
    def split(n):
        return torch.randn(n, 12, generator=noise), torch.randint(4, (n,), generator=noise)

    return tl.data.Data("noise", *split(60), *split(40), *split(50), 4, (12,), "noise")


@pytest.fixture(scope="module")
def search(data):
    def run(rate, levels, replicates=3, hidden=(9, 7)):
        return tl.lottery.search(tl.nets.mlp(data, hidden), data, tl.Recipe(batch=20, steps=6, lr=0.02), levels=levels,
                                 rate=rate, replicates=replicates, rewind=2, progress=False)

    return run


@pytest.fixture(scope="module")
def tickets(search):
    return search(RATES, 4)


@pytest.fixture(scope="module")
def faster(search):
    return search(FASTER, 2)


@pytest.fixture(scope="module")
def arms(tickets):
    return tl.lottery.controls(tickets, ["reinit", "random"], progress=False)


@pytest.fixture
def panel(tickets, faster, arms):
    return panels.ticket_panel({0.64: faster, 0.4: tickets}, controls={0.4: arms})
