"""Schedules and the ledger of their due times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Claim, Fire, FireStatus, MissedPolicy, Schedule
from nbmlops.domain.wire import plain
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

_NO_RULES = RunRules()
_OPEN = (FireStatus.DUE, FireStatus.CLAIMED)
_ACTIVE = sa.and_(schema.schedules.c.paused.is_(False), schema.schedules.c.deleted.is_(False))


class ScheduleRecords:
    """Keeps schedules, and decides which process may run a due time.

    A due time is one row under a unique key. Whoever claims it gets a token that grows with each
    claim; every later write asks for that token, so that a process which lost its lease cannot
    write any more. Due times of one schedule are claimed in order, one at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        version: PipelineVersion,
        *,
        cron: str,
        timezone: str,
        parameters: Mapping[str, Any],
        missed: MissedPolicy,
        author: str,
        created_at: datetime,
        rules: RunRules = _NO_RULES,
    ) -> Schedule:
        """Keep a schedule whose due times count from ``created_at`` on."""
        table = schema.schedules
        with self._database.write() as connection:
            schedule_id = connection.execute(
                sa.insert(table)
                .values(
                    pipeline_version_id=version.id,
                    cron=cron,
                    timezone=timezone,
                    parameters=plain(dict(parameters)),
                    missed=missed,
                    paused=False,
                    deleted=False,
                    author=author,
                    created_at=created_at,
                    rules=plain(rules.said),
                )
                .returning(table.c.id)
            ).scalar_one()
            return _schedules(connection, table.c.id == schedule_id)[0]

    def all(self) -> list[Schedule]:
        """Every schedule that is not deleted, oldest first."""
        with self._database.read() as connection:
            return _schedules(connection, schema.schedules.c.deleted.is_(False))

    def get(self, schedule_id: int) -> Schedule | None:
        """The schedule with that id; ``None`` where there is none or it is deleted."""
        table = schema.schedules
        with self._database.read() as connection:
            condition = (table.c.id == schedule_id) & table.c.deleted.is_(False)
            found = _schedules(connection, condition)
        return found[0] if found else None

    def pause(self, schedule_id: int, reason: str) -> None:
        """Stop a schedule; what is due and has not begun is skipped with the reason."""
        with self._database.write() as connection:
            _change(connection, schedule_id, paused=True, pause_reason=reason)
            _skip_due(connection, schedule_id, f"The schedule was paused: {reason}")

    def resume(self, schedule_id: int, at: datetime) -> None:
        """Let a schedule go on; due times that passed while it was paused do not count."""
        with self._database.write() as connection:
            _change(connection, schedule_id, paused=False, pause_reason=None, resumed_at=at)

    def delete(self, schedule_id: int) -> None:
        """Stop a schedule for good; its ledger stays."""
        with self._database.write() as connection:
            _change(connection, schedule_id, deleted=True)
            _skip_due(connection, schedule_id, "The schedule was deleted.")

    def horizons(self) -> list[tuple[Schedule, datetime]]:
        """Each active schedule, with the moment up to which its due times are in the ledger."""
        last_due = (
            sa.select(sa.func.max(schema.fires.c.due_at))
            .where(schema.fires.c.schedule_id == schema.schedules.c.id)
            .scalar_subquery()
        )
        query = _selection(last_due.label("last_due")).where(_ACTIVE)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            (
                _schedule(row),
                max(row[name] or row["created_at"] for name in ("resumed_at", "last_due")),
            )
            for row in rows
        ]

    def open_fires(
        self,
        schedule_id: int,
        due_times: Iterable[datetime],
        *,
        status: FireStatus = FireStatus.DUE,
        note: str | None = None,
    ) -> list[Fire]:
        """Write due times into the ledger, unless the schedule has stopped meanwhile.

        Returns:
            The rows that this call made; a due time that is there already stays as it is.
        """
        rows = [
            {
                "schedule_id": schedule_id,
                "due_at": due_at,
                "status": status,
                "attempts": 0,
                "token": 0,
                "note": note,
            }
            for due_at in due_times
        ]
        table = schema.fires
        active = sa.select(schema.schedules.c.id).where(
            schema.schedules.c.id == schedule_id, _ACTIVE
        )
        with self._database.write() as connection:
            if not rows or connection.execute(active).first() is None:
                return []
            statement = upsert(table).on_conflict_do_nothing().returning(table)
            made = connection.execute(statement, rows).mappings().all()
        return sorted((_fire(row) for row in made), key=lambda fire: fire.due_at)

    def claimable(self, now: datetime) -> list[Fire]:
        """What may be claimed, earliest first: the first open due time of each schedule."""
        table = schema.fires
        query = sa.select(table).where(_claimable(now)).order_by(table.c.due_at, table.c.id)
        with self._database.read() as connection:
            return [_fire(row) for row in connection.execute(query).mappings()]

    def claim(self, fire: Fire, *, owner: str, lease_until: datetime, now: datetime) -> int | None:
        """Take a due time, or one whose lease has ended.

        Returns:
            The fencing token; ``None`` where another process has it, or where an earlier due
            time of the same schedule has not ended.
        """
        table = schema.fires
        statement = (
            sa.update(table)
            .where(table.c.id == fire.id, _claimable(now))
            .values(
                status=FireStatus.CLAIMED,
                token=table.c.token + 1,
                attempts=table.c.attempts + 1,
                owner=owner,
                lease_until=lease_until,
            )
            .returning(table.c.token)
        )
        with self._database.write(durable=False) as connection:
            return connection.execute(statement).scalar()

    def claimed(self, fire_id: int, token: int) -> Claim | None:
        """The claim behind a token; ``None`` where the token is stale."""
        with self._database.read() as connection:
            row = (
                connection.execute(sa.select(schema.fires).where(_held(fire_id, token)))
                .mappings()
                .first()
            )
            if row is None:
                return None
            schedule = _schedules(connection, schema.schedules.c.id == row["schedule_id"])[0]
        return Claim(fire=_fire(row), schedule=schedule, token=token)

    def renew(self, fire_id: int, token: int, lease_until: datetime) -> bool:
        """Lengthen a lease; ``False`` where the token is stale."""
        return self._write(fire_id, token, durable=False, lease_until=lease_until)

    def attach_run(self, fire_id: int, token: int, run_id: int) -> bool:
        """Say which run a due time has led to; ``False`` where the token is stale."""
        return self._write(fire_id, token, durable=False, run_id=run_id)

    def finish(
        self,
        fire_id: int,
        token: int,
        status: FireStatus,
        note: str | None = None,
        *,
        tried: bool = True,
    ) -> bool:
        """Write how a due time ended; ``False`` where the token is stale.

        Args:
            fire_id: the due time.
            token: what its claim gave.
            status: how it ended.
            note: why, in one sentence.
            tried: whether the claim led to an attempt; one that did not is not counted.
        """
        values: dict[str, Any] = {"status": status, "note": note, "lease_until": None}
        if not tried:
            values["attempts"] = schema.fires.c.attempts - 1
        return self._write(fire_id, token, **values)

    def retry(self, fire_id: int, token: int, at: datetime, note: str) -> bool:
        """Let a due time be claimed again from a moment on; ``False`` where the token is stale.

        The claim lasts until then, so that no other scheduler is earlier and the later due
        times of the schedule wait.

        Args:
            fire_id: the due time.
            token: what its claim gave.
            at: the end of the lease.
            note: how the attempt ended, in one sentence.
        """
        return self._write(fire_id, token, lease_until=at, note=note)

    def release(self, fire_id: int, token: int) -> bool:
        """Give a due time back untried; ``False`` where the token is stale."""
        return self._write(
            fire_id,
            token,
            status=FireStatus.DUE,
            attempts=schema.fires.c.attempts - 1,
            lease_until=None,
        )

    def fire(self, fire_id: int) -> Fire | None:
        """One row of the ledger."""
        query = sa.select(schema.fires).where(schema.fires.c.id == fire_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _fire(row)

    def fires(self, schedule_id: int, *, limit: int = 50) -> list[Fire]:
        """The ledger of a schedule, newest due time first."""
        table = schema.fires
        query = sa.select(table).where(table.c.schedule_id == schedule_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.due_at.desc()).limit(limit))
            return [_fire(row) for row in rows.mappings()]

    def next_lease_end(self) -> datetime | None:
        """When the first of the running claims ends, unless it is renewed."""
        table = schema.fires
        query = sa.select(sa.func.min(table.c.lease_until))
        with self._database.read() as connection:
            return connection.execute(query.where(table.c.status == FireStatus.CLAIMED)).scalar()

    def _write(self, fire_id: int, token: int, *, durable: bool = True, **values: Any) -> bool:
        statement = sa.update(schema.fires).where(_held(fire_id, token)).values(**values)
        with self._database.write(durable=durable) as connection:
            return connection.execute(statement).rowcount == 1


