"""Stacks that are shared out among threads, however small they are."""

import pytest

from ticketlab.training import side_by_side


@pytest.fixture
def in_parts(two_cores, monkeypatch):
    """Two cores on which even small stacks are shared out; gives the threads that took steps."""
    from tests.training.test_side_by_side import used

    monkeypatch.setattr(side_by_side, "_PYTHON", {True: 0, False: 0})
    monkeypatch.setattr(side_by_side, "_BEGIN", 0)
    return used(monkeypatch)
