"""How far the data of today are from those of a reference."""

from __future__ import annotations

import datetime as dt
import decimal
import random
import time
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import nbmlops
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.monitoring.report import DriftReport
from nbmlops.monitoring.tables import SAMPLE


def flights(rows: int, *, seed: int, shift: float = 0.0, others: float = 0.2) -> pd.DataFrame:
    """A table whose delays are ``shift`` later, with a share of another carrier."""
    draws = np.random.default_rng(seed)
    first = 0.8 - others
    return pd.DataFrame(
        {
            "delay": draws.normal(shift, 1, rows),
            "carrier": draws.choice(["AA", "UA", "DL"], rows, p=[first, 0.2, others]),
            "cancelled": draws.random(rows) < 0.1,
            "day": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(draws.integers(0, 30, rows), unit="D"),
        }
    )


BEFORE = flights(4000, seed=1)


def drifted(report: DriftReport) -> list[str]:
    return [column.name for column in report.columns if column.drifted]


def only(report: DriftReport) -> Any:
    (column,) = report.columns
    return column


def test_data_of_the_same_origin_have_not_drifted() -> None:
    report = nbmlops.check_drift(flights(3000, seed=2), BEFORE)
    assert not report.drifted
    assert max(column.psi for column in report.columns if column.psi is not None) < 0.02
    assert report.sentence == "no column of 4 has drifted beyond 0.2"


def test_the_index_is_that_of_the_formula() -> None:
    """Two values, 50:50 before and 80:20 today: (.3) ln(.8/.5) + (-.3) ln(.2/.5)."""
    before, today = ["a", "b"] * 500, ["a"] * 800 + ["b"] * 200
    expected = 0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5)
    report = nbmlops.check_drift(pd.Series(today), pd.Series(before))
    assert only(report).psi == pytest.approx(expected, abs=1e-6)
    numbers = nbmlops.check_drift(
        np.array([0] * 800 + [1] * 200), np.array([0, 1] * 500, dtype=float)
    )
    assert only(numbers).psi == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("today_as", ["pandas", "polars"])
@pytest.mark.parametrize("before_as", ["pandas", "polars"])
def test_what_has_drifted_is_found_in_whichever_library(today_as: str, before_as: str) -> None:
    makers: dict[str, Any] = {"pandas": lambda frame: frame, "polars": pl.from_pandas}
    today = makers[today_as](flights(3000, seed=2, shift=1.0, others=0.6))
    report = nbmlops.check_drift(today, makers[before_as](BEFORE))
    assert drifted(report) == ["delay", "carrier"]
    assert report.brief == "2 of 4 columns"
    delay = report.columns[0]
    assert delay.mean == pytest.approx(1, abs=0.1)
    assert delay.reference_mean == pytest.approx(0, abs=0.1)
    assert [column.kind for column in report.columns] == ["number", "category", "boolean", "date"]


def test_arrays_are_compared_by_their_columns() -> None:
    draws = np.random.default_rng(3)
    before, today = draws.normal(size=(1000, 3)), draws.normal(size=(1000, 3))
    today[:, 1] += 2
    report = nbmlops.check_drift(today, before)
    assert drifted(report) == ["1"]
    assert only(nbmlops.check_drift(today[:, 1], before[:, 1])).name == "value"
    series = pd.Series(today[:, 1], name="delay")
    assert drifted(nbmlops.check_drift(series, before[:, 1])) == ["delay"]


def test_missing_cells_are_a_bin_of_their_own() -> None:
    today = BEFORE.assign(
        delay=BEFORE["delay"].mask(BEFORE.index % 3 == 0),
        carrier=BEFORE["carrier"].mask(BEFORE.index % 2 == 0),
    )
    report = nbmlops.check_drift(today, BEFORE)
    assert drifted(report) == ["delay", "carrier"]
    assert report.columns[0].missing == pytest.approx(1 / 3, abs=0.001)
    assert report.columns[0].reference_missing == 0
    assert drifted(nbmlops.check_drift(pl.from_pandas(today), BEFORE)) == ["delay", "carrier"]


def test_columns_that_came_went_or_changed_their_kind_are_said() -> None:
    today = BEFORE.assign(delay=BEFORE["delay"].astype(str), extra=1).drop(columns="carrier")
    report = nbmlops.check_drift(today, BEFORE)
    notes = {column.name: column.note for column in report.columns}
    assert notes["delay"] == "has texts, had numbers"
    assert notes["carrier"] == "is gone"
    assert notes["extra"] == "is new"
    assert drifted(report) == ["delay", "carrier"], "a new column is none that a model reads"
    assert report.sentence.startswith("2 of 4 columns have drifted beyond 0.2: ")


def test_whole_numbers_that_became_floats_by_a_gap_are_still_numbers() -> None:
    before = pd.DataFrame({"n": np.arange(1000) % 7})
    today = before.astype(float)
    today.loc[3, "n"] = None
    assert not nbmlops.check_drift(today, before).drifted
    assert not nbmlops.check_drift(before.astype("Int64"), before).drifted


