"""What a text of SQL leaves for the queries behind it."""

from __future__ import annotations

import pytest

from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.sql_texts import only_asks

ASKING = [
    "select * from t",
    "  -- why\n/* and\nhow */ SELECT 1; show tables;",
    "with a as (select 1) select * from a",
    "FROM t",
    "describe t;\n-- done",
]
CHANGING = [
    "create table t as select 1",
    "with a as (select 1) insert into t select * from a",
    "select * into u from t",
    "select 1; drop table t",
    "explain analyze delete from t",
    "-- select 1\nattach 'a.db'",
    "pragma threads=1",
]


@pytest.mark.parametrize("text", ASKING)
def test_what_asks_leaves_its_database_as_it_was(text: str) -> None:
    assert only_asks(text)
    assert PROCESS not in analyze(f"%%sql\n{text}").writes


@pytest.mark.parametrize("text", CHANGING)
def test_what_changes_a_database_is_there_for_later_queries(text: str) -> None:
    assert not only_asks(text)
    assert PROCESS in analyze(f"%%sql\n{text}").writes


@pytest.mark.parametrize(
    ("source", "sets"),
    [
        ("%%sql rows <<\nselect 1", False),
        ("%%sql --with q --limit 3\nselect * from q", False),
        ("%%sql --no-index select 1", False),
        ("%%sql", True),
        ("%%sql duckdb:///a.db\nselect 1", True),
        ("%%sql --save q\nselect 1", True),
        ("%%sql -S q\nselect 1", True),
        ("%sql --persist df", True),
        ("%sql --close duckdb://", True),
        ("%sql --file make.sql", True),
    ],
)
def test_options_of_a_query_may_leave_something(source: str, sets: bool) -> None:  # noqa: FBT001
    assert (PROCESS in analyze(source).writes) is sets


def test_a_query_reads_the_frames_that_it_names() -> None:
    assert {"df", "other"} <= analyze("%%sql\nselect * from df join other using (a)").soft_reads
