"""Old rows of the ledger go; those that somebody still needs stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from nbmlops.domain.executions import Artifact
from nbmlops.domain.jobs import Label
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Due, FireStatus, Schedule
from nbmlops.store.catalog import ledger_retention, schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.jobs import JobRecords
from nbmlops.store.catalog.ledger_retention import LedgerRetentionRecords, OldRows
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.references import RELEASED
from nbmlops.store.catalog.run_retention import RunRetentionRecords
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = ProcessIdentity(host="here", process=1, started_at=None)


@dataclass
class Ledger:
    """A catalog with a schedule, and a row of another that keeps the largest number."""

    database: Database
    records: ScheduleRecords = field(init=False)
    retention: LedgerRetentionRecords = field(init=False)

    def __post_init__(self) -> None:
        self.records = ScheduleRecords(self.database)
        self.retention = LedgerRetentionRecords(self.database)
        spec = PipelineSpec(
            name="flights",
            notebook="flights.ipynb",
            kernel="python3",
            digest="d1",
            cells=(),
            steps=(),
            edges=(),
        )
        self.version, _ = PipelineRecords(self.database).add(
            spec, notebook_object="o1", environment=None, author="me", created_at=NOW
        )
        self.schedule = self.make()

    def make(self, *, backfill: bool = False) -> Schedule:
        return self.records.create(
            self.version,
            cron="@daily",
            timezone="UTC",
            parameters={},
            missed="all",
            author="me",
            created_at=NOW - 60 * DAY,
            backfill=backfill,
        )

    def rows(self, count: int, source: str = "clock", **values: Any) -> list[int]:
        """Rows that were due on as many days before today, oldest first, and are settled."""
        dues = [
            Due(due_at=NOW - day * DAY, source=source, key=f"{source} {day}")
            for day in range(count, 0, -1)
        ]
        made = [fire.id for fire in self.records.enter(self.schedule.id, dues)]
        self.change(made, **{"status": FireStatus.SUCCEEDED, "told_at": NOW - 2 * DAY, **values})
        return made

    def change(self, ids: list[int], **values: Any) -> None:
        with self.database.write() as connection:
            table = schema.fires
            connection.execute(sa.update(table).where(table.c.id.in_(ids)).values(**values))

    def newest(self) -> None:
        """A row of another schedule, behind all others."""
        other = self.make()
        self.records.enter(other.id, [Due(due_at=NOW)])

    def run(self, row: int, *, files: str | None = None, status: str = "succeeded") -> None:
        """Say that a row led to a run, with a file of which the content is there or not."""
        runs = RunRecords(self.database)
        run = runs.start(
            self.version,
            parameters={},
            trigger="schedule:1",
            author="me",
            started_at=NOW,
            process=HERE,
        )
        kept = [Artifact(name="page", media_type="x", object=files, size=1)] if files else []
        if status != "running":
            runs.finish(run, status=RunStatus(status), ended_at=NOW, artifacts=kept)
        self.change([row], run_id=run.id)

    def runs_of_others(self, schedules: int, *, each: int) -> None:
        """Runs of as many other schedules; which index is taken hangs on what a table holds."""
        row = {
            "pipeline_id": 1,
            "pipeline_version_id": self.version.id,
            "parameters": {},
            "status": RunStatus.SUCCEEDED,
            "author": "me",
            "started_at": NOW,
            "warnings": [],
            "host": "here",
            "process": 1,
        }
        rows = [
            {**row, "number": number, "trigger": f"schedule:{2 + number % schedules}"}
            for number in range(1, schedules * each + 1)
        ]
        with self.database.write() as connection:
            connection.execute(sa.insert(schema.runs), rows)
        with self.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")

    def horizon(self) -> datetime:
        """Up to when the due times of its schedule are in the ledger."""
        return self.records.horizons([self.schedule.id])[0][1]

    def left(self) -> set[int]:
        with self.database.read() as connection:
            mine = schema.fires.c.schedule_id == self.schedule.id
            return set(connection.execute(sa.select(schema.fires.c.id).where(mine)).scalars())

    def removed(self, old: OldRows | None = None) -> set[int]:
        """Remove what is old; which rows went."""
        before = self.left()
        old = old or OldRows(schedule_id=self.schedule.id, due_before=NOW, keep=1)
        counted = self.retention.count(old, NOW)
        assert self.retention.remove(old, NOW) == counted
        gone = before - self.left()
        assert len(gone) == counted
        return gone


@pytest.fixture
def ledger(open_catalog: Callable[..., Database]) -> Ledger:
    """A ledger in a real catalog of each kind."""
    return Ledger(open_catalog())


def test_what_is_old_by_age_and_by_number_goes(ledger: Ledger) -> None:
    rows = ledger.rows(9)
    ledger.newest()
    by_both = OldRows(schedule_id=ledger.schedule.id, due_before=NOW - 3.5 * DAY, keep=7)
    assert ledger.removed(by_both) == set(rows[:2])
    by_age = replace(by_both, keep=1)
    assert ledger.removed(by_age) == set(rows[2:6])
    by_number = replace(by_both, due_before=None, keep=2)
    assert ledger.removed(by_number) == {rows[6]}
    assert ledger.removed(replace(by_number, keep=9)) == set()


@dataclass(frozen=True)
class Needed:
    """What keeps a row that is old."""

    why: str
    values: dict[str, Any]


NEEDED = [
    Needed("it waits", {"status": FireStatus.DUE}),
    Needed("it runs", {"status": FireStatus.CLAIMED}),
    Needed("nobody was told", {"told_at": None}),
    Needed("it ended within a day", {"told_at": NOW - 0.9 * DAY}),
    Needed("its deadline has not passed", {"deadline_at": NOW + DAY}),
    Needed("nobody has looked at its deadline", {"deadline_at": NOW - 5 * DAY}),
    Needed("it may be told to be late", {"deadline_at": NOW - 0.5 * DAY, "late": True}),
]


@pytest.mark.parametrize("case", NEEDED, ids=lambda case: case.why)
def test_an_old_row_stays_while(case: Needed, ledger: Ledger) -> None:
    rows = ledger.rows(3)
    ledger.newest()
    ledger.change([rows[0]], **case.values)
    assert ledger.removed() == {rows[1]}


def test_a_row_goes_after_the_files_of_its_run(ledger: Ledger) -> None:
    rows = ledger.rows(5)
    ledger.newest()
    ledger.run(rows[0], files="ab" * 16)
    ledger.run(rows[1], files=RELEASED)
    ledger.run(rows[2], status="running")
    old = OldRows(schedule_id=ledger.schedule.id, due_before=NOW, keep=1)
    with ledger.database.read() as connection:
        first = connection.execute(sa.select(schema.runs.c.id)).scalars().first()
    assert ledger.retention.count(old, NOW, going=[first or 0]) == 3
    assert ledger.removed() == {rows[1], rows[3]}


def test_the_latest_time_of_the_clock_stays_behind_newer_rows(ledger: Ledger) -> None:
    """What is due next is sought behind it."""
    by_clock = ledger.rows(9)
    ledger.change(by_clock[3:], due_at=NOW)  # none of them is the newest by the clock
    with ledger.database.write() as connection:
        connection.execute(sa.delete(schema.fires).where(schema.fires.c.id.in_(by_clock[3:])))
    by_hand = ledger.rows(4, "hand")
    ledger.newest()
    horizon = ledger.horizon()
    assert ledger.removed() == {*by_clock[:2], *by_hand[:3]}
    assert ledger.horizon() == horizon


def test_no_number_is_given_twice(ledger: Ledger) -> None:
    """Notices are kept under the number of their row: with its number, another would be told."""
    rows = ledger.rows(3, "event")
    ledger.records.delete(ledger.schedule.id)
    everything = OldRows(schedule_id=ledger.schedule.id, due_before=NOW, keep=0)
    assert ledger.removed(everything) == set(rows[:2])
    ledger.newest()
    assert ledger.removed(everything) == {rows[2]}
    assert ledger.retention.deleted() == []


def test_what_a_job_was_called_goes_with_it_and_of_others_it_stays(ledger: Ledger) -> None:
    rows = ledger.rows(4, "hand")
    ledger.newest()
    jobs = JobRecords(ledger.database)
    for row in rows:
        jobs.label(ledger.schedule.id, row, Label(name="mine"), at=NOW)
    for row in rows[1:3]:
        jobs.remove(ledger.schedule.id, row, at=NOW)
    ledger.change([rows[2]], told_at=None)
    assert ledger.retention.put_away(NOW - 3.5 * DAY, NOW) == 0
    assert ledger.retention.put_away(NOW, NOW) == 1
    assert ledger.retention.remove_put_away(NOW, NOW) == 1
    assert ledger.left() == {rows[0], rows[2], rows[3]}
    assert ledger.removed() == {rows[0]}
    with ledger.database.read() as connection:
        called = set(connection.execute(sa.select(schema.job_labels.c.fire_id)).scalars())
    assert called == {rows[2], rows[3]}


def test_many_go_in_batches_and_few_wait_for_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_retention, "AT_ONCE", 4)
    ledger.rows(8)
    ledger.newest()
    old = OldRows(schedule_id=ledger.schedule.id, due_before=NOW, keep=1)
    assert ledger.retention.remove(old, NOW, at_least=8) == 0
    gone = [ledger.retention.remove(old, NOW, at_least=3) for _ in range(3)]
    assert gone == [4, 3, 0]


def test_looking_for_old_rows_reads_those_of_one_schedule(ledger: Ledger) -> None:
    """However long the ledger is: each table is asked by an index."""
    old = OldRows(schedule_id=1, due_before=NOW, keep=30)
    given = {**old.parameters(NOW), "batch": 500}
    one = ledger_retention._removable(by_age=True, by_number=True)
    for query in (one, ledger_retention._put_away()):
        plan = plan_of(ledger.database, query.params(given))
        assert any("ix_fires_" in step for step in plan)
        for step in plan:
            assert not re.search(r"(SCAN|Seq Scan on) (fires|runs|run_artifacts)", step)


def test_looking_for_old_runs_reads_those_of_one_schedule(ledger: Ledger) -> None:
    ledger.runs_of_others(40, each=25)
    asked: list[tuple[str, Any]] = []

    def ask(_c: Any, _u: Any, statement: str, given: Any, _x: Any, _m: Any) -> None:
        asked.append((statement, given))

    sa.event.listen(sa.Engine, "before_cursor_execute", ask)
    RunRetentionRecords(ledger.database).old(1, "schedule:1", keep=30, since=NOW)
    sa.event.remove(sa.Engine, "before_cursor_execute", ask)
    looked = [(statement, given) for statement, given in asked if "runs" in statement]
    assert looked
    for statement, given in looked:
        plan = plan_of_text(ledger.database, statement, given)
        assert any("ix_runs_trigger_" in step for step in plan), (statement, plan)
        assert not any(re.search(r"(SCAN|Seq Scan on) runs", step) for step in plan)


def plan_of_text(database: Database, text: str, given: Any) -> list[str]:
    """How the database would find what a statement with placeholders asks for."""
    with database.read() as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)
            return [row[3] for row in rows]
        # in a table that is nearly empty it would rather read all of it
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN (COSTS off) {text}", given)
        return [row[0].rstrip() for row in rows]


def plan_of(database: Database, query: sa.Select[Any]) -> list[str]:
    """How the database would find it."""
    with database.read() as connection:
        text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    return plan_of_text(database, text, ())