def test_a_constant_that_changed_has_drifted_and_one_that_did_not_has_not() -> None:
    before = pd.DataFrame({"unit": ["km"] * 100, "factor": [1.0] * 100})
    assert not nbmlops.check_drift(before.head(50), before).drifted
    today = pd.DataFrame({"unit": ["mi"] * 50, "factor": [1.6] * 50})
    assert drifted(nbmlops.check_drift(today, before)) == ["unit", "factor"]


def test_zeros_of_which_there_are_many_are_no_reason_to_miss_the_rest() -> None:
    draws = np.random.default_rng(4)
    zeros = np.zeros(7000)
    before = np.concatenate([zeros, draws.exponential(10, 3000)])
    same = np.concatenate([zeros, draws.exponential(10, 3000)])
    today = np.concatenate([zeros[:3000], draws.exponential(10, 7000)])
    assert not nbmlops.check_drift(same, before).drifted
    assert nbmlops.check_drift(today, before).drifted


def test_infinite_numbers_are_at_the_ends() -> None:
    draws = np.random.default_rng(5)
    before = draws.normal(size=1000)
    today = before.copy()
    today[:400] = np.inf
    report = nbmlops.check_drift(today, before)
    assert report.drifted
    assert np.isfinite(only(report).mean)
    assert not nbmlops.check_drift(np.full(100, np.inf), np.full(100, np.inf)).drifted


def test_all_missing_is_compared_with_what_was_there() -> None:
    nothing = pd.DataFrame({"a": [None] * 100, "b": [np.nan] * 100})
    full = pd.DataFrame({"a": ["x"] * 100, "b": np.arange(100.0)})
    assert not nbmlops.check_drift(nothing, nothing).drifted
    assert drifted(nbmlops.check_drift(nothing, full)) == ["a", "b"]
    assert drifted(nbmlops.check_drift(full, nothing)) == ["a", "b"]


def test_an_empty_table_says_nothing_of_its_columns() -> None:
    for today, before in ((BEFORE.iloc[:0], BEFORE), (BEFORE, BEFORE.iloc[:0])):
        report = nbmlops.check_drift(today, before)
        assert not report.drifted
        assert not report.judged
        assert report.sentence == "nothing to compare: a table has no rows"
    gone = nbmlops.check_drift(BEFORE.iloc[:0].drop(columns="delay"), BEFORE)
    assert drifted(gone) == ["delay"]


@pytest.mark.parametrize(("rows", "before"), [(1, 4000), (4000, 1), (10, 10), (50, 50), (8, 4000)])
def test_few_rows_of_the_same_origin_raise_no_alarm(rows: int, before: int) -> None:
    """In few rows chance alone makes the index large; it is said, and is no drift."""
    draws = np.random.default_rng(6)
    alarms = 0
    for _ in range(20):
        today, then = draws.normal(size=(rows, 20)), draws.normal(size=(before, 20))
        alarms += nbmlops.check_drift(today, then).drifted_columns
    assert alarms <= 2, f"{alarms} of 400"


def test_few_rows_that_are_far_away_raise_one() -> None:
    draws = np.random.default_rng(7)
    report = nbmlops.check_drift(draws.normal(5, 1, 60), draws.normal(0, 1, 5000))
    assert report.drifted
    (one,) = nbmlops.check_drift(np.array([3.0]), draws.normal(0, 1, 5000)).columns
    assert (one.drifted, one.note) == (False, "too few rows to tell")


def test_a_column_that_names_its_rows_is_compared_by_what_is_missing_alone() -> None:
    before = pd.DataFrame({"id": [f"a{number}" for number in range(1000)]})
    today = pd.DataFrame({"id": [f"b{number}" for number in range(1000)]})
    report = nbmlops.check_drift(today, before)
    assert not report.drifted
    assert "nearly every cell is another" in only(report).note
    assert nbmlops.check_drift(today.mask(today.index.to_series() % 2 == 0, axis=0), before).drifted


def test_rare_categories_are_taken_together_and_new_ones_are_seen() -> None:
    draws = np.random.default_rng(8)
    places = [f"p{number}" for number in range(400)]
    before = pd.DataFrame({"place": draws.choice(places, 20_000)})
    same = pd.DataFrame({"place": draws.choice(places, 20_000)})
    new = pd.DataFrame({"place": draws.choice([f"q{number}" for number in range(400)], 20_000)})
    assert not nbmlops.check_drift(same, before).drifted
    assert nbmlops.check_drift(new, before).drifted


