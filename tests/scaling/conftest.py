"""What the tests of widths and of what follows from them share."""

import pytest

from tests.scaling.test_widths import measure


@pytest.fixture(scope="module")
def table():
    return measure()
