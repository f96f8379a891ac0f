"""What other digests of values get wrong, by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nbmlops.values.fingerprint import fingerprint


@dataclass(frozen=True)
class Case:
    name: str
    first: Callable[[], Any]
    second: Callable[[], Any]


def _long(last: int) -> pd.DataFrame:
    frame = pd.DataFrame({"x": np.arange(20_000)})
    frame.loc[15_000, "x"] = last
    return frame


def _column(values: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2], "b": values})


# MLflow's dataset digest hashes the first 10,000 rows of the columns that it knows, as numbers.
CALLED_EQUAL_BY_MLFLOW = [
    Case("rows past 10,000", lambda: _long(1), lambda: _long(2)),
    Case("datetime columns", lambda: _column(pd.to_datetime(["2026-01-01", "2026-01-02"])),
         lambda: _column(pd.to_datetime(["2026-01-01", "2026-01-03"]))),
    Case("bool columns", lambda: _column([True, False]), lambda: _column([True, True])),
    Case("int64 and int32", lambda: _column([1, 2]),
         lambda: _column(np.array([1, 2], "int32"))),
    Case("names of columns", lambda: _column([1, 2]),
         lambda: _column([1, 2]).rename(columns={"b": "c"})),
    Case("the shape of an array", lambda: np.zeros((2, 3)), lambda: np.zeros((3, 2))),
]  # fmt: skip


@pytest.mark.parametrize("case", CALLED_EQUAL_BY_MLFLOW, ids=lambda case: case.name)
def test_what_mlflow_calls_equal_differs(case: Case) -> None:
    assert fingerprint(case.first()) != fingerprint(case.second())


def _copies(make: Callable[[], Any]) -> Callable[[], Any]:
    def made() -> Any:
        part = make()
        return [part, copy.deepcopy(part)]

    return made


def _twice(make: Callable[[], Any]) -> Callable[[], Any]:
    def made() -> Any:
        part = make()
        return [part, part]

    return made


CALLED_DIFFERENT_BY_JOBLIB = [
    Case("a list that is shared, and a copy", _twice(lambda: [1, 2]), _copies(lambda: [1, 2])),
    Case("C and Fortran order", lambda: np.ones((2, 3)), lambda: np.ones((2, 3), order="F")),
    Case("a slice of an Arrow array", lambda: pa.array([9, 1, 2])[1:], lambda: pa.array([1, 2])),
    Case("chunks of an Arrow table", lambda: pa.table({"a": pa.chunked_array([[1], [2]])}),
         lambda: pa.table({"a": [1, 2]})),
]  # fmt: skip


@pytest.mark.parametrize("case", CALLED_DIFFERENT_BY_JOBLIB, ids=lambda case: case.name)
def test_what_joblib_calls_different_is_equal(case: Case) -> None:
    """Joblib is asked as well, so that the case says something."""
    first, second = case.first(), case.second()
    assert joblib.hash(first) != joblib.hash(second)
    assert fingerprint(first) == fingerprint(second)
