"""What runs have found of drift: one row beside each run that has looked, until it is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.drift import Drift, drift_of
from nbmlops.domain.executions import ReportedOutput
from nbmlops.domain.notices import Notice, NoticeKind, Streak
from nbmlops.domain.wire import structured
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.upsert import insert_new

AT_ONCE = 500
"""Findings that one transaction judges."""
_LATEST = timedelta(days=1)
"""What was found longer ago is nobody's news."""

_FIRED = "schedule:"
"""What the trigger of a run begins with that a schedule has fired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFinding:
    """What a run has found: whether a column has drifted, and whether a step of it has looked.

    Without the latter all that it says is of results that the run has taken.
    """

    drifted: bool
    fresh: bool
    at: datetime


DriftJudge = Callable[[DriftFinding, Streak | None], tuple[NoticeKind | None, Streak | None]]
"""A finding, and the runs in a row before it that had drifted → what to tell, and those after."""
Write = Callable[[sa.Connection, str, Notice], None]
"""Writes a notice with its deliveries, once under its key."""

_RUN: sa.BindParameter[Any] = sa.bindparam("run")
_EXECUTIONS, _STEPS = schema.executions, schema.steps
_VERSIONS, _TAKEN = schema.step_versions, schema.run_reuses


def _reported(run_of: sa.ColumnElement[Any], *, fresh: bool) -> sa.Select[Any]:
    return (
        sa.select(
            _EXECUTIONS.c.id,
            _EXECUTIONS.c.reported,
            _STEPS.c.name,
            sa.literal(fresh).label("fresh"),
        )
        .select_from(_EXECUTIONS)
        .outerjoin(_VERSIONS, _VERSIONS.c.id == _EXECUTIONS.c.version_id)
        .outerjoin(_STEPS, _STEPS.c.id == _VERSIONS.c.step_id)
        .where(run_of == _RUN, _EXECUTIONS.c.reported.is_not(None))
    )


_OWN = _reported(_EXECUTIONS.c.run_id, fresh=True)
_OTHERS = _reported(_TAKEN.c.run_id, fresh=False).join(
    _TAKEN, _TAKEN.c.execution_id == _EXECUTIONS.c.id
)


def note_finding(connection: sa.Connection, run_id: int) -> None:
    """Write down what the steps of a run that ends have found, if any has looked."""
    found: dict[tuple[str, str], tuple[Drift, bool]] = {}
    rows = [row for query in (_OWN, _OTHERS) for row in connection.execute(query, {"run": run_id})]
    for row in sorted(rows, key=lambda row: int(row.id)):
        for output in structured(row.reported, tuple[ReportedOutput, ...]):
            drift = drift_of(output)
            if drift is not None and drift.judged:
                found[row.name or "", output.name] = (drift, row.fresh)
    if not found:
        return
    connection.execute(
        insert_new(schema.drift_findings).values(
            run_id=run_id,
            drifted=any(drift.drifted for drift, _ in found.values()),
            fresh=any(fresh for _, fresh in found.values()),
            message=_message(found),
        )
    )


def _message(found: dict[tuple[str, str], tuple[Drift, bool]]) -> str:
    """``check: 2 of 19 columns have drifted beyond 0.2: carrier is gone, delay 0.41.``."""
    drifted = any(drift.drifted for drift, _ in found.values())
    told = [
        f"{step}: {drift.sentence}" if step else drift.sentence
        for (step, _), (drift, _) in found.items()
        if drift.drifted == drifted
    ]
    return f"{'; '.join(told)}."


def tell_of_drift(
    connection: sa.Connection,
    now: datetime,
    judge: DriftJudge,
    channels: Callable[[Notice], Iterable[str]],
    write: Write,
) -> int:
    """Write what is to be told of findings, each judged once; returns how many were judged."""
    rows = connection.execute(_untold().limit(AT_ONCE)).mappings().all()
    for row in rows:
        table = schema.drift_findings
        statement = sa.update(table).where(table.c.run_id == row["run_id"])
        connection.execute(statement.values(told_at=now))
        if row["ended_at"] >= now - _LATEST:
            _tell(connection, row, now, judge, channels=channels, write=write)
    return len(rows)


def has_untold(connection: sa.Connection) -> bool:
    """Whether there is a finding that nobody has judged."""
    table = schema.drift_findings
    query = sa.select(table.c.run_id).where(table.c.told_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def _untold() -> sa.Select[Any]:
    findings, runs, fires = schema.drift_findings, schema.runs, schema.fires
    versions, pipelines = schema.pipeline_versions, schema.pipelines
    due = sa.select(sa.func.min(fires.c.due_at)).where(fires.c.run_id == runs.c.id)
    return (
        sa.select(
            findings.c.run_id,
            findings.c.drifted,
            findings.c.fresh,
            findings.c.message,
            runs.c.number,
            runs.c.pipeline_id,
            runs.c.trigger,
            runs.c.started_at,
            runs.c.ended_at,
            versions.c.number.label("version"),
            pipelines.c.name.label("pipeline"),
            due.scalar_subquery().label("due_at"),
        )
        .join(runs, runs.c.id == findings.c.run_id)
        .join(versions, versions.c.id == runs.c.pipeline_version_id)
        .join(pipelines, pipelines.c.id == runs.c.pipeline_id)
        .where(findings.c.told_at.is_(None))
        .order_by(findings.c.run_id)
    )


def _tell(
    connection: sa.Connection,
    row: sa.RowMapping,
    now: datetime,
    judge: DriftJudge,
    *,
    channels: Callable[[Notice], Iterable[str]],
    write: Write,
) -> None:
    before = _streak(connection, row)
    at = row["due_at"] or row["started_at"]
    kind, after = judge(DriftFinding(drifted=row["drifted"], fresh=row["fresh"], at=at), before)
    if kind is None:
        _keep_streak(connection, row, before, after)
        return
    notice = _notice(row, kind, now, after or before)
    if kind is NoticeKind.DRIFT and after is not None and not list(channels(notice)):
        heard = before or replace(after, told=0)
        after = replace(after, told=heard.told, told_at=heard.told_at)
    _keep_streak(connection, row, before, after)
    write(connection, f"drift:{row['run_id']}", notice)


def _notice(row: sa.RowMapping, kind: NoticeKind, now: datetime, streak: Streak | None) -> Notice:
    schedule = row["trigger"].removeprefix(_FIRED)
    fired = row["trigger"].startswith(_FIRED) and schedule.isdecimal()
    return Notice(
        id=uuid.uuid4().hex,
        kind=kind,
        at=now,
        pipeline=row["pipeline"],
        version=row["version"],
        schedule=int(schedule) if fired else None,
        message=row["message"],
        due_at=row["due_at"],
        run=f"{row['pipeline']}#{row['number']}",
        run_id=row["run_id"],
        count=streak.count if streak else 0,
        since=streak.since if streak else None,
    )


def _mine(row: sa.RowMapping) -> sa.ColumnElement[bool]:
    """Runs in a row are those of a pipeline with one trigger: a schedule, or people."""
    table = schema.drift_streaks
    return sa.and_(table.c.pipeline_id == row["pipeline_id"], table.c.trigger == row["trigger"])


def _streak(connection: sa.Connection, row: sa.RowMapping) -> Streak | None:
    table = schema.drift_streaks
    query = sa.select(table.c.count, table.c.since, table.c.told, table.c.told_at)
    found = connection.execute(query.where(_mine(row))).mappings().first()
    return Streak(**found) if found else None


def _keep_streak(
    connection: sa.Connection, row: sa.RowMapping, before: Streak | None, after: Streak | None
) -> None:
    if before == after:
        return
    table = schema.drift_streaks
    connection.execute(sa.delete(table).where(_mine(row)))
    if after is not None:
        connection.execute(
            sa.insert(table).values(
                pipeline_id=row["pipeline_id"],
                trigger=row["trigger"],
                count=after.count,
                since=after.since,
                told=after.told,
                told_at=after.told_at,
            )
        )
