"""Pages of the executions of steps, sorted and filtered by the database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionRow, ExecutionStatus
from nbmlops.domain.pages import Choice, ExecutionPage, Position, SortBy
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.briefs import TOOK

_executions, _versions, _steps = schema.executions, schema.step_versions, schema.steps
_metrics, _runs, _pipelines = schema.metrics, schema.runs, schema.pipelines

_COLUMNS: dict[SortBy, sa.ColumnElement[Any]] = {
    SortBy.RECORDED: _executions.c.id,
    SortBy.STARTED: _executions.c.started_at,
    SortBy.DURATION: _executions.c.duration,
    SortBy.STEP: _steps.c.name,
    SortBy.STATUS: _executions.c.status,
    SortBy.AUTHOR: _executions.c.author,
    SortBy.METRIC: _metrics.c.value,
}


def read_page(
    connection: sa.Connection, choice: Choice, *, after: Position | None, skip: int, limit: int
) -> ExecutionPage:
    """One page, `skip` rows behind a position, of `limit` rows at most.

    It costs the same few queries, whatever its size and place. In the order in which they were
    recorded, rows are found by the primary key; in another one the database sorts what was chosen,
    a tenth of a second for a hundred thousand. An index for that would be paid by each cell that
    is recorded.
    """
    total, newest = None, choice.upto
    if newest is None:
        newest = connection.execute(sa.select(sa.func.max(_executions.c.id))).scalar() or 0
        total = connection.execute(_count(choice, newest)).scalar_one()
    page = _page(choice, newest, after).offset(skip).limit(limit)
    keys = connection.execute(page).all()
    rows = _rows(connection, [key for key, _ in keys])
    behind = None
    if len(keys) == limit:
        execution, value = keys[-1]
        behind = Position(value=value, row=execution)
    return ExecutionPage(total=total, newest=newest, rows=rows, after=behind)


def metric_names(connection: sa.Connection, limit: int) -> tuple[str, ...]:
    """The metrics that were ever recorded, in alphabetical order."""
    query = sa.select(_metrics.c.name).distinct().order_by(_metrics.c.name).limit(limit)
    return tuple(connection.execute(query).scalars())


def _count(choice: Choice, newest: int) -> sa.Select[Any]:
    query = sa.select(sa.func.count()).select_from(_executions).where(*_conditions(choice, newest))
    if choice.metric is None:
        return query
    having = sa.select(_metrics.c.execution_id).where(_metrics.c.name == choice.metric)
    return query.where(_executions.c.id.in_(having))


def _conditions(choice: Choice, newest: int) -> list[sa.ColumnElement[bool]]:
    found = [_executions.c.version_id.is_not(None), _executions.c.id <= newest]
    if choice.text is not None:
        found.append(_executions.c.version_id.in_(_versions_named(choice.text)))
    for column, value in (
        (_executions.c.notebook, choice.notebook),
        (_executions.c.status, choice.status),
        (_executions.c.author, choice.author),
    ):
        if value is not None:
            found.append(column == value)
    return found


def _is_last() -> sa.ColumnElement[bool]:
    """That an execution has no later value of the same metric."""
    later = _metrics.alias("later")
    return ~sa.exists().where(
        later.c.execution_id == _metrics.c.execution_id,
        later.c.name == _metrics.c.name,
        later.c.id > _metrics.c.id,
    )


def _versions_named(text: str) -> sa.Select[Any]:
    """The versions of the steps that have a text in their name, or in their notebook's."""
    names = (sa.func.lower(column) for column in (_steps.c.name, _steps.c.notebook))
    found = sa.or_(*(name.contains(text.lower(), autoescape=True) for name in names))
    return sa.select(_versions.c.id).join(_steps).where(found)


def _page(choice: Choice, newest: int, after: Position | None) -> sa.Select[Any]:
    """The ids, and what they are sorted by."""
    value, key = _COLUMNS[choice.sort], _executions.c.id
    query = sa.select(key, value.label("value")).where(*_conditions(choice, newest))
    if choice.sort is SortBy.STEP:
        query = query.join(_versions, _versions.c.id == _executions.c.version_id)
        query = query.join(_steps, _steps.c.id == _versions.c.step_id)
    if choice.metric is not None:
        query = query.join(_metrics, _metrics.c.execution_id == key)
        query = query.where(_metrics.c.name == choice.metric, _is_last())
    if after is not None:
        bound = sa.literal(after.value, value.type)
        behind = value < bound if choice.descending else value > bound
        beside = key < after.row if choice.descending else key > after.row
        query = query.where(sa.or_(behind, sa.and_(value == bound, beside)))
    order = [key] if choice.sort is SortBy.RECORDED else [value, key]
    return query.order_by(*(one.desc() if choice.descending else one.asc() for one in order))


def _rows(connection: sa.Connection, ids: list[int]) -> tuple[ExecutionRow, ...]:
    """What the list says of these, in their order."""
    query = (
        sa.select(
            _executions,
            TOOK.label("took"),
            _versions.c.number.label("version_number"),
            _steps.c.name.label("step_name"),
            _runs.c.number.label("run_number"),
            _pipelines.c.name.label("pipeline_name"),
        )
        .join(_versions, _versions.c.id == _executions.c.version_id)
        .join(_steps, _steps.c.id == _versions.c.step_id)
        .outerjoin(_runs, _runs.c.id == _executions.c.run_id)
        .outerjoin(_pipelines, _pipelines.c.id == _runs.c.pipeline_id)
        .where(_executions.c.id.in_(ids))
    )
    found = {row["id"]: row for row in connection.execute(query).mappings()}
    metrics = _metrics_of(connection, ids)
    return tuple(_row(found[key], metrics.get(key, {})) for key in ids)


def _metrics_of(connection: sa.Connection, ids: list[int]) -> dict[int, dict[str, float]]:
    query = sa.select(_metrics.c.execution_id, _metrics.c.name, _metrics.c.value)
    query = query.where(_metrics.c.execution_id.in_(ids)).order_by(_metrics.c.id)
    found: dict[int, dict[str, float]] = {}
    for execution, name, value in connection.execute(query):
        found.setdefault(execution, {})[name] = value
    return found


def _row(row: sa.RowMapping, metrics: dict[str, float]) -> ExecutionRow:
    run = None
    if row["run_number"] is not None:
        run = f"{row['pipeline_name']}#{row['run_number']}"
    return ExecutionRow(
        id=row["id"],
        reference=f"{row['step_name']}@{row['version_number']}",
        notebook=row["notebook"],
        author=row["author"],
        status=ExecutionStatus(row["status"]),
        started_at=row["started_at"],
        duration=row["took"],
        parameters=row["parameters"],
        metrics=metrics,
        run=run,
    )
