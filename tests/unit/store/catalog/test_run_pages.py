"""Pages of the runs of pipelines, one behind the other, are the sorted list."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.pages import Position, RunChoice, RunPage, RunSort
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import UsageError
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

PROCESS = ProcessIdentity(host="here", process=7, started_at=1.5)
SCORES = (0.5, 0.25, 0.75)


@pytest.fixture
def workspace(catalog_place: Path | str, tmp_path: Path) -> Iterator[Workspace]:
    """A project whose catalog is of either kind."""
    if isinstance(catalog_place, str):
        (tmp_path / ".nbmlops").mkdir()
        (tmp_path / ".nbmlops" / "config.toml").write_text(
            f'[store]\ncatalog = "{catalog_place}"\n'
        )
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def records(workspace: Workspace) -> RunRecords:
    """Fourteen runs of two pipelines, with ties; every fifth goes on, some have a metric."""
    versions = [
        workspace.pipelines.build(
            Notebook(workspace.project).step("load", "rows = [1]").save(f"{name}.ipynb")
        ).version
        for name in ("flights", "trains")
    ]
    found = RunRecords(workspace.database)
    for number in range(14):
        run = found.start(
            versions[number % 2],
            parameters={"month": number, **({"depth": 3} if number % 2 else {})},
            trigger="manual",
            author="mia" if number % 3 else "tom",
            started_at=NOON + timedelta(minutes=number * 7 % 5),
            process=PROCESS,
        )
        if number % 3 == 0:
            workspace.executions.add(scored(run, SCORES[number % 2]))
        if number % 5:
            status = RunStatus.FAILED if number % 4 == 0 else RunStatus.SUCCEEDED
            ended = run.started_at + timedelta(seconds=number * 3 % 4 + 0.125)
            found.finish(run, status=status, ended_at=ended)
    return found


def scored(run: Run, score: float) -> ExecutionRecord:
    return ExecutionRecord(
        notebook=f"{run.pipeline}.ipynb",
        run_id=run.id,
        step="load",
        cell_id="cell",
        source="rows = [1]",
        digest="d",
        session=f"run {run.id}",
        started_at=NOON,
        duration=1.0,
        status=ExecutionStatus.OK,
        author="mia",
        metrics=tuple(Metric(name="auc", value=value, recorded_at=NOON) for value in (0.0, score)),
    )


def value_of(run: Run, sort: RunSort) -> Any:
    return {
        RunSort.RECORDED: run.id,
        RunSort.STARTED: run.started_at,
        RunSort.DURATION: run.duration,
        RunSort.PIPELINE: run.pipeline,
        RunSort.STATUS: run.status,
        RunSort.AUTHOR: run.author,
        RunSort.METRIC: run.metrics.get("auc"),
    }[sort]


def order_of(sort: RunSort) -> Callable[[Run], tuple[Any, int]]:
    return lambda run: (value_of(run, sort), run.id)


def paged(records: RunRecords, choice: RunChoice, limit: int) -> Iterator[RunPage]:
    """Every page, each found by the text that the one before gave."""
    page = records.page(choice, limit=limit)
    yield page
    while page.after is not None:
        after = Position.read(page.after.written(), choice.sort)
        page = records.page(choice, after=after, limit=limit)
        yield page


def test_pages_one_behind_the_other_are_the_sorted_list(records: RunRecords) -> None:
    for sort, descending in itertools.product(RunSort, (True, False)):
        metric = "auc" if sort is RunSort.METRIC else None
        choice = RunChoice(sort=sort, descending=descending, metric=metric)
        pages = list(paged(records, choice, limit=3))
        rows = [row for page in pages for row in page.rows]
        kept = {RunSort.METRIC: 5, RunSort.DURATION: 11}.get(sort, 14)
        assert len(rows) == pages[0].total == kept
        wanted = sorted(rows, key=order_of(sort), reverse=descending)
        assert [run.id for run in rows] == [run.id for run in wanted]
        skipped = records.page(choice, after=pages[0].after, skip=1, limit=2).rows
        assert [run.id for run in skipped] == [run.id for run in wanted[4:6]]


def test_the_first_page_names_what_the_newest_runs_have(records: RunRecords) -> None:
    first = records.page(RunChoice(), limit=1)
    assert (first.parameters, first.metrics, first.outputs) == (("depth", "month"), ("auc",), ())
    later = records.page(RunChoice(upto=first.newest), limit=1)
    assert (later.parameters, later.metrics, later.total) == (None, None, None)


def test_what_is_chosen_is_listed(records: RunRecords) -> None:
    for choice, numbers in (
        (RunChoice(text="TRAI"), range(1, 14, 2)),
        (RunChoice(status=RunStatus.RUNNING), (0, 5, 10)),
        (RunChoice(author="tom", upto=4), (0, 3)),
        (RunChoice(notebook="flights.ipynb"), range(0, 14, 2)),
        (RunChoice(text="%"), ()),  # a wildcard of SQL
    ):
        page = records.page(choice)
        assert {run.parameters["month"] for run in page.rows} == set(numbers)


def test_sorting_by_a_metric_takes_its_name() -> None:
    with pytest.raises(UsageError, match="takes its name"):
        RunChoice(sort=RunSort.METRIC)
