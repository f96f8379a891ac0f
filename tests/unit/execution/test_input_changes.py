"""A plan says how much of an input changed: columns, rows, keys, elements, parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge

from nbmlops.domain.plans import CellPlan, InputChange
from nbmlops.domain.values import ValueRecord
from nbmlops.execution.input_changes import InputChanges, Told
from nbmlops.pipelines.forecast import Forecast
from nbmlops.pipelines.judgement import Objection, ReadValue
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.comparison import StoredComparison
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.preview import preview
from nbmlops.values.summary import summarize
from nbmlops.workspace import Workspace

ROWS = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.0, 2.0], "c": ["x", "y", None]})
WIDE = pd.DataFrame({f"c{number}": [number, 0] for number in range(19)})


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two values, whether they were kept, and what is said of them."""

    name: str
    before: Any
    now: Any
    said: str
    kept: bool = True


CASES = (
    Case(
        name="some columns of a frame",
        before=WIDE,
        now=WIDE.assign(c2=[9, 0], c5=[9, 9], c7=[1, 1]),
        said="changed: 3 of 19 columns (c2, c5, c7), in 2 of 2 rows",
    ),
    Case(
        name="some columns of a frame of Polars",
        before=pl.from_pandas(ROWS),
        now=pl.from_pandas(ROWS.assign(a=[1, 2, 4])),
        said="changed: 1 of 3 columns (a), in 1 of 3 rows",
    ),
    Case(
        name="some columns of an Arrow table",
        before=pa.table({"a": [1, 2], "b": [1, 2]}),
        now=pa.table({"a": [1, 3], "b": [1, 2]}),
        said="changed: 1 of 2 columns (a), in 1 of 2 rows",
    ),
    Case(
        name="columns that came, went and have another type",
        before=ROWS,
        now=ROWS.drop(columns="c").assign(a=[1.0, 2.0, 3.0], d=1),
        said="changed: 1 column new (d), 1 column gone (c), 1 of 3 columns "
        "(a from int64 to float64)",
    ),
    Case(
        name="rows",
        before=ROWS,
        now=pd.concat([ROWS.iloc[1:], ROWS.iloc[[1, 2]]], ignore_index=True),
        said="changed: 3 → 4 rows (2 added, 1 removed)",
    ),
    Case(
        name="the order of columns",
        before=ROWS,
        now=ROWS[["b", "a", "c"]],
        said="changed: its columns are in another order",
    ),
    Case(
        name="the index",
        before=ROWS,
        now=ROWS.set_axis([4, 5, 6]),
        said="changed: the same cells, with another index or other attributes",
    ),
    Case(
        name="a frame of which only the ranges were recorded",
        before=ROWS,
        now=ROWS.assign(b=[0.5, 1.0, 3.0]),
        said="changed: at least 1 of 3 columns (b)",
        kept=False,
    ),
    Case(
        name="a frame of which nothing recorded tells",
        before=ROWS,
        now=ROWS.assign(a=[1, 3, 2], b=[0.5, 1.0, 2.0][::-1], c=["y", "x", None]),
        said="changed: the same columns and 3 rows, other cells",
        kept=False,
    ),
    Case(
        name="keys of a dict",
        before={"n": 3, "rate": 0.1, "gone": 1},
        now={"n": 4, "rate": 0.1, "new": 1},
        said="changed: 'gone' is gone; 'new' is new; 1 of 2 elements, first ['n']: 3 → 4",
    ),
    Case(
        name="the shape of an array",
        before=np.zeros(3),
        now=np.zeros((3, 2)),
        said="changed: shape (3,) before, (3, 2) now",
    ),
    Case(
        name="the type of an array",
        before=np.zeros(2),
        now=np.zeros(2, dtype="float32"),
        said="changed: float64 before, float32 now",
    ),
    Case(
        name="elements of an array",
        before=np.arange(4),
        now=np.array([0, 1, 9, 9]),
        said="changed: 2 of 4 elements, first at 2: 2 → 9",
    ),
    Case(
        name="the parameters of an estimator",
        before=Ridge(alpha=1.0),
        now=Ridge(alpha=2.0),
        said="changed: alpha 1.0 → 2.0",
    ),
    Case(
        name="what an estimator has learned",
        before=Ridge().fit([[0], [1]], [0, 1]),
        now=Ridge().fit([[0], [1]], [0, 2]),
        said="changed: the same parameters, other content",
    ),
    Case(name="a number", before=3, now=4, said="was 3 and is 4"),
    Case(
        name="a long text",
        before="a" * 50 + " one " + "b" * 400,
        now="a" * 50 + " one " + "b" * 401,
        said="changed: length 455 → 456",
    ),
    Case(name="a word", before="north", now="south", said="was 'north' and is 'south'"),
    Case(name="another type", before=3, now="3", said="was 3 (int) and is '3' (str)"),
)


def told(workspace: Workspace, case: Case, *, parameter: bool = False) -> Told:
    """What is said of an input that changed so, and of a file."""

    def record(value: Any) -> ValueRecord:
        return ValueRecord(
            name="x",
            fingerprint=fingerprint(value),
            summary=replace(summarize(value), preview=preview(value)),
            manifest=workspace.ledger.save_value(value) if case.kept else None,
        )

    read = ReadValue(before=record(case.before), now=record(case.now), parameter=parameter)
    return said(workspace, read)


def said(workspace: Workspace, read: ReadValue) -> Told:
    """What a plan says where that input changed, and a file."""
    changes = InputChanges(ReuseRecords(workspace.database), StoredComparison(workspace.values))
    objections = (Objection(reason="`x` changed", read=read), Objection(reason="a.csv changed"))
    return changes.told(Forecast(state=CellPlan.RUNS, reason="", objections=objections))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_says_how_much_of_an_input_changed(case: Case, mlops_workspace: Workspace) -> None:
    """By content where the values were kept, else by what was recorded of them."""
    reason, changes = told(mlops_workspace, case)
    assert reason == f"input `x` {case.said}; a.csv changed"
    assert [(type(change), change.what) for change in changes] == [(InputChange, case.said)]


def test_a_column_that_was_not_looked_into_once_is_not_called_changed(
    mlops_workspace: Workspace,
) -> None:
    """How long that takes depends on the machine; the frames differ in another column."""
    now = ROWS.assign(b=[0.5, 1.0, 3.0])
    sides = []
    for value, until in ((ROWS, 0.0), (now, float("inf"))):
        summary = replace(summarize(value), preview=preview(value, until=until))
        sides.append(ValueRecord(name="x", fingerprint=fingerprint(value), summary=summary))
    reason, _ = said(mlops_workspace, ReadValue(before=sides[0], now=sides[1]))
    assert reason == "input `x` changed: the same columns and 3 rows, other cells; a.csv changed"


def test_a_parameter_is_called_one(mlops_workspace: Workspace) -> None:
    reason, [change] = told(
        mlops_workspace, Case(name="", before=3, now=4, said=""), parameter=True
    )
    assert reason == "parameter `x` was 3 and is 4; a.csv changed"
    assert (change.before, change.after) == ("3", "4")
