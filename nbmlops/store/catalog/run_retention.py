"""Giving up the files of old runs of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus, Schedule
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.references import RELEASED
from nbmlops.store.catalog.schedule_rows import schedules_where

_RUNS = schema.runs
_FILES = schema.run_artifacts
_OUTPUTS = schema.execution_artifacts
_EXECUTIONS = schema.executions
_REUSES = schema.run_reuses
_FIRES = schema.fires


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRun:
    """A run whose files a schedule keeps no longer."""

    id: int
    pipeline: str
    number: int


class RunRetentionRecords:
    """Finds the runs of schedules that have become old, and takes their files from the records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def schedules(self) -> list[Schedule]:
        """Every schedule that is not deleted."""
        with self._database.read() as connection:
            return schedules_where(connection, schema.schedules.c.deleted.is_(False))

    def old(
        self, schedule_id: int, trigger: str, *, keep: int | None, since: datetime | None
    ) -> list[OldRun]:
        """The runs of a schedule that have files which neither limit keeps, oldest first.

        Never old are: what runs, and what a due time that has not ended led to; the newest run
        that succeeded; a run that another one with files goes on with or has taken results of;
        and one of which an execution was verified.

        Args:
            schedule_id: the schedule.
            trigger: what its runs say that started them.
            keep: of how many of its newest runs the files stay.
            since: the files of runs that have begun since stay.
        """
        mine = _RUNS.c.trigger == trigger
        old = [mine, _RUNS.c.status != RunStatus.RUNNING, _has_files(_RUNS.c.id)]
        if keep is not None:
            newest = sa.select(_RUNS.c.id).where(mine).order_by(_RUNS.c.id.desc()).limit(keep)
            old.append(_RUNS.c.id.not_in(newest.scalar_subquery()))
        if since is not None:
            old.append(_RUNS.c.started_at < since)
        good = sa.select(sa.func.max(_RUNS.c.id)).where(mine, _RUNS.c.status == RunStatus.SUCCEEDED)
        with self._database.read() as connection:
            best = connection.execute(good).scalar()
            query = (
                sa.select(_RUNS.c.id, schema.pipelines.c.name, _RUNS.c.number)
                .join(schema.pipelines, schema.pipelines.c.id == _RUNS.c.pipeline_id)
                .where(*old, _RUNS.c.id != (best or 0), sa.not_(_needed(schedule_id)))
                .order_by(_RUNS.c.id)
            )
            rows = connection.execute(query).all()
        return [OldRun(id=row[0], pipeline=row[1], number=row[2]) for row in rows]

    def release(self, runs: Sequence[OldRun]) -> None:
        """Take the files and displayed outputs of runs from their records, which stay.

        Displayed outputs of the newest execution of a version stay: they belong to a result that
        may be taken again.
        """
        for run in runs:
            with self._database.write() as connection:
                self._release(connection, run)

    def _release(self, connection: sa.Connection, run: OldRun) -> None:
        later = _EXECUTIONS.alias("later")
        has_later = sa.exists().where(
            later.c.version_id == _EXECUTIONS.c.version_id,
            later.c.id > _EXECUTIONS.c.id,
            later.c.status == _EXECUTIONS.c.status,
        )
        going = sa.select(_EXECUTIONS.c.id).where(
            _EXECUTIONS.c.run_id == run.id, has_later | _EXECUTIONS.c.version_id.is_(None)
        )
        connection.execute(
            sa.update(_OUTPUTS)
            .where(_OUTPUTS.c.execution_id.in_(going.scalar_subquery()))
            .values(object=RELEASED)
        )
        connection.execute(
            sa.update(_FILES).where(_FILES.c.run_id == run.id).values(object=RELEASED)
        )

    def removed(self, run_ids: Sequence[int]) -> set[int]:
        """Which of these runs had files that were removed."""
        query = sa.select(_FILES.c.run_id).where(
            _FILES.c.run_id.in_(list(run_ids)), _FILES.c.object == RELEASED
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())


def _has_files(run_id: sa.ColumnElement[Any]) -> sa.Exists:
    return sa.exists().where(_FILES.c.run_id == run_id, _FILES.c.object != RELEASED)


def _needed(schedule_id: int) -> sa.ColumnElement[bool]:
    """Whether somebody else refers to a run."""
    later, mine = _RUNS.alias("later"), _EXECUTIONS.c.run_id == _RUNS.c.id
    return sa.or_(
        sa.exists().where(later.c.goes_on_with == _RUNS.c.id, _has_files(later.c.id)),
        sa.exists().where(
            _EXECUTIONS.c.id == _REUSES.c.execution_id, mine, _has_files(_REUSES.c.run_id)
        ),
        sa.exists().where(_EXECUTIONS.c.id == schema.verifications.c.execution_id, mine),
        sa.exists().where(
            _FIRES.c.schedule_id == schedule_id,
            _FIRES.c.run_id == _RUNS.c.id,
            _FIRES.c.status.in_((FireStatus.DUE, FireStatus.CLAIMED)),
        ),
    )
