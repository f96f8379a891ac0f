"""Which rows of the ledger may be claimed now, as conditions of one statement.

They are asked inside the transaction that claims: writers come one after the other, so that any
number of schedulers keep to the same limits. Each condition is built once, for that takes longer
than the statement itself; the present is its parameter ``now``.
"""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog import schema

_FIRES = schema.fires
_SCHEDULES = schema.schedules
_VERSIONS = schema.pipeline_versions


@cache
def claimable() -> sa.ColumnElement[bool]:
    """What is due and has room, and what was claimed by somebody who let the lease end."""
    return sa.or_(_may_begin(), _lapsed())


@cache
def next_claimable(*, of_one: bool = False) -> sa.ScalarSelect[int]:
    """The id of the row that comes first: what was left behind, then by priority, then by time.

    Args:
        of_one: whether to look at one schedule alone, the parameter ``schedule``.
    """
    mine = _FIRES.c.schedule_id == sa.bindparam("schedule") if of_one else sa.true()
    left = sa.select(_FIRES.c.id).where(_lapsed(), mine).order_by(_FIRES.c.lease_until)
    due = sa.select(_FIRES.c.id).where(_may_begin(), mine).order_by(*in_order())
    return sa.select(
        sa.func.coalesce(left.limit(1).scalar_subquery(), due.limit(1).scalar_subquery())
    ).scalar_subquery()


def in_order() -> tuple[sa.ColumnElement[object], ...]:
    """The order of the queue."""
    return _FIRES.c.rank, _FIRES.c.queued_at, _FIRES.c.id


def _lapsed() -> sa.ColumnElement[bool]:
    now = sa.bindparam("now", type_=schema.UtcDateTime)
    return (_FIRES.c.status == FireStatus.CLAIMED) & (_FIRES.c.lease_until <= now)


def _may_begin() -> sa.ColumnElement[bool]:
    room = sa.exists().where(
        _SCHEDULES.c.id == _FIRES.c.schedule_id,
        _SCHEDULES.c.paused.is_(False),
        _running_of_schedule() < _SCHEDULES.c.at_once,
        sa.or_(_SCHEDULES.c.max_active.is_(None), _running_of_pipeline() < _SCHEDULES.c.max_active),
        sa.or_(_SCHEDULES.c.pool.is_(None), _running_in_pool() < _size_of_pool()),
    )
    return sa.and_(_FIRES.c.status == FireStatus.DUE, _comes_first(), room)


def _comes_first() -> sa.ColumnElement[bool]:
    """Whether no other due time of its schedule waits before it."""
    earlier = _FIRES.alias("earlier")
    place = sa.tuple_(earlier.c.queued_at, earlier.c.id)
    return ~sa.exists().where(
        earlier.c.schedule_id == _FIRES.c.schedule_id,
        earlier.c.status == FireStatus.DUE,
        place < sa.tuple_(_FIRES.c.queued_at, _FIRES.c.id),
    )


def _running_of_schedule() -> sa.ScalarSelect[int]:
    running = _FIRES.alias("of_schedule")
    return (
        sa.select(sa.func.count())
        .select_from(running)
        .where(running.c.schedule_id == _SCHEDULES.c.id, running.c.status == FireStatus.CLAIMED)
        .correlate(_SCHEDULES)
        .scalar_subquery()
    )


def _running_of_pipeline() -> sa.ScalarSelect[int]:
    running, theirs = _FIRES.alias("of_pipeline"), _SCHEDULES.alias("sisters")
    mine, versions = _VERSIONS.alias("mine"), _VERSIONS.alias("versions")
    pipeline = (
        sa.select(mine.c.pipeline_id)
        .where(mine.c.id == _SCHEDULES.c.pipeline_version_id)
        .correlate(_SCHEDULES)
        .scalar_subquery()
    )
    return (
        sa.select(sa.func.count())
        .select_from(running)
        .join(theirs, theirs.c.id == running.c.schedule_id)
        .join(versions, versions.c.id == theirs.c.pipeline_version_id)
        .where(running.c.status == FireStatus.CLAIMED, versions.c.pipeline_id == pipeline)
        .correlate(_SCHEDULES)
        .scalar_subquery()
    )


def _running_in_pool() -> sa.ScalarSelect[int]:
    running, theirs = _FIRES.alias("in_pool"), _SCHEDULES.alias("swimmers")
    return (
        sa.select(sa.func.count())
        .select_from(running)
        .join(theirs, theirs.c.id == running.c.schedule_id)
        .where(running.c.status == FireStatus.CLAIMED, theirs.c.pool == _SCHEDULES.c.pool)
        .correlate(_SCHEDULES)
        .scalar_subquery()
    )


def _size_of_pool() -> sa.ScalarSelect[int]:
    return (
        sa.select(schema.pools.c.size)
        .where(schema.pools.c.name == _SCHEDULES.c.pool)
        .correlate(_SCHEDULES)
        .scalar_subquery()
    )
