"""A sample is the same evenly spaced rows of equal values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values.sampling import sample

MAKERS: list[Callable[[list[int]], Any]] = [
    list,
    np.array,
    pd.Series,
    pl.Series,
    lambda rows: pd.DataFrame({"a": rows}),
    lambda rows: pl.DataFrame({"a": rows}),
    lambda rows: pa.table({"a": rows}),
]


@pytest.mark.parametrize("make", MAKERS)
def test_rows_are_evenly_spaced_from_the_first_to_the_last(make: Callable[[list[int]], Any]):
    found = sample(make(list(range(101))), rows=5, size=None, most=1)
    expected = make([0, 25, 50, 75, 100])
    assert type(found) is type(expected)
    assert str(found).split()[-1] == str(expected).split()[-1]
    assert len(found) == 5


@given(st.integers(3, 500), st.integers(2, 400))
def test_a_sample_has_as_many_rows_as_asked_for_each_once(total: int, rows: int) -> None:
    found = sample(list(range(total)), rows=rows, size=None, most=1)
    if rows >= total:
        assert found is None
    else:
        assert len(found) == len(set(found)) == rows
        assert (found[0], found[-1]) == (0, total - 1)


def test_wide_rows_are_fewer_and_one_row_alone_is_no_sample() -> None:
    wide = np.zeros((100, 1000))
    assert len(sample(wide, rows=50, size=wide.nbytes, most=80_000)) == 10
    assert sample(wide, rows=50, size=wide.nbytes, most=10_000) is None
    assert sample(object(), rows=50, size=None, most=10_000) is None
