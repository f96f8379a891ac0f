"""A notebook that adds a column to a frame, cell after cell, grows its store by the columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.workspace import Workspace

ROWS = 500_000
WIDTH = 25
COLUMN = ROWS * 8
LIMIT = 2**30
ADDED = 10

_random = np.random.default_rng(0)


def column() -> Any:
    """Numbers that do not compress."""
    return _random.random(ROWS)


def columns() -> dict[str, Any]:
    return {f"column_{number}": column() for number in range(WIDTH)}


def _polars() -> Any:
    polars = pytest.importorskip("polars")
    return polars.DataFrame(columns())


def _arrow() -> Any:
    arrow = pytest.importorskip("pyarrow")
    return arrow.table(columns())


def _assign(frame: Any, name: str) -> Any:
    frame[name] = column()
    return frame


def _consolidated(frame: Any, name: str) -> Any:
    """All columns in one block of memory, as pandas leaves them after many operations."""
    return frame.assign(**{name: column()}).copy()


def _with_column(frame: Any, name: str) -> Any:
    return frame.with_columns(frame.get_columns()[0].alias(name) + column())


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Any]
    add: Callable[[Any, str], Any]


CASES = [
    Case("pandas, a block each", lambda: pd.DataFrame(columns()), _assign),
    Case("pandas, one block", lambda: pd.DataFrame(columns()).copy(), _consolidated),
    Case("polars", _polars, _with_column),
    Case("arrow", _arrow, lambda table, name: table.append_column(name, [column()])),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_ten_columns_more_take_the_bytes_of_ten_columns(case: Case, tmp_path: Path) -> None:
    """Of a frame of 100 MB that gets ten columns, one by one, each version saved."""
    workspace = Workspace(tmp_path)
    store = workspace.values  # noqa: PD011  no frame
    frame = case.make()
    store.save(frame, limit=LIMIT)
    before = workspace.objects.taken()
    assert before == pytest.approx(WIDTH * COLUMN, rel=0.02)
    for number in range(ADDED):
        frame = case.add(frame, f"added_{number}")
        store.save(frame, limit=LIMIT)
    assert workspace.objects.taken() - before <= (ADDED + 1.2) * COLUMN
    workspace.close()


def test_a_wide_frame_comes_back_in_few_blocks(tmp_path: Path) -> None:
    """Of more than a hundred pandas would warn when a column is added."""
    workspace = Workspace(tmp_path)
    store = workspace.values  # noqa: PD011  no frame
    frame = pd.DataFrame({n: np.zeros(40_000) for n in range(600)}).copy()
    back = store.load(store.save(frame, limit=LIMIT))
    back[600] = 1
    pd.testing.assert_frame_equal(back.drop(columns=600), frame)
    workspace.close()


def test_a_frame_in_one_block_comes_back_the_same_and_may_be_changed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    store = workspace.values  # noqa: PD011  no frame
    frame = pd.DataFrame(columns()).copy()
    reference = store.save(frame, limit=LIMIT)
    back = store.load(reference)
    pd.testing.assert_frame_equal(back, frame)
    back.iloc[0, 0] = -1.0
    pd.testing.assert_frame_equal(store.load(reference), frame)
    workspace.close()
