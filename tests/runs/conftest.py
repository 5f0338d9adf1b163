"""What the tests of kept runs share."""

import pytest
import torch

from tests.runs.test_training import finished, half_finished
from ticketlab import training
from ticketlab.training import train


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Nets this small gain nothing from two, and on a busy machine lose a factor of ten."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def segments(monkeypatch):
    """The steps at which training was entered."""
    entered = []

    def counted(moment, *positional, **named):
        entered.append(moment.step)
        return train(moment, *positional, **named)

    monkeypatch.setattr(training, "train", counted)
    return entered


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished and a half-finished unit, to copy and to break."""
    homes = {make: tmp_path_factory.mktemp(make.__name__) for make in (finished, half_finished)}
    return homes, {make: make(home) for make, home in homes.items()}[finished]
