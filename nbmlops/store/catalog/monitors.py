"""Which executions of a notebook have looked for drift lately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus, ReportedOutput
from nbmlops.domain.wire import structured
from nbmlops.store.catalog import newest, schema
from nbmlops.store.catalog.base import Database

LOOKS = 30
"""Runs of each trigger that are looked into."""
_RUNS_AT_MOST = 200
"""Newest runs of a pipeline among which those are looked for that no schedule has fired."""
_SCHEDULES_AT_MOST = 50
"""Newest schedules of a pipeline whose runs are looked for."""
_EXECUTIONS_AT_MOST = 500
"""Newest executions of a notebook among which those are looked for that reported anything."""
_REPORTED_AT_MOST = 100
"""Of these, how many are looked into."""
_FIRED = "schedule:"
"""What the trigger of a run begins with that a schedule has fired."""

_EXECUTIONS, _RUNS, _TAKEN = schema.executions, schema.runs, schema.run_reuses
_VERSIONS, _STEPS, _PIPELINES = schema.step_versions, schema.steps, schema.pipelines
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_REPORTED = (
    sa.select(
        _EXECUTIONS.c.id,
        _EXECUTIONS.c.run_id,
        _EXECUTIONS.c.cell_id,
        _EXECUTIONS.c.started_at,
        _EXECUTIONS.c.status,
        _EXECUTIONS.c.reported,
        _STEPS.c.name.label("step"),
        _VERSIONS.c.number,
    )
    .outerjoin(_VERSIONS, _VERSIONS.c.id == _EXECUTIONS.c.version_id)
    .outerjoin(_STEPS, _STEPS.c.id == _VERSIONS.c.step_id)
    .where(_EXECUTIONS.c.id.in_(_IDS))
)
_OWN = sa.select(_EXECUTIONS.c.run_id, _EXECUTIONS.c.id).where(
    _EXECUTIONS.c.run_id.in_(_IDS), _EXECUTIONS.c.reported.is_not(None)
)
_OTHERS = (
    sa.select(_TAKEN.c.run_id, _EXECUTIONS.c.id)
    .join(_EXECUTIONS, _EXECUTIONS.c.id == _TAKEN.c.execution_id)
    .where(_TAKEN.c.run_id.in_(_IDS), _EXECUTIONS.c.reported.is_not(None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """An execution in the notebook, or in a run or taken by one, with what it reported.

    ``pipeline``, ``run`` (its reference) and ``trigger`` are ``None`` in the notebook. ``version``
    is ``check@2``; as ``step``, ``None`` where the cell has no name. ``at`` is when it began; where
    a run has taken it, when that run began.
    """

    execution: int
    step: str | None
    version: str | None
    cell_id: str | None
    at: datetime
    ended_well: bool
    pipeline: str | None
    run: str | None
    trigger: str | None
    reported: tuple[ReportedOutput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    id: int
    pipeline: str
    reference: str
    trigger: str
    started_at: datetime


class MonitorRecords:
    """Reads what was reported lately, however many executions and runs there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def in_notebook(self, notebook: str) -> list[Reporting]:
        """The newest interactive executions of a notebook that reported anything, in order.

        The newest one of each cell is among them, whatever it reported.
        """
        table = _EXECUTIONS
        lately = (
            sa.select(table.c.id, table.c.run_id, table.c.reported)
            .where(table.c.notebook == notebook)
            .order_by(table.c.id.desc())
            .limit(_EXECUTIONS_AT_MOST)
            .subquery()
        )
        mine = (
            sa.select(lately.c.id)
            .where(lately.c.run_id.is_(None), lately.c.reported.is_not(None))
            .order_by(lately.c.id.desc())
            .limit(_REPORTED_AT_MOST)
        )
        with self._database.read() as connection:
            ids = {
                *connection.execute(mine).scalars(),
                *connection.execute(newest.of_cells(notebook)).scalars(),
            } - {None}
            found = _reported(connection, sorted(ids))
        return [_reporting(found[each], None) for each in sorted(found)]

    def in_runs(self, notebook: str) -> list[Reporting]:
        """What the newest runs of the notebook's pipelines reported or took, in their order.

        Of each trigger the newest `LOOKS`; those of a schedule that is deleted are left out.
        """
        with self._database.read() as connection:
            runs = {run.id: run for run in _runs_of(connection, notebook)}
            given = {"ids": sorted(runs)}
            pairs = sorted(
                (row.run_id, row.id)
                for query in (_OWN, _OTHERS)
                for row in connection.execute(query, given)
            )
            found = _reported(connection, sorted({execution for _, execution in pairs}))
        return [_reporting(found[execution], runs[run]) for run, execution in pairs]