def _held(fire_id: int, token: int) -> sa.ColumnElement[bool]:
    table = schema.fires
    return sa.and_(
        table.c.id == fire_id, table.c.token == token, table.c.status == FireStatus.CLAIMED
    )


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    table, earlier = schema.fires, schema.fires.alias("earlier")
    waits = sa.exists().where(
        earlier.c.schedule_id == table.c.schedule_id,
        earlier.c.due_at < table.c.due_at,
        earlier.c.status.in_(_OPEN),
    )
    lapsed = (table.c.status == FireStatus.CLAIMED) & (table.c.lease_until <= now)
    return sa.and_(sa.or_(table.c.status == FireStatus.DUE, lapsed), ~waits)


def _change(connection: sa.Connection, schedule_id: int, **values: Any) -> None:
    table = schema.schedules
    connection.execute(sa.update(table).where(table.c.id == schedule_id).values(**values))


def _skip_due(connection: sa.Connection, schedule_id: int, note: str) -> None:
    table = schema.fires
    connection.execute(
        sa.update(table)
        .where(table.c.schedule_id == schedule_id, table.c.status == FireStatus.DUE)
        .values(status=FireStatus.SKIPPED, note=note)
    )


def _schedules(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Schedule]:
    rows = connection.execute(_selection().where(condition)).mappings()
    return [_schedule(row) for row in rows]


