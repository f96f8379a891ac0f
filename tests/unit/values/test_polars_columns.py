"""A Polars frame comes back from its bytes as it was, whatever its columns hold."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint

polars = pytest.importorskip("polars")

COLUMNS = [
    polars.Series("integers", [1, None, 3]),
    polars.Series("many", range(100_000)),
    polars.Series("none", [], dtype=polars.Int8),
    polars.Series("", [float("nan"), 1.0]),
    polars.Series("truths", [True, None]),
    polars.Series("texts", ["a", None] * 50_000),
    polars.Series("bytes", [b"a"]),
    polars.Series("categories", ["a", "b"], dtype=polars.Categorical),
    polars.Series("choices", ["a"], dtype=polars.Enum(["a", "b"])),
    polars.Series("days", [dt.date(2026, 1, 1), None]),
    polars.Series("times", [0], dtype=polars.Datetime("us", "Europe/Berlin")),
    polars.Series("coarse times", [0], dtype=polars.Datetime("ms")),
    polars.Series("spans", [dt.timedelta(1)], dtype=polars.Duration("ns")),
    polars.Series("hours", [dt.time(1)]),
    polars.Series("lists", [[1, 2], None]),
    polars.Series("records", [{"a": 1}]),
    polars.Series("decimals", [Decimal("1.5")]),
    polars.Series("nothing", [None]),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name or "no name")
def test_a_column_comes_back_as_it_was(column: Any) -> None:
    for value in (column, column.to_frame()):
        encoded = encode(value)
        back = decode(encoded.stream, [memoryview(bytearray(part)) for part in encoded.buffers])
        assert back.equals(value)
        assert str(back) == str(value)
        assert fingerprint(back) == fingerprint(value)


def test_a_large_column_is_a_buffer_of_its_own() -> None:
    assert len(encode(polars.DataFrame({"a": range(100_000), "b": ["x"] * 100_000})).buffers) == 2


def test_what_has_loaded_arrow_does_not_count() -> None:
    script = (
        "import polars, sys; from nbmlops.values.fingerprint import fingerprint; "
        "column = polars.Series([1.5, None]); assert 'pyarrow' not in sys.modules; "
        "before = fingerprint(column); import pyarrow; print(before == fingerprint(column))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
