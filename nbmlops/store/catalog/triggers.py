"""How far the events of schedules have been followed, and the fires that came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Due, Fire, Schedule
from nbmlops.domain.triggers import Event, Progress
from nbmlops.domain.wire import plain, structured
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.schedule_rows import ACTIVE, enter_within, schedules_where

_TABLE = schema.trigger_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A schedule that events make fire, with how far they have been followed."""

    schedule: Schedule
    revision: int
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Callable:
    """A schedule that waits for calls, with the digest of its token."""

    schedule: Schedule
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """That a run has ended, and how."""

    run_id: int
    number: int
    status: RunStatus
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """That a version of a data set was made, and when."""

    number: int
    at: datetime


class TriggerRecords:
    """Keeps the progress of events, and writes it together with the fires that it led to.

    Progress is written only over the revision that it was made from. So of several schedulers
    that notice the same event one writes it; and where one dies between noticing and writing,
    the event is noticed again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def watched(self) -> list[Watched]:
        """Each active schedule that events make fire."""
        query = (
            sa.select(_TABLE)
            .join(schema.schedules, schema.schedules.c.id == _TABLE.c.schedule_id)
            .where(ACTIVE)
        )
        with self._database.read() as connection:
            rows = {row["schedule_id"]: row for row in connection.execute(query).mappings()}
            if not rows:
                return []
            schedules = schedules_where(connection, schema.schedules.c.id.in_(list(rows)))
        return [
            Watched(
                schedule=schedule,
                revision=rows[schedule.id]["revision"],
                progress=structured(rows[schedule.id]["progress"], Progress),
            )
            for schedule in schedules
        ]

    def advance(
        self, watched: Watched, progress: Progress, dues: Sequence[Due]
    ) -> list[Fire] | None:
        """Write progress, and what has become due by it.

        Returns:
            The new rows of the ledger; ``None`` where the schedule has stopped meanwhile, or
            somebody else has written.
        """
        with self._database.write() as connection:
            if not _replace(connection, watched.schedule.id, watched.revision, progress):
                return None
            return enter_within(connection, watched.schedule, dues) if dues else []

    def keep_token(self, schedule_id: int, digest: str) -> None:
        """Keep the digest of the token with which a schedule is called from now on."""
        table = schema.schedules
        with self._database.write() as connection:
            statement = sa.update(table).where(table.c.id == schedule_id)
            connection.execute(statement.values(call_token=digest))

    def callable(self, schedule_id: int) -> Callable | None:
        """A schedule that has a token and is not deleted."""
        table = schema.schedules
        mine = sa.and_(table.c.id == schedule_id, table.c.deleted.is_(False))
        with self._database.read() as connection:
            token = connection.execute(sa.select(table.c.call_token).where(mine)).scalar()
            if token is None:
                return None
            return Callable(schedule=schedules_where(connection, mine)[0], token=token)

    def call(self, schedule_id: int, event: Event) -> bool:
        """Take in an event that somebody tells of, unless its key has been told before.

        Returns:
            Whether it is new.

        Raises:
            LookupError: the schedule is paused, deleted, or never waits for events.
        """
        calls = schema.trigger_calls
        known = sa.select(calls.c.id).where(
            calls.c.schedule_id == schedule_id, calls.c.key == event.key
        )
        query = (
            sa.select(_TABLE)
            .join(schema.schedules, schema.schedules.c.id == _TABLE.c.schedule_id)
            .where(_TABLE.c.schedule_id == schedule_id, ACTIVE)
        )
        with self._database.write() as connection:
            if connection.execute(known).first() is not None:
                return False
            row = connection.execute(query).mappings().first()
            if row is None:
                raise LookupError(schedule_id)
            progress = structured(row["progress"], Progress)
            later = replace(progress, waiting=(*progress.waiting, event))
            _replace(connection, schedule_id, row["revision"], later)
            values = {"schedule_id": schedule_id, "key": event.key, "called_at": event.at}
            connection.execute(sa.insert(calls).values(values))
        return True

    def pinned(self, dataset: str, *, after: int) -> list[Pin]:
        """The versions of a data set with a higher number, oldest first."""
        versions, sets = schema.dataset_versions.c, schema.datasets.c
        query = (
            sa.select(versions.number, versions.created_at)
            .join_from(schema.datasets, schema.dataset_versions)
            .where(sets.name == dataset, versions.number > after)
            .order_by(versions.number)
        )
        with self._database.read() as connection:
            rows = connection.execute(query)
            return [Pin(number=row.number, at=row.created_at) for row in rows]

    def last_pinned(self, dataset: str) -> int | None:
        """The highest number that a version of a data set has got; ``None`` where none is known."""
        sets = schema.datasets.c
        with self._database.read() as connection:
            return connection.execute(sa.select(sets.last).where(sets.name == dataset)).scalar()

    def ends(
        self, pipeline: str, *, after: int | None, still_open: Sequence[int]
    ) -> tuple[list[RunEnd], dict[str, Any]]:
        """The runs of a pipeline that have ended, in the order in which they did.

        Those of a part of it are none.

        Args:
            pipeline: its name.
            after: the number of the newest run that was seen before; ``None`` finds no ends.
            still_open: the numbers of those that were running then.

        Returns:
            The ends, and where the next call goes on: ``{"seen": …, "open": […]}``.
        """
        table = schema.runs
        mine = (
            sa.select(schema.pipelines.c.id)
            .where(schema.pipelines.c.name == pipeline)
            .scalar_subquery()
        )
        fresh = table.c.number > (after or 0)
        if after is None:
            fresh = table.c.status == RunStatus.RUNNING
        wanted = sa.or_(fresh, table.c.number.in_(still_open))
        query = sa.select(table).where(table.c.pipeline_id == mine, wanted)
        newest = sa.select(sa.func.max(table.c.number)).where(table.c.pipeline_id == mine)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            seen = connection.execute(newest).scalar() or 0
        ends = [
            RunEnd(
                run_id=row["id"],
                number=row["number"],
                status=RunStatus(row["status"]),
                ended_at=row["ended_at"],
            )
            for row in rows
            if row["ended_at"] is not None and RunRules.kept(row["rules"]).only is None
        ]
        still = sorted(row["number"] for row in rows if row["ended_at"] is None)
        return (
            sorted(ends, key=lambda end: (end.ended_at, end.number)),
            {"seen": seen, "open": still},
        )


def _replace(
    connection: sa.Connection, schedule_id: int, revision: int, progress: Progress
) -> bool:
    active = sa.exists().where(schema.schedules.c.id == schedule_id, ACTIVE)
    changed = connection.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.schedule_id == schedule_id, _TABLE.c.revision == revision, active)
        .values(revision=revision + 1, progress=plain(progress))
    )
    return changed.rowcount == 1
