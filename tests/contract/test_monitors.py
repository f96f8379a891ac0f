"""What a notebook and its runs look at for drift is found alike in every database."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from nbmlops.domain.drift import DRIFT, ColumnDrift, Drift
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, ReportedOutput
from nbmlops.domain.monitors import Monitor
from nbmlops.domain.pipelines import PipelineSpec, PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.wire import plain
from nbmlops.execution.process import this_process
from nbmlops.monitoring.monitors import MonitorService
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.monitors import LOOKS, MonitorRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOTEBOOK = "flights.ipynb"
GONE, EMPTY = math.inf, math.nan
"""Of a column that is gone, and of one in a table without rows."""


class Project:
    """A catalog in which each execution and each run begins a minute after the one before."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.executions = ExecutionRecords(database)
        self.now = NOON
        spec = PipelineSpec(
            name="flights",
            notebook=NOTEBOOK,
            kernel="python3",
            digest="d1",
            cells=(),
            steps=(),
            edges=(),
            parameters=(),
        )
        self.version: PipelineVersion = PipelineRecords(database).add(
            spec, notebook_object="o1", environment=None, author="ada", created_at=NOON
        )[0]

    def look(
        self,
        *indexes: float,
        run: int | None = None,
        step: str | None = "check",
        cell: str = "cell",
        status: ExecutionStatus = ExecutionStatus.OK,
        notebook: str = NOTEBOOK,
        name: str = "drift",
    ) -> int:
        """An execution that has found these indexes of its columns, or has not looked."""
        self.now += timedelta(minutes=1)
        record = ExecutionRecord(
            notebook=notebook,
            step=step,
            cell_id=cell,
            source="check",
            digest="check",
            session="s",
            run_id=run,
            started_at=self.now,
            duration=1.0,
            status=status,
            reported=(found(*indexes, name=name),) if indexes else (),
            author="ada",
        )
        return self.executions.add(record).id

    def run(self, *indexes: float, trigger: str = "manual", taken: int = 0) -> Run:
        """A run whose step has found these indexes, or that took what another had found."""
        self.now += timedelta(minutes=1)
        records = RunRecords(self.database)
        made = records.start(
            self.version,
            parameters={},
            trigger=trigger,
            author="ada",
            started_at=self.now,
            process=this_process(),
        )
        if indexes:
            self.look(*indexes, run=made.id)
        if taken:
            ReuseRecords(self.database).take(made.id, [taken])
        records.finish(made, status=RunStatus.SUCCEEDED, ended_at=self.now)
        return made

    def schedule(self) -> int:
        """A schedule of the pipeline, by its number."""
        made = ScheduleRecords(self.database).create(
            self.version,
            cron="0 * * * *",
            timezone="UTC",
            parameters={},
            missed="skip",
            author="ada",
            created_at=NOON,
        )
        return made.id

    def monitors(self) -> list[Monitor]:
        """What is looked at in the notebook."""
        return MonitorService(MonitorRecords(self.database)).of_notebook(NOTEBOOK)


def found(*indexes: float, name: str) -> ReportedOutput:
    columns = tuple(
        ColumnDrift(
            name=column,
            kind="number",
            psi=index if math.isfinite(index) else None,
            drifted=index > 0.2,
            note="is gone" if index == GONE else "",
        )
        for column, index in zip(("delay", "distance"), indexes, strict=False)
    )
    drift = Drift(
        name=name,
        limit=0.2,
        columns=columns,
        checked=len(columns),
        drifted_columns=sum(one.drifted for one in columns),
        furthest=max((one.psi for one in columns if one.psi is not None), default=None),
        rows=9,
        reference_rows=8,
        looked_at=9,
        reference_looked_at=8,
        reference="flights#1:df",
    )
    return ReportedOutput(name=name, type=DRIFT, value=plain(drift))


@pytest.fixture
def project(open_catalog: Callable[..., Database]) -> Project:
    """An empty project."""
    return Project(open_catalog())


def test_a_check_in_the_notebook_tells_the_indexes_of_its_columns_from_look_to_look(
    project: Project,
) -> None:
    project.look(0.1, 0.05)
    began = project.now + timedelta(minutes=1)
    for delay, distance in ((0.3, 0.06), (0.4, GONE)):
        project.look(delay, distance)
    project.look(0.9, notebook="other.ipynb")
    (monitor,) = project.monitors()
    assert (monitor.step, monitor.pipeline, monitor.trigger) == ("check", None, None)
    assert (monitor.drifted, monitor.checked, monitor.reference) == (2, 2, "flights#1:df")
    assert monitor.since == began
    assert [(one.name, one.indexes) for one in monitor.columns] == [
        ("distance", (0.05, 0.06, GONE)),
        ("delay", (0.1, 0.3, 0.4)),
    ]
    assert [(one.step, one.run, one.furthest) for one in monitor.looks] == [
        ("check@1", None, 0.1),
        ("check@1", None, 0.3),
        ("check@1", None, GONE),
    ]


def test_each_trigger_has_a_monitor_of_its_own_and_what_has_drifted_comes_first(
    project: Project,
) -> None:
    first, second = project.schedule(), project.schedule()
    project.run(0.4, trigger=f"schedule:{first}")
    project.run(0.1, trigger=f"schedule:{second}")
    project.run(0.1)
    project.look(0.1)
    places = [(one.pipeline, one.trigger) for one in project.monitors()]
    assert places == [
        ("flights", f"schedule:{first}"),
        (None, None),
        ("flights", "manual"),
        ("flights", f"schedule:{second}"),
    ]
    ScheduleRecords(project.database).delete(first)
    assert [(one.pipeline, one.trigger) for one in project.monitors()] == places[1:]


def test_runs_that_take_a_finding_look_once_until_another_is_found(project: Project) -> None:
    made = project.look(0.4)
    took = project.run(taken=made)
    project.run(taken=made)
    project.run(0.1)
    again = project.run(taken=made)
    monitor = next(one for one in project.monitors() if one.trigger == "manual")
    assert [(one.run, one.drifted) for one in monitor.looks] == [
        ("flights#1", 1),
        ("flights#3", 0),
        ("flights#4", 1),
    ]
    assert monitor.looks[0].at == took.started_at
    assert monitor.since == again.started_at


def test_a_check_that_a_cell_does_not_make_any_more_is_no_monitor(project: Project) -> None:
    project.look(0.4)
    project.look(status=ExecutionStatus.ERROR)
    assert len(project.monitors()) == 1, "it may have failed before it came to the check"
    project.look(0.1, step="named otherwise")
    assert [one.step for one in project.monitors()] == ["named otherwise"]
    project.look(step="named otherwise")
    assert project.monitors() == []


def test_an_empty_table_neither_begins_a_drift_nor_ends_one(project: Project) -> None:
    project.look(EMPTY)
    (monitor,) = project.monitors()
    assert (monitor.judged, monitor.since) == (False, None)
    project.look(0.4)
    began = project.now
    project.look(EMPTY)
    (monitor,) = project.monitors()
    assert (monitor.judged, monitor.since) == (False, began)
    assert monitor.columns[0].indexes == (None, 0.4, None)


def test_of_many_looks_the_latest_are_told(project: Project) -> None:
    schedule = project.schedule()
    project.run(0.4, trigger=f"schedule:{schedule}")
    for _ in range(LOOKS + 2):
        project.run(0.1)
    manual = next(one for one in project.monitors() if one.trigger == "manual")
    assert len(manual.looks) == LOOKS
    assert manual.looks[-1].run == f"flights#{LOOKS + 3}"
    assert {one.trigger for one in project.monitors()} == {"manual", f"schedule:{schedule}"}
