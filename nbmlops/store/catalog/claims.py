"""Which rows of the ledger may be claimed now, as conditions of one statement.

They are asked inside the transaction that claims: writers come one after the other, so that any
number of schedulers keep to the same limits. Where nothing at the head of the queue has room, each
schedule is looked at once, so that what waits behind a full pool costs the same however long it
becomes. Each condition is built once, for that takes longer than the statement itself; the present
is its parameter ``now``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.column_types import UtcDateTime

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    _Columns: TypeAlias = sa.sql.base.ReadOnlyColumnCollection[str, Any]

_FIRES = schema.fires
_SCHEDULES = schema.schedules
_VERSIONS = schema.pipeline_versions

_LOOKED_AT = 100
"""Rows from the head of the queue that a claim looks at one by one."""


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
    due = _among_first(mine), _of_any_schedule(of_one=of_one)
    found = sa.func.coalesce(left.limit(1).scalar_subquery(), *due)
    return sa.select(found).scalar_subquery()


def _among_first(mine: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """What may begin of those that come first, which is nearly always one of them."""
    first = (
        sa.select(_FIRES.c.id, _FIRES.c.schedule_id, _FIRES.c.rank, _FIRES.c.queued_at)
        .where(_FIRES.c.status == FireStatus.DUE, mine)
        .order_by(*in_order())
        .limit(_LOOKED_AT)
        .subquery("first")
    )
    found = sa.select(first.c.id).where(_comes_first(first.c), _schedule_has_room(first.c))
    return found.order_by(*in_order(first.c)).limit(1).scalar_subquery()


def _of_any_schedule(*, of_one: bool) -> sa.ScalarSelect[int]:
    """What may begin at all: looks at each schedule once, however many rows of it wait."""
    waiting = _FIRES.alias("waiting")
    first = (
        sa.select(waiting.c.id)
        .where(waiting.c.schedule_id == _SCHEDULES.c.id, waiting.c.status == FireStatus.DUE)
        .order_by(waiting.c.queued_at, waiting.c.id)
        .limit(1)
        .correlate(_SCHEDULES)
        .scalar_subquery()
    )
    mine = _SCHEDULES.c.id == sa.bindparam("schedule") if of_one else sa.true()
    firsts = sa.select(first).where(mine, _has_room())
    found = sa.select(_FIRES.c.id).where(_FIRES.c.id.in_(firsts))
    return found.order_by(*in_order()).limit(1).scalar_subquery()


def in_order(row: _Columns = _FIRES.c) -> tuple[sa.ColumnElement[object], ...]:
    """The order of the queue."""
    return row.rank, row.queued_at, row.id


def _lapsed() -> sa.ColumnElement[bool]:
    now = sa.bindparam("now", type_=UtcDateTime)
    return (_FIRES.c.status == FireStatus.CLAIMED) & (_FIRES.c.lease_until <= now)


def _may_begin() -> sa.ColumnElement[bool]:
    is_due = _FIRES.c.status == FireStatus.DUE
    return sa.and_(is_due, _comes_first(_FIRES.c), _schedule_has_room(_FIRES.c))


def _schedule_has_room(row: _Columns) -> sa.ColumnElement[bool]:
    return sa.exists().where(_SCHEDULES.c.id == row.schedule_id, _has_room())


def _has_room() -> sa.ColumnElement[bool]:
    """Whether a schedule may begin one more."""
    return sa.and_(
        _SCHEDULES.c.paused.is_(False),
        sa.or_(_SCHEDULES.c.pool.is_(None), _SCHEDULES.c.pool.not_in(_full_pools())),
        _running_of_schedule() < _SCHEDULES.c.at_once,
        sa.or_(_SCHEDULES.c.max_active.is_(None), _running_of_pipeline() < _SCHEDULES.c.max_active),
    )


def _comes_first(row: _Columns) -> sa.ColumnElement[bool]:
    """Whether no other due time of its schedule waits before it."""
    earlier = _FIRES.alias("earlier")
    place = sa.tuple_(earlier.c.queued_at, earlier.c.id)
    return ~sa.exists().where(
        earlier.c.schedule_id == row.schedule_id,
        earlier.c.status == FireStatus.DUE,
        place < sa.tuple_(row.queued_at, row.id),
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


def _full_pools() -> sa.Select[tuple[str]]:
    """The pools without a free place; the same for every schedule, and so found out once."""
    running, theirs, pools = _FIRES.alias("in_pool"), _SCHEDULES.alias("swimmers"), schema.pools
    taken = (
        sa.select(sa.func.count())
        .select_from(running)
        .join(theirs, theirs.c.id == running.c.schedule_id)
        .where(running.c.status == FireStatus.CLAIMED, theirs.c.pool == pools.c.name)
        .correlate(pools)
        .scalar_subquery()
    )
    return sa.select(pools.c.name).where(pools.c.size <= taken)
