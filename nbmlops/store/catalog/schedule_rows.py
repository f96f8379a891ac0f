"""Schedules and rows of the ledger: from what the catalog keeps, and into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Due, Fire, FireStatus, Policies, Schedule
from nbmlops.domain.wire import plain
from nbmlops.store.catalog import schema, trigger_rows
from nbmlops.store.catalog.upsert import insert_new

POLICY_COLUMNS = ("at_once", "max_active", "pool")
"""The policies that claims ask for, which have columns of their own."""

ACTIVE = sa.and_(schema.schedules.c.paused.is_(False), schema.schedules.c.deleted.is_(False))

_OPEN = (FireStatus.DUE, FireStatus.CLAIMED)


def enter_within(
    connection: sa.Connection, schedule: Schedule, dues: Sequence[Due], *, forced: bool = False
) -> list[Fire]:
    """Write rows into the ledger, inside the caller's transaction; see `ScheduleRecords.enter`."""
    blocked = None if forced else _overlapped(connection, schedule)
    statement = insert_new(schema.fires).returning(schema.fires)
    rows = [_row(schedule, due, blocked) for due in dues]
    return [fire_of(row) for row in connection.execute(statement, rows).mappings()]


def _overlapped(connection: sa.Connection, schedule: Schedule) -> str | None:
    """Why what is due now is passed over; ``None`` where it is not."""
    if schedule.policies.overlap != "skip":
        return None
    table = schema.fires
    earlier = sa.select(table.c.due_at).where(
        table.c.schedule_id == schedule.id, table.c.status.in_(_OPEN)
    )
    due_at = connection.execute(earlier.order_by(table.c.due_at).limit(1)).scalar()
    return due_at and f"Passed over: that of {due_at:%Y-%m-%d %H:%M} UTC had not ended."


def _row(schedule: Schedule, due: Due, blocked: str | None) -> dict[str, Any]:
    skipped = blocked is not None and due.status is FireStatus.DUE
    return {
        "schedule_id": schedule.id,
        "key": due.key or f"{due.due_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
        "source": due.source,
        "due_at": due.due_at,
        "interval_start": due.interval_start,
        "parameters": plain(due.parameters) or None,
        "rank": -schedule.policies.priority,
        "queued_at": due.queued_at or due.due_at,
        "deadline_at": due.deadline_at,
        "status": FireStatus.SKIPPED if skipped else due.status,
        "attempts": 0,
        "token": 0,
        "note": blocked if skipped else due.note,
        "cause": due.cause,
        "files": list(due.files) or None,
    }


def schedules_where(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Schedule]:
    """The schedules that satisfy a condition, oldest first."""
    rows = connection.execute(selection().where(condition)).mappings()
    return [schedule_of(row) for row in rows]


def selection(*further: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Schedules with the names of what they run, oldest first."""
    table, versions, pipelines = schema.schedules, schema.pipeline_versions, schema.pipelines
    columns = pipelines.c.name.label("pipeline"), versions.c.number.label("version")
    return (
        sa.select(table, *columns, *further)
        .join(versions, versions.c.id == table.c.pipeline_version_id)
        .join(pipelines, pipelines.c.id == versions.c.pipeline_id)
        .order_by(table.c.id)
    )


def schedule_of(row: sa.RowMapping) -> Schedule:
    """The schedule of a row of `selection`."""
    return Schedule(
        id=row["id"],
        pipeline=row["pipeline"],
        version=row["version"],
        version_id=row["pipeline_version_id"],
        cron=row["cron"],
        trigger=trigger_rows.trigger_of_row(row),
        timezone=row["timezone"],
        parameters=row["parameters"],
        missed=row["missed"],
        paused=row["paused"],
        pause_reason=row["pause_reason"],
        author=row["author"],
        created_at=row["created_at"],
        rules=RunRules.kept(row["rules"]),
        policies=Policies(
            **{name: row[name] for name in POLICY_COLUMNS}, **(row["policies"] or {})
        ),
        backfill=row["backfill"],
    )


def _policies(row: sa.RowMapping) -> Policies:
    columns = {name: row[name] for name in POLICY_COLUMNS}
    return Policies(**columns, **(row["policies"] or {}))


def fire_of(row: sa.RowMapping) -> Fire:
    """The row of the ledger."""
    return Fire(
        id=row["id"],
        schedule_id=row["schedule_id"],
        due_at=row["due_at"],
        status=FireStatus(row["status"]),
        key=row["key"],
        source=row["source"],
        interval_start=row["interval_start"],
        parameters=row["parameters"] or {},
        deadline_at=row["deadline_at"],
        late=row["late"],
        attempts=row["attempts"],
        token=row["token"],
        owner=row["owner"],
        lease_until=row["lease_until"],
        run_id=row["run_id"],
        note=row["note"],
        cause=row["cause"],
        files=tuple(row["files"] or ()),
    )
