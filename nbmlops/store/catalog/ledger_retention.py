"""Removing rows of the ledger that nothing needs any more.

Each query is built once, for that takes longer than the statement itself; what it asks for are its
parameters.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.column_types import UtcDateTime
from nbmlops.store.catalog.references import RELEASED

AT_ONCE = 500
"""Rows that one transaction removes, so that no scheduler waits long for it."""

SETTLED = timedelta(days=1)
"""A row stays for so long after it has ended: its scheduler, and a notice, may still ask for it."""

_FIRES = schema.fires
_LABELS = schema.job_labels
_SCHEDULES = schema.schedules
_RUNS = schema.runs
_FILES = schema.run_artifacts
_ENDED = (FireStatus.SUCCEEDED, FireStatus.FAILED, FireStatus.SKIPPED)

_SCHEDULE = sa.bindparam("schedule", type_=sa.Integer)
_DUE_BEFORE = sa.bindparam("due_before", type_=UtcDateTime)
_BATCH = sa.bindparam("batch", type_=sa.Integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRows:
    """Which rows have become old.

    Attributes:
        schedule_id: whose rows.
        due_before: those that were due before it; ``None`` where their age says nothing.
        keep: how many of the newest stay; of a schedule that can fire, one at least.
    """

    schedule_id: int
    due_before: datetime | None
    keep: int

    def parameters(self, now: datetime) -> dict[str, Any]:
        """What the queries for them are asked with."""
        found: dict[str, Any] = {"schedule": self.schedule_id, "settled": now - SETTLED}
        if self.due_before is not None:
            found["due_before"] = self.due_before
        if self.keep:
            found["behind"] = self.keep - 1
        return found


class LedgerRetentionRecords:
    """Finds rows of the ledger that are old, and removes those that nobody needs.

    Whatever is old, a row stays

    - until it has ended, people have been told, its deadline was looked at, and a day has passed;
    - while the files of its run are kept, or its run goes on;
    - where it is the latest due time of its schedule's clock, behind which the next one is sought;
    - where it is the newest row of all: SQLite would give its number to another row, whose
      notices would then count as sent.

    Rows of a backfill stay for as long as it does, for they say what has been run; so do jobs
    that somebody asked for, until they are put away.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def deleted(self) -> list[int]:
        """The deleted schedules and backfills that still have rows."""
        has_rows = sa.exists().where(_FIRES.c.schedule_id == _SCHEDULES.c.id)
        query = sa.select(_SCHEDULES.c.id).where(_SCHEDULES.c.deleted.is_(True), has_rows)
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(_SCHEDULES.c.id)).scalars())

    def count(self, old: OldRows, now: datetime, *, going: Collection[int] = ()) -> int:
        """How many rows would go, if the files of the runs ``going`` had gone before."""
        query = _counted(by_age=old.due_before is not None, by_number=bool(old.keep))
        with self._database.read() as connection:
            found = connection.execute(query, old.parameters(now))
            return sum(not row.kept or row.run_id in going for row in found)

    def remove(self, old: OldRows, now: datetime, *, at_least: int = 1) -> int:
        """Remove a batch of old rows, with what jobs were called.

        Args:
            old: which rows.
            now: the present.
            at_least: where there are fewer, they are left until there are so many.

        Returns:
            How many went; `AT_ONCE` where there may be more.
        """
        query = _removable(by_age=old.due_before is not None, by_number=bool(old.keep))
        return self._remove(query, old.parameters(now), at_least)

    def put_away(self, since: datetime, now: datetime) -> int:
        """How many jobs `remove_put_away` would remove."""
        query = sa.select(sa.func.count()).select_from(_put_away().limit(None).subquery())
        given = {"due_before": since, "settled": now - SETTLED}
        with self._database.read() as connection:
            return int(connection.execute(query, given).scalar_one())

    def remove_put_away(self, since: datetime, now: datetime) -> int:
        """Remove a batch of the jobs that somebody put away, and that were due before ``since``.

        Returns:
            As `remove`.
        """
        given = {"due_before": since, "settled": now - SETTLED}
        return self._remove(_put_away(), given, at_least=1)

    def _remove(self, query: sa.Select[Any], given: dict[str, Any], at_least: int) -> int:
        """Remove the first rows of a query; asked again, with nobody else writing."""
        with self._database.read() as connection:  # most find none, and wait for nobody
            found = connection.execute(query, {**given, "batch": at_least}).all()
        if len(found) < at_least:
            return 0
        with self._database.write(durable=False) as connection:
            ids = list(connection.execute(query, {**given, "batch": AT_ONCE}).scalars())
            if ids:
                connection.execute(sa.delete(_LABELS).where(_LABELS.c.fire_id.in_(ids)))
                connection.execute(sa.delete(_FIRES).where(_FIRES.c.id.in_(ids)))
        return len(ids)