def _selection(*further: sa.ColumnElement[Any]) -> sa.Select[Any]:
    table, versions, pipelines = schema.schedules, schema.pipeline_versions, schema.pipelines
    columns = pipelines.c.name.label("pipeline"), versions.c.number.label("version")
    return (
        sa.select(table, *columns, *further)
        .join(versions, versions.c.id == table.c.pipeline_version_id)
        .join(pipelines, pipelines.c.id == versions.c.pipeline_id)
        .order_by(table.c.id)
    )


def _schedule(row: sa.RowMapping) -> Schedule:
    return Schedule(
        id=row["id"],
        pipeline=row["pipeline"],
        version=row["version"],
        version_id=row["pipeline_version_id"],
        cron=row["cron"],
        timezone=row["timezone"],
        parameters=row["parameters"],
        missed=row["missed"],
        paused=row["paused"],
        pause_reason=row["pause_reason"],
        author=row["author"],
        created_at=row["created_at"],
        rules=RunRules(**(row["rules"] or {})),
    )


def _fire(row: sa.RowMapping) -> Fire:
    return Fire(
        id=row["id"],
        schedule_id=row["schedule_id"],
        due_at=row["due_at"],
        status=FireStatus(row["status"]),
        attempts=row["attempts"],
        token=row["token"],
        owner=row["owner"],
        lease_until=row["lease_until"],
        run_id=row["run_id"],
        note=row["note"],
    )
