"""Pages of the runs of pipelines, sorted and filtered by the database; see `pages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from nbmlops.domain.pages import Position, RunChoice, RunSort
from nbmlops.store.catalog import schema

_runs, _versions, _pipelines = schema.runs, schema.pipeline_versions, schema.pipelines
_executions, _metrics, _reuses = schema.executions, schema.metrics, schema.run_reuses


class _Seconds(sa.sql.functions.GenericFunction[float]):
    """How long it is from one time to another, to the millisecond, so that ties are ties."""

    inherit_cache = True
    type = sa.Float()


@compiles(_Seconds, "sqlite")
def _seconds_in_sqlite(element: _Seconds, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"round((julianday({end}) - julianday({start})) * 86400.0, 3)"


@compiles(_Seconds, "postgresql")
def _seconds_in_postgresql(element: _Seconds, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"round(extract(epoch from ({end} - {start})), 3)::double precision"


_COLUMNS: dict[RunSort, sa.ColumnElement[Any]] = {
    RunSort.RECORDED: _runs.c.id,
    RunSort.STARTED: _runs.c.started_at,
    RunSort.DURATION: _Seconds(_runs.c.started_at, _runs.c.ended_at),
    RunSort.PIPELINE: _pipelines.c.name,
    RunSort.STATUS: _runs.c.status,
    RunSort.AUTHOR: _runs.c.author,
    RunSort.METRIC: _metrics.c.value,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ids of a page's runs, in its order; otherwise as in `RunPage`."""

    total: int | None
    newest: int
    ids: tuple[int, ...]
    after: Position | None


def find(
    connection: sa.Connection, choice: RunChoice, *, after: Position | None, skip: int, limit: int
) -> Found:
    """One page, `skip` runs behind a position, of `limit` runs at most."""
    total, newest = None, choice.upto
    if newest is None:
        newest = connection.execute(sa.select(sa.func.max(_runs.c.id))).scalar() or 0
        counted = _chosen(choice, newest).with_only_columns(sa.func.count())
        total = connection.execute(counted).scalar_one()
    page = _behind(choice, newest, after).offset(skip).limit(limit)
    keys = connection.execute(page).all()
    behind = None
    if len(keys) == limit:
        run, value = keys[-1]
        behind = Position(value=value, row=run)
    return Found(total=total, newest=newest, ids=tuple(key for key, _ in keys), after=behind)


def newest(connection: sa.Connection, choice: RunChoice, upto: int, limit: int) -> list[int]:
    """The ids of the newest runs that are chosen."""
    query = _chosen(choice, upto).order_by(_runs.c.id.desc()).limit(limit)
    return list(connection.execute(query).scalars())


def _chosen(choice: RunChoice, upto: int) -> sa.Select[Any]:
    """The ids of what is listed."""
    query = (
        sa.select(_runs.c.id)
        .join(_pipelines, _pipelines.c.id == _runs.c.pipeline_id)
        .join(_versions, _versions.c.id == _runs.c.pipeline_version_id)
        .where(_runs.c.id <= upto)
    )
    if choice.text is not None:
        names = (sa.func.lower(column) for column in (_pipelines.c.name, _versions.c.notebook))
        text = choice.text.lower()
        query = query.where(sa.or_(*(name.contains(text, autoescape=True) for name in names)))
    if choice.sort is RunSort.DURATION:
        query = query.where(_runs.c.ended_at.is_not(None))
    if choice.metric is not None:
        last = _last(choice.metric)
        query = query.join(last, last.c.run_id == _runs.c.id)
        query = query.join(_metrics, _metrics.c.id == last.c.metric_id)
    for column, value in (
        (_versions.c.notebook, choice.notebook),
        (_runs.c.status, choice.status),
        (_runs.c.author, choice.author),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def _last(metric: str) -> sa.Subquery:
    """The last value of a metric in each run that has it, of results that it took as well."""
    named = _metrics.c.name == metric
    made = (
        sa.select(_executions.c.run_id, _metrics.c.id)
        .join(_metrics, _metrics.c.execution_id == _executions.c.id)
        .where(named, _executions.c.run_id.is_not(None))
    )
    taken = (
        sa.select(_reuses.c.run_id, _metrics.c.id)
        .join(_metrics, _metrics.c.execution_id == _reuses.c.execution_id)
        .where(named)
    )
    both = sa.union_all(made, taken).subquery()
    latest = sa.func.max(both.c.id).label("metric_id")
    return sa.select(both.c.run_id, latest).group_by(both.c.run_id).subquery()


def _behind(choice: RunChoice, upto: int, after: Position | None) -> sa.Select[Any]:
    """The ids, and what they are sorted by."""
    value, key = _COLUMNS[choice.sort], _runs.c.id
    query = _chosen(choice, upto).add_columns(value.label("value"))
    if after is not None:
        bound = sa.literal(after.value, value.type)
        behind = value < bound if choice.descending else value > bound
        beside = key < after.row if choice.descending else key > after.row
        query = query.where(sa.or_(behind, sa.and_(value == bound, beside)))
    order = [key] if choice.sort is RunSort.RECORDED else [value, key]
    return query.order_by(*(one.desc() if choice.descending else one.asc() for one in order))