@cache
def _counted(*, by_age: bool, by_number: bool) -> sa.Select[Any]:
    """The runs of rows that are old, and whether their files are kept."""
    old = _old(by_age=by_age, by_number=by_number)
    return sa.select(_FIRES.c.run_id, _has_files().label("kept")).where(old)


@cache
def _removable(*, by_age: bool, by_number: bool) -> sa.Select[Any]:
    """The ids of old rows that nobody needs, those first that were due first."""
    old = _old(by_age=by_age, by_number=by_number)
    query = sa.select(_FIRES.c.id).where(old, sa.not_(_has_files()))
    return query.order_by(_FIRES.c.due_at).limit(_BATCH)


@cache
def _put_away() -> sa.Select[Any]:
    """The ids of jobs that were put away, and that nobody needs."""
    removed = sa.select(_LABELS.c.fire_id).where(_LABELS.c.removed.is_(True))
    return (
        sa.select(_FIRES.c.id)
        .where(_FIRES.c.id.in_(removed), _FIRES.c.due_at < _DUE_BEFORE)
        .where(_settled(), sa.not_(_has_files()), _is_not_last())
        .limit(_BATCH)
    )


def _old(*, by_age: bool, by_number: bool) -> sa.ColumnElement[bool]:
    """Whether a row is old and settled, and not where a clock goes on."""
    found = [_FIRES.c.schedule_id == _SCHEDULE, _settled()]
    if by_age:
        found.append(_FIRES.c.due_at < _DUE_BEFORE)
    if by_number:
        found += [_FIRES.c.due_at < _oldest_kept(), _is_not_last()]
    return sa.and_(*found)


def _oldest_kept() -> sa.ScalarSelect[datetime]:
    """When the last of the newest rows that stay was due; null where all of them stay."""
    newer = _FIRES.alias("newer")
    mine = sa.select(newer.c.due_at).where(newer.c.schedule_id == _SCHEDULE)
    behind = sa.bindparam("behind", type_=sa.Integer)
    return mine.order_by(newer.c.due_at.desc()).offset(behind).limit(1).scalar_subquery()


def _settled() -> sa.ColumnElement[bool]:
    """Whether a row has ended for good, and nobody has to be told of it any more."""
    since = sa.bindparam("settled", type_=UtcDateTime)
    running = sa.exists().where(_RUNS.c.id == _FIRES.c.run_id, _RUNS.c.status == RunStatus.RUNNING)
    newest = _FIRES.alias("newest")
    last = sa.select(sa.func.max(newest.c.id)).scalar_subquery()
    looked_at = sa.and_(_FIRES.c.late.is_not(None), _FIRES.c.deadline_at < since)
    return sa.and_(
        _FIRES.c.status.in_(_ENDED),
        _FIRES.c.told_at < since,
        sa.or_(_FIRES.c.deadline_at.is_(None), looked_at),
        _FIRES.c.id < last,
        sa.not_(running),
    )


def _is_not_last() -> sa.ColumnElement[bool]:
    """Whether a row is not the latest that the clock of its schedule has put there."""
    others = _FIRES.alias("others")
    last = (
        sa.select(others.c.due_at)
        .where(others.c.schedule_id == _FIRES.c.schedule_id, others.c.source == "clock")
        .order_by(others.c.due_at.desc())
        .limit(1)
        .correlate(_FIRES)
        .scalar_subquery()
    )
    return sa.or_(_FIRES.c.source != "clock", _FIRES.c.due_at < last)


def _has_files() -> sa.Exists:
    return sa.exists().where(_FILES.c.run_id == _FIRES.c.run_id, _FILES.c.object != RELEASED)
