"""What the tests of the cue panel share."""

import pytest
import torch

from ticketlab.data import textures
from ticketlab.panels import cue_panel


@pytest.fixture(scope="session")
def conflict():
    return textures.cue_conflict(conflicts=30, mixtures=(0, 0.5, 1))


@pytest.fixture(scope="session")
def choices():
    """Two replicates of a net that follows the shape, then half and half, then the texture."""
    own = torch.zeros(3, 2, 30, dtype=torch.int8)
    own[1, 1], own[2] = 1, 1
    own[2, 0, 0] = 2
    return {"a <net>": own, "other": torch.ones(3, 1, 30, dtype=torch.int8)}


@pytest.fixture
def panel(conflict, choices):
    return cue_panel(conflict, choices)
