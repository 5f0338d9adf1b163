"""What the tests of a class's results share."""

import pytest

from tests.classroom.test_results import SINGLES
from ticketlab.classroom.results import write


@pytest.fixture
def home(tmp_path):
    """The folder of a class of three, each with a seed."""
    for tickets, trials in SINGLES.values():
        write(tmp_path, tickets, trials)
    return tmp_path
