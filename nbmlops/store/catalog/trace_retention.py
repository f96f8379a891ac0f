"""Removing what due times and runs of schedules leave in other tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.runs import RunStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.ledger_retention import SETTLED
from nbmlops.store.catalog.notices import WAITING
from nbmlops.store.catalog.references import RELEASED
from nbmlops.store.catalog.run_retention import OldRun

_AT_ONCE = 100
"""Runs that one transaction removes; each may have dozens of executions."""

_RUNS = schema.runs
_FIRES = schema.fires
_EXECUTIONS = schema.executions
_CALLS = schema.trigger_calls
_NOTICES = schema.notices
_DELIVERIES = schema.deliveries
_OF_EXECUTIONS = (
    schema.execution_values,
    schema.metrics,
    schema.execution_artifacts,
    schema.execution_files,
    schema.execution_externals,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """How many there are of what people were told, and of calls over HTTP that were taken in."""

    notices: int
    calls: int


class TraceRetentionRecords:
    """Finds what nothing refers to any more, and removes it.

    A notice stays while its due time does, which would be told of again; while a message of it
    waits; and where it is the latest of a channel. A call over HTTP stays while a due time does
    that is as old: the same call again would count as another one.

    A run stays

    - unless a schedule started it, and its due time and its files have gone;
    - where it is the newest of its pipeline, or the newest of its version that succeeded;
    - where another run goes on with it;
    - for one of its executions: where it is the latest of that code with that end, was verified,
      gave another run its result, has written a file that others read, or is what a checkout
      went back to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def count_traces(self, schedules: Sequence[int], now: datetime) -> Traces:
        """What `remove_traces` would remove now."""
        with self._database.read() as connection:
            found = [
                int(connection.execute(_counted(query)).scalar_one())
                for query in (_notices(now), _calls(schedules, now))
            ]
        return Traces(notices=found[0], calls=found[1])

    def remove_traces(self, schedules: Sequence[int], now: datetime) -> Traces:
        """Remove notices with their messages, and calls.

        Args:
            schedules: whose calls, besides those that were removed; of the others all are kept.
            now: the present; what is younger than a day stays.
        """
        with self._database.write(durable=False) as connection:
            told = list(connection.execute(_notices(now)).scalars())
            called = list(connection.execute(_calls(schedules, now)).scalars())
            _delete(connection, _DELIVERIES.c.notice_id, told)
            _delete(connection, _NOTICES.c.id, told)
            _delete(connection, _CALLS.c.id, called)
        return Traces(notices=len(told), calls=len(called))

    def old_runs(self, since: datetime) -> list[OldRun]:
        """The runs of schedules that ended before some moment, and that nothing needs."""
        query = (
            sa.select(_RUNS.c.id, schema.pipelines.c.name, _RUNS.c.number)
            .join(schema.pipelines, schema.pipelines.c.id == _RUNS.c.pipeline_id)
            .where(_is_past(since), sa.not_(_needed()))
            .order_by(_RUNS.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [OldRun(id=row[0], pipeline=row[1], number=row[2]) for row in rows]

    def forget(self, runs: Sequence[OldRun], since: datetime) -> list[OldRun]:
        """Remove runs with all that they recorded; each is looked at again before.

        Returns:
            Those that went.
        """
        gone: set[int] = set()
        for start in range(0, len(runs), _AT_ONCE):
            batch = [run.id for run in runs[start : start + _AT_ONCE]]
            with self._database.write(durable=False) as connection:
                query = sa.select(_RUNS.c.id).where(
                    _RUNS.c.id.in_(batch), _is_past(since), sa.not_(_needed())
                )
                ids = list(connection.execute(query).scalars())
                _forget(connection, ids)
                gone.update(ids)
        return [run for run in runs if run.id in gone]


def _forget(connection: sa.Connection, ids: list[int]) -> None:
    made = sa.select(_EXECUTIONS.c.id).where(_EXECUTIONS.c.run_id.in_(ids))
    for table in _OF_EXECUTIONS:
        connection.execute(sa.delete(table).where(table.c.execution_id.in_(made)))
    connection.execute(sa.delete(_EXECUTIONS).where(_EXECUTIONS.c.run_id.in_(ids)))
    for table in (schema.run_reuses, schema.run_artifacts):
        connection.execute(sa.delete(table).where(table.c.run_id.in_(ids)))
    connection.execute(sa.delete(_RUNS).where(_RUNS.c.id.in_(ids)))


def _delete(connection: sa.Connection, column: sa.Column[Any], keys: Sequence[int]) -> None:
    for start in range(0, len(keys), _AT_ONCE):
        part = list(keys[start : start + _AT_ONCE])
        connection.execute(sa.delete(column.table).where(column.in_(part)))


def _counted(query: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(query.subquery())


def _notices(now: datetime) -> sa.Select[Any]:
    """The notices of due times that have gone."""
    number = sa.cast(_FIRES.c.id, sa.Text)
    there = [sa.select(sa.literal(word).concat(number)) for word in ("ended:", "late:")]
    latest = sa.select(sa.func.max(_DELIVERIES.c.notice_id)).group_by(_DELIVERIES.c.channel)
    waiting = sa.select(_DELIVERIES.c.notice_id).where(_DELIVERIES.c.status == WAITING)
    return sa.select(_NOTICES.c.id).where(
        sa.or_(_NOTICES.c.key.like("ended:%"), _NOTICES.c.key.like("late:%")),
        _NOTICES.c.at < now - SETTLED,
        *(_NOTICES.c.key.not_in(keys) for keys in there),
        _NOTICES.c.id < sa.select(sa.func.max(_NOTICES.c.id)).scalar_subquery(),
        _NOTICES.c.id.not_in(latest),
        _NOTICES.c.id.not_in(waiting),
    )


def _calls(schedules: Sequence[int], now: datetime) -> sa.Select[Any]:
    """The calls that are older than all due times of their schedule."""
    oldest = (
        sa.select(sa.func.min(_FIRES.c.due_at))
        .where(_FIRES.c.schedule_id == _CALLS.c.schedule_id)
        .scalar_subquery()
    )
    deleted = sa.select(schema.schedules.c.id).where(schema.schedules.c.deleted.is_(True))
    return sa.select(_CALLS.c.id).where(
        _CALLS.c.schedule_id.in_(list(schedules)) | _CALLS.c.schedule_id.in_(deleted),
        _CALLS.c.called_at < now - SETTLED,
        sa.or_(oldest.is_(None), _CALLS.c.called_at < oldest),
    )


def _is_past(since: datetime) -> sa.ColumnElement[bool]:
    """Whether a run of a schedule has ended before, and its due time and its files have gone."""
    files = schema.run_artifacts
    return sa.and_(
        _RUNS.c.trigger.like("schedule:%"),
        _RUNS.c.status != RunStatus.RUNNING,
        _RUNS.c.ended_at < since,
        _RUNS.c.id.not_in(sa.select(_FIRES.c.run_id).where(_FIRES.c.run_id.is_not(None))),
        ~sa.exists().where(files.c.run_id == _RUNS.c.id, files.c.object != RELEASED),
    )


def _needed() -> sa.ColumnElement[bool]:
    """Whether a run is the newest of its kind, or somebody refers to it."""
    others = _RUNS.alias("others")
    newest = sa.select(sa.func.max(others.c.id)).group_by(others.c.pipeline_id)
    good = (
        sa.select(sa.func.max(others.c.id))
        .where(others.c.status == RunStatus.SUCCEEDED)
        .group_by(others.c.pipeline_version_id)
    )
    followed = sa.select(others.c.goes_on_with).where(others.c.goes_on_with.is_not(None))
    return sa.or_(
        *(_RUNS.c.id.in_(kept) for kept in (newest, good, followed)),
        sa.exists().where(_EXECUTIONS.c.run_id == _RUNS.c.id, _execution_needed()),
    )


def _execution_needed() -> sa.ColumnElement[bool]:
    later, wrote = _EXECUTIONS.alias("later"), schema.execution_files.alias("wrote")
    read, reader = schema.execution_files.alias("read"), _EXECUTIONS.alias("reader")
    superseded = sa.exists().where(
        later.c.digest == _EXECUTIONS.c.digest,
        later.c.notebook == _EXECUTIONS.c.notebook,
        later.c.status == _EXECUTIONS.c.status,
        later.c.id > _EXECUTIONS.c.id,
    )
    has_readers = sa.exists().where(
        wrote.c.execution_id == _EXECUTIONS.c.id,
        wrote.c.mode == "write",
        read.c.digest == wrote.c.digest,
        read.c.mode == "read",
        reader.c.id == read.c.execution_id,
        reader.c.run_id.is_distinct_from(_EXECUTIONS.c.run_id),
    )
    named = (
        sa.select(schema.verifications.c.execution_id),
        sa.select(schema.run_reuses.c.execution_id),
        sa.select(later.c.travelled_to).where(later.c.travelled_to.is_not(None)),
    )
    tagged = _EXECUTIONS.c.version_id.in_(sa.select(schema.version_tags.c.version_id))
    return sa.or_(
        sa.not_(superseded), has_readers, tagged, *(_EXECUTIONS.c.id.in_(one) for one in named)
    )
