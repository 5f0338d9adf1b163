"""Rows come back exactly, and what cannot be kept is named."""

import json
import math

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sweep.test_running import swept
from ticketlab import sweep
from ticketlab.sweep import rows as sweep_rows

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


VALUES = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8)


@settings(max_examples=60)
@given(VALUES)
def test_every_value_comes_back_exactly(value):
    """nan, infinities, -0.0 and the last digit of a float too."""
    text = json.dumps(sweep_rows.plain(value, "here"), allow_nan=False)
    assert repr(sweep_rows.restored(json.loads(text))) == repr(value)


def test_single_numbers_of_numpy_and_torch_are_numbers():
    (row,) = sweep_rows.listed({"a": np.float32(0.1), "b": np.int64(3), "c": torch.tensor(0.1),
                                "d": np.bool_(True), "e": (np.float64("nan"),), "f": np.str_("x")})
    assert repr(row) == repr({"a": float(np.float32(0.1)), "b": 3, "c": torch.tensor(0.1).item(),
                              "d": True, "e": [math.nan], "f": "x"})


@pytest.mark.parametrize(("result", "said"), [
    ({"width": 2, "loss": 1, "masks": torch.ones(2)}, r"TypeError: row 0\['masks'\] is a Tensor"),
    ([{"a": 1}, {"a": {"b": [0, {1}]}}], r"row 1\['a'\]\['b'\]\[1\] is a set \(\{1\}\)"),
    ([{3: 1}], "row 0 has the key 3, a int"), (None, "returned a NoneType .None.; return the rows"),
    ([1, 2], "returned a list"),
    (pandas.DataFrame({"at": [pandas.Timestamp(0)]}), "'at'.*Timestamp"),
    ({"width": 3}, "row 0 has 3 as 'width'.*setting of that name is 2")])
def test_rows_that_cannot_be_kept_name_the_unit_and_the_key(tmp_path, result, said):
    def function(width, keep=None):
        return result if width == 2 else {"loss": 1}

    with pytest.warns(UserWarning, match=f"the unit width=2 failed: .*{said}"):
        found = swept(tmp_path, function, sweep.grid(width=[1, 2, 4]))
    assert found.table["width"].tolist() == [1, 4] and found.failures["width"].tolist() == [2]