def _reported(connection: sa.Connection, ids: Sequence[int]) -> dict[int, sa.RowMapping]:
    rows = connection.execute(_REPORTED, {"ids": ids}).mappings()
    return {row["id"]: row for row in rows}


def _runs_of(connection: sa.Connection, notebook: str) -> Iterator[_Run]:
    versions = schema.pipeline_versions
    mine = sa.select(versions.c.pipeline_id).where(versions.c.notebook == notebook)
    pipelines = sa.select(_PIPELINES.c.id, _PIPELINES.c.name).where(_PIPELINES.c.id.in_(mine))
    for pipeline, name in connection.execute(pipelines).all():
        for row in _runs_by_trigger(connection, pipeline):
            yield _Run(
                id=row.id,
                pipeline=name,
                reference=f"{name}#{row.number}",
                trigger=row.trigger,
                started_at=row.started_at,
            )


def _runs_by_trigger(connection: sa.Connection, pipeline: int) -> Iterator[sa.Row[Any]]:
    """The newest runs of each trigger, of schedules those that are not deleted."""
    fired = [f"{_FIRED}{each}" for each in connection.execute(_schedules_of(pipeline)).scalars()]
    found: dict[str, list[sa.Row[Any]]] = {}
    lately = _newest_runs(_RUNS.c.pipeline_id == pipeline, _RUNS.c.number, _RUNS_AT_MOST)
    for row in connection.execute(lately):
        if not row.trigger.startswith(_FIRED):
            found.setdefault(row.trigger, []).append(row)
    for trigger in fired:
        own = _newest_runs(_RUNS.c.trigger == trigger, _RUNS.c.id, LOOKS)
        found[trigger] = list(connection.execute(own))
    for rows in found.values():
        yield from rows[:LOOKS]


def _schedules_of(pipeline: int) -> sa.Select[Any]:
    """The newest schedules of a pipeline, without backfills."""
    schedules, versions = schema.schedules, schema.pipeline_versions
    return (
        sa.select(schedules.c.id)
        .join(versions, versions.c.id == schedules.c.pipeline_version_id)
        .where(
            versions.c.pipeline_id == pipeline,
            schedules.c.deleted.is_(False),
            schedules.c.backfill.is_(False),
        )
        .order_by(schedules.c.id.desc())
        .limit(_SCHEDULES_AT_MOST)
    )


def _newest_runs(
    condition: sa.ColumnElement[bool], order: sa.ColumnElement[Any], limit: int
) -> sa.Select[Any]:
    columns = (_RUNS.c.id, _RUNS.c.number, _RUNS.c.trigger, _RUNS.c.started_at)
    return sa.select(*columns).where(condition).order_by(order.desc()).limit(limit)


def _reporting(row: sa.RowMapping, run: _Run | None) -> Reporting:
    step = row["step"]
    return Reporting(
        execution=row["id"],
        step=step,
        version=None if step is None else f"{step}@{row['number']}",
        cell_id=row["cell_id"],
        at=run.started_at if run and row["run_id"] != run.id else row["started_at"],
        ended_well=row["status"] == ExecutionStatus.OK,
        pipeline=run.pipeline if run else None,
        run=run.reference if run else None,
        trigger=run.trigger if run else None,
        reported=structured(row["reported"] or [], tuple[ReportedOutput, ...]),
    )
