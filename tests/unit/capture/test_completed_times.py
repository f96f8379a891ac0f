"""A time of the day that a parser completes with the present date is found in the data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbmlops.capture.completed_times import completed_in, completed_in_tables, parsed_in

NAMES = {
    "pd": pd,
    "trips": pd.DataFrame({"date": ["2026-01-02"], "leaves": ["06:30"], "n": [1]}),
    "kinds": pd.DataFrame({"leaves": pd.Series(["6:30 PM"], dtype="category")}),
    "indexed": pd.DataFrame({"n": [1]}, index=["06:30:15"]),
    "leaves": ["06:30"],
    "dates": ["2026-01-02 06:30"],
    "text": "06:30",
}
COMPLETED = (
    "t = pd.to_datetime(trips['leaves'])",
    "t = pd.to_datetime(trips.leaves, format='mixed')",
    "t = pd.to_datetime(kinds.leaves)",
    "t = pd.to_datetime(indexed.index)",
    "t = pd.DatetimeIndex(leaves)",
    "t = pd.Timestamp(text)",
    "t = pd.Timestamp('06:30')",
    "t = pd.to_datetime(['06:30'])",
    "t = pd.to_datetime(trips[['date', 'leaves']])",
    "t = pd.to_datetime(trips[kinds])",
    "t = trips.leaves.astype('datetime64[ns]')",
    "t = trips['leaves'].apply(pd.Timestamp)",
    "t = [pd.Timestamp(one) for one in leaves]",
    "def made(one):\n    return pd.Timestamp(one)\nt = made(text)",
)
WHOLE = (
    "t = pd.to_datetime(trips['date'])",
    "t = pd.to_datetime(trips[['date', 'n']])",
    "t = pd.to_datetime(trips.date + ' ' + trips.leaves)",
    "t = pd.to_datetime(f'{dates[0]}')",
    "t = pd.to_datetime(trips.leaves, format='%H:%M')",
    "t = pd.to_datetime(dates)",
    "t = pd.to_datetime(trips['n'])",
    "t = pd.to_datetime(nowhere)",
    "t = trips.leaves.str.len()",
    "not python (",
)


def found(source: str) -> str | None:
    """What is found where a cell may read everything."""
    read = [value for name, value in NAMES.items() if name in source]
    return completed_in([source], NAMES, read)


@pytest.mark.parametrize("source", COMPLETED)
def test_a_time_of_the_day_is_found(source: str) -> None:
    told = found(source)
    assert told is not None
    assert told.startswith("a time of the day in a ")


@pytest.mark.parametrize("source", WHOLE)
def test_what_is_whole_or_has_a_format_is_left_alone(source: str) -> None:
    assert found(source) is None


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("t = pd.to_datetime(trips['date'])", ["date"]),
        ("t = pd.to_datetime(trips[['date', 'n']], utc=True).dt.day", ["date", "n"]),
        ("t = pd.date_range(trips.date, end=trips.leaves)", ["date", "leaves"]),
        ("%%time\nn = len(trips)", []),
    ],
)
def test_only_what_is_parsed_is_told(source: str, names: list[str]) -> None:
    told = parsed_in([source], NAMES)
    assert told is not None
    assert [value.name for value in told] == names


@pytest.mark.parametrize(
    "source",
    [
        "t = pd.to_datetime(trips['date'] + trips['leaves'])",
        "t = pd.to_datetime(trips['later'])",  # the cell may make it
        "t = pd.to_datetime(trips.values)",
        "t = pd.to_datetime(trips['date'], origin=nowhere)",
        "t = pd.to_datetime(*trips)",
        "make = pd.to_datetime\nt = make(trips['date'])",
        "t = trips['date'].map(pd.Timestamp)",
        "t = [pd.Timestamp(text) for text in leaves]",
        "for text in leaves:\n    t = pd.Timestamp(text)",
        "def made(text):\n    return pd.Timestamp(text)\nt = made(trips.date[0])",
        "t = pd.to_datetime(trips['date'])  # as Timestamp",
        "t = trips.date.astype('datetime64[ns]')",
        "not python (Timestamp",
    ],
)
def test_what_is_parsed_is_not_told_where_the_code_leaves_it_open(source: str) -> None:
    assert parsed_in([source], NAMES) is None


def test_a_reader_that_parses_dates_is_judged_by_what_it_has_made(tmp_path: Path) -> None:
    path = tmp_path / "trips.csv"
    source = "trips = pd.read_csv('trips.csv', parse_dates=['leaves'])"
    for text, told in (("06:30", "times of the day in a DataFrame"), ("2026-01-02 06:30", None)):
        path.write_text(f"leaves,n\n{text},1\n")
        made = pd.read_csv(path, parse_dates=["leaves"])
        assert completed_in_tables([source], [1, made]) == told
        assert completed_in_tables(["made = 1"], [made]) is None


def test_looking_makes_pandas_remember_nothing() -> None:
    before = {name: set(vars(NAMES[name])) for name in ("trips", "kinds", "indexed")}
    for source in COMPLETED:
        found(source)
    assert {name: set(vars(NAMES[name])) for name in before} == before
    assert not getattr(NAMES["trips"], "_item_cache", {})
