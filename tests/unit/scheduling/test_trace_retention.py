"""What due times and runs leave behind goes when nothing needs it any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.trace_retention import TraceRetentionRecords, Traces

if TYPE_CHECKING:
    from conftest import Catalog

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Past:
    """Four runs of a schedule, one an hour; each has executed the same cell, as execution 1 to 4.

    The last of them is the newest, and the newest that succeeded.
    """

    catalog: Catalog

    def __post_init__(self) -> None:
        self.schedule = self.catalog.schedule()
        for _ in range(4):
            run = self.catalog.start_run(self.schedule)
            self.catalog.now += HOUR
            self.catalog.runs.finish(run, status=RunStatus.SUCCEEDED, ended_at=self.catalog.now)
            self.execute(run.id)

    def execute(self, run_id: int | None, **more: Any) -> None:
        values = {
            "run_id": run_id, "notebook": "a.ipynb", "source": "x = 1", "digest": "d",
            "session": f"s{run_id}", "started_at": self.catalog.now, "duration": 1.0,
            "status": "ok", "deleted": [], "inputs_complete": True, "parameters": {},
            "author": "me",
        }  # fmt: skip
        self.add(schema.executions, **{**values, **more})

    def add(self, table: sa.Table, **values: Any) -> None:
        with self.catalog.database.write() as connection:
            connection.execute(sa.insert(table).values(**values))

    def change(self, run_id: int, **values: Any) -> None:
        table = schema.runs
        with self.catalog.database.write() as connection:
            connection.execute(sa.update(table).where(table.c.id == run_id).values(**values))

    def write_file(self, execution_id: int, mode: str) -> None:
        self.add(
            schema.execution_files, execution_id=execution_id, path="model.bin", mode=mode,
            digest="ab", size=1, known_by="seen",
        )  # fmt: skip


def _verified(past: Past) -> None:
    past.add(
        schema.verifications, execution_id=1, verdict="equal", reason="", outputs="[]",
        author="me", verified_at=past.catalog.now,
    )  # fmt: skip


def _read_by_another(past: Past) -> None:
    past.write_file(1, "write")
    past.write_file(4, "read")


def _read_by_itself(past: Past) -> None:
    past.write_file(1, "write")
    past.write_file(1, "read")


def _still_due(past: Past) -> None:
    (fire, *_) = past.catalog.open(past.schedule, 0)
    table = schema.fires
    with past.catalog.database.write() as connection:
        connection.execute(sa.update(table).where(table.c.id == fire.id).values(run_id=1))


def _has_files(past: Past) -> None:
    past.add(
        schema.run_artifacts, run_id=1, name="page", media_type="text/html", object="ab", size=1
    )


@dataclass(frozen=True)
class Case:
    name: str
    happens: Callable[[Past], object]
    gone: tuple[int, ...] = (2, 3)


CASES = (
    Case("nothing", str, gone=(1, 2, 3)),
    Case("a file that it alone has read", _read_by_itself, gone=(1, 2, 3)),
    Case("verified", _verified),
    Case("taken by another run", lambda past: past.add(
        schema.run_reuses, run_id=4, execution_id=1)),
    Case("read by another run", _read_by_another),
    Case("gone back to", lambda past: past.execute(None, travelled_to=1)),
    Case("gone on with", lambda past: past.change(4, goes_on_with=1)),
    Case("its due time is there", _still_due),
    Case("its files are there", _has_files),
    Case("somebody started it", lambda past: past.change(1, trigger="manual")),
    Case("the only one of its code", lambda past: past.execute(1, digest="other")),
    Case("not long ago", lambda past: past.change(1, ended_at=past.catalog.now + DAY)),
    Case("it runs", lambda past: past.change(1, status=RunStatus.RUNNING)),
    Case("of a version of its own", lambda past: past.change(
        1, pipeline_version_id=past.catalog.build("d2").id)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run_is_forgotten_unless_something_needs_it(case: Case, catalog: Catalog) -> None:
    past = Past(catalog)
    case.happens(past)
    records, since = TraceRetentionRecords(catalog.database), catalog.now + HOUR
    found = records.old_runs(since)
    assert tuple(run.id for run in found) == case.gone
    assert records.forget(found, since) == found
    with catalog.database.read() as connection:
        left = set(connection.execute(sa.select(schema.runs.c.id)).scalars())
    assert left == {1, 2, 3, 4} - set(case.gone)
    assert catalog.database.problems() == []
    assert records.old_runs(since) == []


def test_a_result_that_is_taken_while_its_run_is_forgotten_is_not_written_down(
    catalog: Catalog,
) -> None:
    Past(catalog)
    reuses = ReuseRecords(catalog.database)
    reuses.take(4, [3, 999])
    assert reuses.taken(4) == [3]


def test_calls_and_notices_go_after_their_due_times(catalog: Catalog) -> None:
    """But for what still waits to be sent, and the latest of a channel."""
    mine, other = catalog.schedule(), catalog.schedule()
    records, long_ago = TraceRetentionRecords(catalog.database), catalog.now - 9 * DAY
    (fire, *_) = catalog.open(mine, 0)
    claim = catalog.claim(mine)
    catalog.schedules.finish(claim.fire.id, claim.token, FireStatus.SUCCEEDED)
    for key, status in (
        ("ended:900", "sent"), ("late:901", "waiting"), (f"ended:{fire.id}", "sent"),
        ("paused:1:x", "sent"), ("ended:902", "sent"),
    ):  # fmt: skip
        _tell(catalog, key, status, long_ago)
    for schedule_id, called_at in (
        (mine.id, long_ago), (mine.id, catalog.now), (other.id, long_ago)
    ):  # fmt: skip
        with catalog.database.write() as connection:
            connection.execute(sa.insert(schema.trigger_calls).values(
                schedule_id=schedule_id, key=f"{called_at}", called_at=called_at
            ))  # fmt: skip
    assert records.count_traces([mine.id], catalog.now) == Traces(notices=1, calls=1)
    assert records.remove_traces([mine.id], catalog.now) == Traces(notices=1, calls=1)
    assert records.remove_traces([mine.id], catalog.now) == Traces(notices=0, calls=0)
    with catalog.database.read() as connection:
        keys = set(connection.execute(sa.select(schema.notices.c.key)).scalars())
    assert keys == {"late:901", f"ended:{fire.id}", "paused:1:x", "ended:902"}


def _tell(catalog: Catalog, key: str, status: str, at: datetime) -> None:
    with catalog.database.write() as connection:
        made = connection.execute(
            sa.insert(schema.notices).values(key=key, content="{}", at=at)
        ).inserted_primary_key
        connection.execute(sa.insert(schema.deliveries).values(
            notice_id=made[0], channel="hook", status=status, attempts=1, next_at=at
        ))  # fmt: skip
