"""What runs have found of drift is kept and told alike in every database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from nbmlops.domain.drift import DRIFT, ColumnDrift, Drift
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, ReportedOutput
from nbmlops.domain.notices import NoticeKind
from nbmlops.domain.pipelines import PipelineSpec, PipelineVersion
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.wire import plain
from nbmlops.execution.process import this_process
from nbmlops.notifying.judging import judge_drift
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.notices import NoticeRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(open_catalog: Callable[..., Database]) -> Database:
    """An empty catalog."""
    return open_catalog()


@pytest.fixture
def version(database: Database) -> PipelineVersion:
    spec = PipelineSpec(
        name="flights",
        notebook="flights.ipynb",
        kernel="python3",
        digest="d1",
        cells=(),
        steps=(),
        edges=(),
        parameters=(),
    )
    made, _ = PipelineRecords(database).add(
        spec, notebook_object="o1", environment=None, author="ada", created_at=NOON
    )
    return made


def found(index: float) -> ReportedOutput:
    column = ColumnDrift(name="delay", kind="number", psi=index, drifted=index > 0.2)
    drift = Drift(
        limit=0.2,
        columns=(column,),
        checked=1,
        drifted_columns=int(column.drifted),
        furthest=index,
        rows=9,
        reference_rows=9,
        looked_at=9,
        reference_looked_at=9,
    )
    return ReportedOutput(name="drift", type=DRIFT, value=plain(drift))


def run(
    database: Database, version: PipelineVersion, *, index: float | None = None, taken: int = 0
) -> int:
    """A run that has found so much, or taken what another had found; returns the execution."""
    records, execution = RunRecords(database), taken
    made = records.start(
        version,
        parameters={},
        trigger="manual",
        author="ada",
        started_at=NOON,
        process=this_process(),
    )
    if index is not None:
        record = ExecutionRecord(
            notebook="flights.ipynb",
            step="check",
            cell_id="cell",
            source="check",
            digest="check",
            session="s",
            run_id=made.id,
            started_at=NOON,
            duration=1.0,
            status=ExecutionStatus.OK,
            reported=(found(index), ReportedOutput(name="auc", type="float", value=0.9)),
            author="ada",
        )
        execution = ExecutionRecords(database).add(record).id
    if taken:
        ReuseRecords(database).take(made.id, [taken])
    records.finish(made, status=RunStatus.SUCCEEDED, ended_at=NOON)
    return execution


def test_what_runs_found_is_told_in_their_order_and_once(
    database: Database, version: PipelineVersion
) -> None:
    made = run(database, version, index=0.5)
    run(database, version, taken=made)
    run(database, version)
    run(database, version, index=0.1)
    run(database, version, taken=made)
    records, now = NoticeRecords(database), NOON + timedelta(hours=1)
    for _ in range(2):
        assert not records.tell_of_drift(
            now, lambda finding, streak: judge_drift(finding, streak, now), lambda _: ["ops"]
        )
    notices = [notice for _, notice in records.after(0)]
    assert [(one.kind, one.run, one.count, one.since) for one in notices] == [
        (NoticeKind.DRIFT, "flights#1", 1, NOON),
        (NoticeKind.DRIFT_OVER, "flights#4", 1, NOON),
        (NoticeKind.DRIFT, "flights#5", 1, NOON),
    ]
    assert notices[0].message == "check: 1 of 1 column has drifted beyond 0.2: delay 0.50."
    assert records.waiting().keys() == {"ops"}
