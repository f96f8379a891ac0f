"""What lists say of executions, without what each read, made and used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import KERNEL_ENDED, ExecutionStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.json_text import from_json

_table, _versions = schema.executions, schema.step_versions

CUT_OFF = sa.func.coalesce(_table.c.failure, "").contains(f'"kind":"{KERNEL_ENDED}"')
"""That the kernel ended while an execution ran: nobody knows how long, and what it left."""

# what took no time is rare, and all others need not be looked into
TOOK = sa.case((sa.and_(_table.c.duration == 0, CUT_OFF), None), else_=_table.c.duration)
"""The seconds that an execution took; nothing where its kernel ended first."""

_COLUMNS = (
    _table.c.id,
    _table.c.version_id,
    _table.c.run_id,
    _table.c.author,
    _table.c.status,
    _table.c.started_at,
    TOOK,
    _table.c.inputs_complete,
    _table.c.inputs_note,
    # as text: most executions have none, which need not be decoded
    sa.cast(_table.c.parameters, sa.Text),
)

_NO_PARAMETERS = "{}"

_STATUSES = {status.value: status for status in ExecutionStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionBrief:
    """One execution in a list; ``metrics`` holds the last value of each.

    ``duration`` is in seconds; ``None`` where the kernel ended first.
    """

    id: int
    version_id: int
    run_id: int | None
    author: str
    status: ExecutionStatus
    started_at: datetime
    duration: float | None
    inputs_complete: bool
    inputs_note: str | None
    parameters: dict[str, Any]
    metrics: dict[str, float]


def speaking(version_ids: Sequence[int]) -> sa.Select[Any]:
    """The ids of the executions that speak for these versions.

    The latest that succeeded in the notebook; else the latest that succeeded in a pipeline run,
    which may have had other parameters; else the latest in the notebook; else the latest.
    """
    good, interactive = _table.c.status == ExecutionStatus.OK, _table.c.run_id.is_(None)
    chosen = sa.func.coalesce(
        _newest(good, interactive), _newest(good), _newest(interactive), _newest()
    )
    return sa.select(chosen).where(_versions.c.id.in_(version_ids))


def latest(version_ids: Sequence[int]) -> sa.Select[Any]:
    """The id of the very latest execution of each of these versions."""
    return sa.select(_newest()).where(_versions.c.id.in_(version_ids))


def read_briefs(
    connection: sa.Connection, condition: sa.ColumnElement[bool]
) -> list[ExecutionBrief]:
    """The executions of versions that fulfil a condition, oldest first."""
    chosen = condition & _table.c.version_id.is_not(None)
    metrics = _metrics(connection, sa.select(_table.c.id).where(chosen))
    rows = connection.execute(sa.select(*_COLUMNS).where(chosen).order_by(_table.c.id)).all()
    # by place: a version may have thousands, and looking a column up by name takes longest
    return [
        ExecutionBrief(
            id=row[0],
            version_id=row[1],
            run_id=row[2],
            author=row[3],
            status=_STATUSES[row[4]],
            started_at=row[5],
            duration=row[6],
            inputs_complete=row[7],
            inputs_note=row[8],
            parameters={} if row[9] == _NO_PARAMETERS else from_json(row[9]),
            metrics=metrics.get(row[0], {}),
        )
        for row in rows
    ]


def _newest(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Found at the end of an index, however many executions the version has."""
    return (
        sa.select(_table.c.id)
        .where(_table.c.version_id == _versions.c.id, *conditions)
        .order_by(_table.c.id.desc())
        .limit(1)
        .correlate(_versions)
        .scalar_subquery()
    )


def _metrics(connection: sa.Connection, chosen: sa.Select[Any]) -> dict[int, dict[str, float]]:
    table = schema.metrics
    query = sa.select(table.c.execution_id, table.c.name, table.c.value)
    query = query.where(table.c.execution_id.in_(chosen)).order_by(table.c.id)
    found: dict[int, dict[str, float]] = {}
    for execution_id, name, value in connection.execute(query).all():
        found.setdefault(execution_id, {})[name] = value
    return found
