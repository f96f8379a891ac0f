"""What ``show --value`` prints of a value: numbers stand below each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbmlops.commands.preview import preview_blocks
from nbmlops.commands.views import Table
from nbmlops.values.preview import preview


@dataclass(frozen=True)
class Case:
    """A value, and the columns of its first rows that are aligned right."""

    name: str
    value: Any
    right: set[str]


TWICE = pd.DataFrame([[1, "a", 2.5]], columns=["n", "n", "m"])
CASES = [
    Case(
        "frame",
        pd.DataFrame({"n": [1], "rate": [0.5], "name": ["a"], "on": [True], "kind": ["x"]}).astype(
            {"kind": "category"}
        ),
        {"n", "rate"},
    ),
    Case("bins", pd.DataFrame({"n": [1], "bin": pd.cut([1], [0, 2, 4])}), {"n"}),
    Case("nullable", pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}), {"n"}),
    Case("polars", pl.DataFrame({"n": [1], "name": ["a"]}), {"n"}),
    Case("a name of two columns", TWICE, {"m"}),
    Case("array", np.zeros((2, 3)), {"0", "1", "2"}),
    Case("array of texts", np.array([["a", "b"]]), set()),
    Case("series", pd.Series([1, 2]), {"0"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_numbers_in_the_first_rows_are_aligned_right(case: Case) -> None:
    inside = preview(case.value)
    assert inside is not None
    *_, rows = preview_blocks(inside)
    assert isinstance(rows, Table)
    assert rows.title == "First rows"
    assert rows.right == case.right
