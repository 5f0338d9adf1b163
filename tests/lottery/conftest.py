"""What the tests of the searches share."""

import pytest

from tests.lottery.test_iterative_pruning import SHORT, search


@pytest.fixture(scope="module")
def tickets():
    """A short search, which nobody changes."""
    return search(recipe=SHORT)
