"""A preview is short, quick and harmless."""

from __future__ import annotations

import enum
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values.summary import summarize


class Colour(enum.Enum):
    RED = 1


@dataclass(slots=True)
class Point:
    x: int
    tags: list[int] = field(default_factory=list)


class Loud:
    def __repr__(self) -> str:
        raise AssertionError("called")

    def __len__(self) -> int:
        raise AssertionError("called")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


class BrokenDict(dict[Any, Any]):
    def __len__(self) -> int:
        raise RuntimeError("no")


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Any]
    kind: str
    text: str
    shape: tuple[int, ...] | None = None


def _estimator() -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=2.0)


def _estimate(rows: list[int], *, alpha: float = 2.0) -> float:
    return alpha * len(rows)


CASES = [
    Case("int", lambda: 3, "int", "3"),
    Case("huge int", lambda: 10**5000, "int", "an integer of 16610 bits"),
    Case("string", lambda: "ab", "str", "'ab'", (2,)),
    Case("list", lambda: list(range(10**6)), "list", "[0, 1, 2, 3, 4, 5, 6, 7, …]", (10**6,)),
    Case("dict", lambda: {"a": [1, [2, [3]]]}, "dict", "{'a': [1, […]]}", (1,)),
    Case("frame inside", lambda: [pd.DataFrame({"x": [1]})], "list",
         "[pandas.DataFrame[1, 1]]", (1,)),
    Case("array", lambda: np.arange(3), "numpy.ndarray", "int64: 0, 1, 2", (3,)),
    Case("number", lambda: np.float64(0.5), "numpy.float64", "np.float64(0.5)"),
    Case("series", lambda: pd.Series([1, 2], name="x"), "pandas.Series", "x: int64: 1, 2", (2,)),
    Case("function", lambda: _estimate, "function", "_estimate(rows, alpha)"),
    Case("path", lambda: Path("a"), "pathlib.PosixPath", "PosixPath('a')"),
    Case("enum", lambda: Colour.RED, f"{__name__}.Colour", "Colour.RED"),
    Case("dataclass", lambda: Point(1, [2]), f"{__name__}.Point", "Point(x=1, tags=[2])"),
    Case("estimator", _estimator, "sklearn.linear_model._ridge.Ridge", "Ridge(alpha=2.0)"),
    Case("loud", Loud, f"{__name__}.Loud", f"{__name__}.Loud object"),
    Case("broken", BrokenDict, f"{__name__}.BrokenDict", f"{__name__}.BrokenDict object"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_value_is_described_by(case: Case) -> None:
    summary = summarize(case.make())
    assert summary.kind == case.kind
    assert summary.text == case.text
    assert summary.shape == case.shape


def test_a_frame_tells_its_shape_columns_and_size() -> None:
    frame = pd.DataFrame({"month": [1, 2], "origin": ["EWR", "JFK"], 3: [0.5, 1.5]})
    summary = summarize(frame)
    assert summary.text == "2 rows × 3 columns: month, origin, 3"  # noqa: RUF001
    assert summary.shape == (2, 3)
    assert summary.columns == {
        "month": "int64",
        "origin": str(frame["origin"].dtype),
        "3": "float64",
    }
    assert summary.size == frame.memory_usage(index=False).sum()


def test_a_wide_frame_lists_its_first_columns_only() -> None:
    summary = summarize(pd.DataFrame(np.zeros((2, 5000))))
    assert summary.shape == (2, 5000)
    assert len(summary.columns) == 100
    assert len(summary.text) <= 300


def test_a_table_tells_its_columns() -> None:
    summary = summarize(pa.table({"a": [1], "b": ["x"]}))
    assert summary.columns == {"a": "int64", "b": "string"}
    assert summary.shape == (1, 2)


def test_a_lazy_frame_is_not_computed() -> None:
    polars = pytest.importorskip("polars")
    assert summarize(polars.LazyFrame({"a": [1]})).text == "lazy, not computed"


@given(value=st.recursive(st.text() | st.binary() | st.integers(), st.lists, max_leaves=50))
def test_a_text_is_never_long(value: Any) -> None:
    summary = summarize(value)
    assert len(summary.text) <= 300
    assert pickle.loads(pickle.dumps(summary)) == summary