class Hostile:
    """Fails whoever compares, hashes or shows it."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError


def test_cells_with_an_inside_are_compared_by_their_type_and_never_touched() -> None:
    lists = pd.DataFrame({"cell": [[1], [2, 3]] * 100})
    hostile = pd.DataFrame({"cell": [Hostile() for _ in range(200)]})
    assert not nbmlops.check_drift(lists, lists).drifted
    assert not nbmlops.check_drift(hostile, hostile).drifted
    assert nbmlops.check_drift(hostile, lists).drifted
    mixed = pd.DataFrame({"cell": [1, "a", None, [1]] * 50})
    assert not nbmlops.check_drift(mixed, mixed).drifted
    structs = pl.DataFrame({"cell": [[1], [2, 3]] * 100})
    assert not nbmlops.check_drift(structs, lists).drifted


def test_objects_that_are_numbers_or_dates_are_compared_as_such() -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=number % 60) for number in range(600)]
    before = pd.DataFrame(
        {
            "price": [decimal.Decimal(number % 97) for number in range(600)],
            "day": days,
            "span": pd.to_timedelta(np.arange(600), unit="h"),
        }
    )
    assert [column.kind for column in nbmlops.check_drift(before, before).columns] == [
        "number",
        "date",
        "duration",
    ]
    today = before.assign(day=[day + dt.timedelta(days=365) for day in days])
    report = nbmlops.check_drift(today, before)
    assert drifted(report) == ["day"]
    assert str(report.columns[1].mean).startswith("2027-01-30")
    assert not nbmlops.check_drift(pl.DataFrame({"day": days}), before, columns=["day"]).drifted


def test_extension_types_are_those_that_they_stand_for() -> None:
    frame = BEFORE.assign(
        carrier=BEFORE["carrier"].astype("category"),
        delay=BEFORE["delay"].astype("Float64"),
        cancelled=BEFORE["cancelled"].astype("boolean"),
        day=BEFORE["day"].dt.tz_localize("UTC"),
    )
    report = nbmlops.check_drift(frame, BEFORE)
    assert not report.drifted
    assert [column.kind for column in report.columns] == ["number", "category", "boolean", "date"]
    arrow = BEFORE.convert_dtypes(dtype_backend="pyarrow")
    assert not nbmlops.check_drift(arrow, BEFORE).drifted
    masked = np.ma.masked_array(np.arange(100.0), mask=np.arange(100) % 2 == 0)
    assert only(nbmlops.check_drift(masked, np.arange(100.0))).missing == 0.5
    sparse = pd.DataFrame({"n": pd.arrays.SparseArray([0, 0, 1] * 100)})
    assert not nbmlops.check_drift(sparse, pd.DataFrame({"n": [0, 0, 1] * 100})).drifted


def test_the_columns_that_are_asked_for_are_compared_and_no_others() -> None:
    today = flights(3000, seed=2, shift=3, others=0.6)
    assert drifted(nbmlops.check_drift(today, BEFORE, columns=["carrier"])) == ["carrier"]
    assert not nbmlops.check_drift(today, BEFORE, columns=["day", "cancelled"]).drifted
    assert not nbmlops.check_drift(today, BEFORE, limit=50).drifted
    with pytest.raises(UnknownNameError, match=r"no column 'delya'.*delay"):
        nbmlops.check_drift(today, BEFORE, columns=["delya"])


def test_columns_of_one_name_are_told_apart() -> None:
    frame = pd.DataFrame(np.arange(200.0).reshape(100, 2), columns=["a", "a"])
    other = frame.copy()
    other.iloc[:, 1] += 1000
    assert drifted(nbmlops.check_drift(other, frame)) == ["a (2)"]


@pytest.mark.parametrize(
    ("today", "limit", "said"),
    [
        ([1, 2], 0.2, "is a list, which is no table"),
        (np.zeros((2, 2, 2)), 0.2, "3 axes"),
        (np.float64(1), 0.2, "no table"),
        (pl.LazyFrame({"a": [1]}), 0.2, "LazyFrame"),
        (BEFORE, 0, "no limit of drift"),
        (BEFORE, float("nan"), "no limit of drift"),
        (BEFORE, "much", "no limit of drift"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_sentence(
    today: Any, limit: Any, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        nbmlops.check_drift(today, BEFORE, limit=limit)


def test_ten_million_rows_take_a_sample_that_is_the_same_each_time() -> None:
    draws = np.random.default_rng(9)
    rows = 10_000_000
    before = pd.DataFrame({"a": draws.normal(size=rows), "b": np.arange(rows) % 24})
    today = before.assign(a=before["a"] + 1)
    state = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[union-attr]  # noqa: NPY002
    began = time.process_time()
    report = nbmlops.check_drift(today, before)
    assert time.process_time() - began < 5
    assert drifted(report) == ["a"], "and hours that recur are no drift"
    assert report.looked_at == SAMPLE
    assert "10,000,000 rows (a sample of 200,000)" in str(report)
    assert nbmlops.check_drift(today, before) == report
    assert (random.getstate(), np.random.get_state()[1].tolist()) == state  # type: ignore[union-attr]  # noqa: NPY002


def test_a_report_is_a_table_that_escapes_what_others_wrote() -> None:
    before = pd.DataFrame({"<script>": np.arange(1000.0)} | {f"c{n}": 0 for n in range(60)})
    report = nbmlops.check_drift(before.assign(**{"<script>": 5000.0}), before)
    page = report._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert repr(report) == str(report)
    assert "36 more, nearer to the reference" in page
    assert len(page) < 20_000
    assert hash(report) == hash(report), "it is frozen"
