"""Schedules and rows of the ledger: from what the catalog keeps, and into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import cache
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.clock import to_the_minute
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
    blocked = {} if forced else _overlapped(connection, [schedule])
    return _insert(connection, [_row(schedule, due, blocked.get(schedule.id)) for due in dues])


def enter_many(connection: sa.Connection, dues: Sequence[tuple[Schedule, Due]]) -> list[Fire]:
    """As `enter_within`, for several schedules, of which those are left out that have stopped."""
    schedules = {schedule.id: schedule for schedule, _ in dues}
    table = schema.schedules
    active = set(
        connection.execute(sa.select(table.c.id).where(table.c.id.in_(schedules), ACTIVE)).scalars()
    )
    blocked = _overlapped(connection, schedules.values())
    rows = [
        _row(schedule, due, blocked.get(schedule.id))
        for schedule, due in dues
        if schedule.id in active
    ]
    return _insert(connection, rows) if rows else []


def _insert(connection: sa.Connection, rows: list[dict[str, Any]]) -> list[Fire]:
    statement = insert_new(schema.fires).returning(schema.fires)
    return [fire_of(row) for row in connection.execute(statement, rows).mappings()]


def _overlapped(connection: sa.Connection, schedules: Iterable[Schedule]) -> dict[int, str]:
    """Why what is due now is passed over, by the ids of the schedules where it is."""
    asked = [one.id for one in schedules if one.policies.overlap == "skip"]
    if not asked:
        return {}
    table = schema.fires
    earliest = (
        sa.select(table.c.schedule_id, sa.func.min(table.c.due_at).label("due_at"))
        .where(table.c.schedule_id.in_(asked), table.c.status.in_(_OPEN))
        .group_by(table.c.schedule_id)
    )
    return {
        row.schedule_id: f"Passed over: that of {to_the_minute(row.due_at)} UTC had not ended."
        for row in connection.execute(earliest)
    }


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


@cache
def one_schedule() -> sa.Select[Any]:
    """The schedule whose id is given as ``schedule``, also one that is deleted."""
    return selection().where(schema.schedules.c.id == sa.bindparam("schedule"))


@cache
def one_fire() -> sa.Select[Any]:
    """The row of the ledger whose id is given as ``fire``."""
    return sa.select(schema.fires).where(schema.fires.c.id == sa.bindparam("fire"))


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
