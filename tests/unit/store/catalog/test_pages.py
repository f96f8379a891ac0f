"""Pages of a long list, one behind the other, are the list."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionRecord, ExecutionRow, ExecutionStatus, Metric
from nbmlops.domain.pages import Choice, ExecutionPage, Position, SortBy
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.testing import NOON

VALUES = (0.5, 0.25, math.nan, 0.5, -math.inf, 3.0)
STEPS = ("train", "load", "score", None)


@pytest.fixture
def records(open_catalog: Callable[..., Database]) -> ExecutionRecords:
    """Forty executions, with ties in everything that can be sorted by."""
    found = ExecutionRecords(open_catalog())
    for number in range(40):
        found.add(record(number))
    return found


def record(number: int) -> ExecutionRecord:
    step = STEPS[number % 4]
    names = ("auc", "auc", "loss") if number % 3 else ("loss",)
    return ExecutionRecord(
        notebook=f"reports/{number % 2}.ipynb",
        step=step,
        cell_id="cell",
        source=f"x = {number}",
        digest=f"digest of {step} {number % 5}",
        session="session",
        started_at=NOON + timedelta(minutes=number * 7 % 11),
        duration=number * 3 % 7 / 2,
        status=ExecutionStatus.ERROR if number % 5 == 0 else ExecutionStatus.OK,
        author="mia" if number % 3 else "tom",
        metrics=tuple(
            Metric(name=name, value=VALUES[(number + at) % 6], recorded_at=NOON)
            for at, name in enumerate(names)
        ),
    )


def value_of(row: ExecutionRow, sort: SortBy) -> Any:
    return {
        SortBy.RECORDED: row.id,
        SortBy.STARTED: row.started_at,
        SortBy.DURATION: row.duration,
        SortBy.STEP: row.reference.partition("@")[0],
        SortBy.STATUS: row.status,
        SortBy.AUTHOR: row.author,
        # NaN is behind all others, as in PostgreSQL
        SortBy.METRIC: (math.isnan(row.metrics.get("auc", 0.0)), row.metrics.get("auc")),
    }[sort]


def order_of(row: ExecutionRow, sort: SortBy) -> tuple[Any, int]:
    value = value_of(row, sort)
    return ((True, 0.0) if sort is SortBy.METRIC and value[0] else value, row.id)


def paged(records: ExecutionRecords, choice: Choice, limit: int) -> Iterator[ExecutionPage]:
    """Every page, each found by the text that the one before gave."""
    page = records.page(choice, limit=limit)
    yield page
    while page.after is not None:
        after = Position.read(page.after.written(), choice.sort)
        page = records.page(choice, after=after, limit=limit)
        yield page


@pytest.mark.parametrize("sort", SortBy)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_one_behind_the_other_are_the_sorted_list(
    records: ExecutionRecords, sort: SortBy, *, descending: bool
) -> None:
    metric = "auc" if sort is SortBy.METRIC else None
    choice = Choice(sort=sort, descending=descending, metric=metric)
    pages = list(paged(records, choice, limit=7))
    rows = [row for page in pages for row in page.rows]
    assert len(rows) == pages[0].total == (20 if metric else 30)
    wanted = sorted(rows, key=lambda row: order_of(row, sort), reverse=descending)
    assert [row.id for row in rows] == [row.id for row in wanted]
    skipped = records.page(choice, after=pages[0].after, skip=5, limit=7).rows
    assert [row.id for row in skipped] == [row.id for row in wanted[12:19]]


def test_a_metric_counts_with_its_last_value(records: ExecutionRecords) -> None:
    page = records.page(Choice(sort=SortBy.METRIC, metric="auc", descending=False), limit=1)
    assert page.rows[0].metrics["auc"] == 0.5
    assert page.rows[0].metrics.keys() == {"auc", "loss"}
    assert records.metric_names(10) == ("auc", "loss")
    assert records.metric_names(1) == ("auc",)


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        pytest.param(Choice(text="TRA"), range(1, 41, 4), id="a part of a step's name"),
        pytest.param(Choice(text="0.ip", status=ExecutionStatus.ERROR), {1, 11, 21, 31}, id="two"),
        pytest.param(Choice(text="%"), (), id="a wildcard of SQL"),
        pytest.param(Choice(author="tom", upto=10), {1, 7, 10}, id="an author, up to one"),
        pytest.param(Choice(notebook="reports/1.ipynb"), range(2, 41, 4), id="a notebook"),
    ],
)
def test_what_is_chosen_is_listed(
    records: ExecutionRecords, choice: Choice, ids: range | set[int]
) -> None:
    page = records.page(choice, limit=100)
    assert {row.id for row in page.rows} == set(ids)
    assert page.total == (None if choice.upto else len(ids))


def test_what_is_recorded_meanwhile_moves_nothing(records: ExecutionRecords) -> None:
    first = records.page(Choice(), limit=10)
    records.add(record(41))
    again = records.page(Choice(upto=first.newest), limit=10)
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    assert (again.newest, again.total) == (first.newest, None)
    assert records.page(Choice(), limit=10).newest == first.newest + 1


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        del connection, cursor, rest
        if statement.startswith("SELECT"):
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("limit", [1, 40])
def test_a_page_takes_the_same_few_queries_whatever_its_size(
    records: ExecutionRecords, limit: int
) -> None:
    with counted() as first:
        newest = records.page(Choice(), limit=limit).newest
    with counted() as later:
        records.page(Choice(upto=newest), skip=3, limit=limit)
    assert (len(first), len(later)) == (5, 3)
