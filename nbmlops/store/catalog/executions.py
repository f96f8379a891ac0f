"""The ledger of executions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import (
    Artifact,
    CellRun,
    Execution,
    ExecutionRecord,
    ExecutionStatus,
    Failure,
    Metric,
    ReportedOutput,
    Step,
)
from nbmlops.domain.pages import Choice, ExecutionPage, Position
from nbmlops.domain.values import NO_ROOM, ValueRecord, ValueSummary
from nbmlops.domain.wire import decode, structured
from nbmlops.store.catalog import newest, pages, schema, storing
from nbmlops.store.catalog.briefs import ExecutionBrief, latest, read_briefs, speaking
from nbmlops.store.catalog.recording import Recording
from nbmlops.store.catalog.versions import version_of

# Built once: SQLAlchemy takes longer to build a statement, and to find it among those that it has
# compiled, than SQLite takes to answer it.
_ROWS = (
    sa.select(schema.executions, schema.step_versions, schema.steps)
    .outerjoin(schema.step_versions, schema.executions.c.version_id == schema.step_versions.c.id)
    .outerjoin(schema.steps, schema.step_versions.c.step_id == schema.steps.c.id)
    .order_by(schema.executions.c.id)
    .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
)
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_BY_IDS = _ROWS.where(schema.executions.c.id.in_(_IDS))
_OF_RUN = _ROWS.where(schema.executions.c.run_id == sa.bindparam("run"))
_ENVIRONMENT = sa.select(schema.environments.c.content).where(
    schema.environments.c.digest == sa.bindparam("digest")
)
_ENVIRONMENTS_OF_RUN = (
    sa.select(schema.executions.c.environment)
    .where(schema.executions.c.run_id == sa.bindparam("run"))
    .distinct()
)
_RUNS_OF_CELLS = (
    sa.select(*(schema.executions.c[name] for name in ("id", "cell_id", "session", "source")))
    .where(
        schema.executions.c.notebook == sa.bindparam("notebook"),
        schema.executions.c.cell_id.in_(sa.bindparam("cells", expanding=True)),
        schema.executions.c.run_id.is_(None),
    )
    .order_by(schema.executions.c.id)
)
_NO_ROOM_IN_RUN = (
    sa.select(schema.execution_values.c.name)
    .join(schema.executions, schema.executions.c.id == schema.execution_values.c.execution_id)
    .where(
        schema.executions.c.run_id == sa.bindparam("run"),
        schema.execution_values.c.reason.contains(NO_ROOM),
    )
    .order_by(schema.execution_values.c.id)
)
_DETAILS = {
    table: sa.select(table).where(table.c.execution_id.in_(_IDS)).order_by(table.c.id)
    for table in (
        schema.execution_values,
        schema.metrics,
        schema.execution_artifacts,
        schema.execution_files,
        schema.execution_externals,
    )
}


class ExecutionRecords(Recording):
    """Keeps what the recorder found, and reads it back."""

    def environment(self, digest: str) -> Environment | None:
        """The environment with that digest."""
        with self._database.read() as connection:
            content = connection.execute(_ENVIRONMENT, {"digest": digest}).scalar()
        return None if content is None else structured(content, Environment)

    def latest_with_environment(self) -> int | None:
        """The number of the newest execution of which the environment is known."""
        table = schema.executions
        query = (
            sa.select(table.c.id)
            .where(table.c.environment.is_not(None))
            .order_by(table.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def newest(self) -> int | None:
        """The id of the newest execution of the project."""
        query = sa.select(sa.func.max(schema.executions.c.id))
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def newest_since(self, execution: int) -> dict[str, int]:
        """The notebooks of which something was recorded after an execution, with the newest id."""
        table = schema.executions
        query = (
            sa.select(table.c.notebook, sa.func.max(table.c.id).label("id"))
            .where(table.c.id > execution)
            .group_by(table.c.notebook)
        )
        with self._database.read() as connection:
            return {row.notebook: row.id for row in connection.execute(query)}

    def representative(self, version_ids: Sequence[int]) -> dict[int, Execution]:
        """The execution that speaks for each of these versions, by version id.

        The latest that succeeded in the notebook; else the latest that succeeded in a pipeline
        run, which may have had other parameters; else the latest.
        """
        found = self._select(schema.executions.c.id.in_(speaking(version_ids)))
        return {execution.version.id: execution for execution in found if execution.version}

    def last_statuses(self, version_ids: Sequence[int]) -> dict[int, ExecutionStatus]:
        """How the very latest execution of each of these versions ended, by version id."""
        table = schema.executions
        query = sa.select(table.c.version_id, table.c.status).where(
            table.c.id.in_(latest(version_ids))
        )
        with self._database.read() as connection:
            return {
                row.version_id: ExecutionStatus(row.status) for row in connection.execute(query)
            }

    def briefs(self, version_ids: Sequence[int]) -> dict[int, ExecutionBrief]:
        """What lists say of the executions that `representative` finds, by version id."""
        with self._database.read() as connection:
            chosen = schema.executions.c.id.in_(speaking(version_ids))
            return {brief.version_id: brief for brief in read_briefs(connection, chosen)}

    def briefs_of(self, version_id: int) -> list[ExecutionBrief]:
        """What lists say of every execution of a version, oldest first."""
        with self._database.read() as connection:
            return read_briefs(connection, schema.executions.c.version_id == version_id)

    def last_brief(self, version_id: int) -> ExecutionBrief | None:
        """What lists say of the very latest execution of a version; ``None`` without any."""
        with self._database.read() as connection:
            found = read_briefs(connection, schema.executions.c.id.in_(latest([version_id])))
        return found[-1] if found else None

    def of_version(self, version_id: int) -> list[Execution]:
        """Every execution of a version, oldest first."""
        return self._select(schema.executions.c.version_id == version_id)

    def by_ids(self, execution_ids: Collection[int]) -> dict[int, Execution]:
        """The executions with these ids, by id."""
        wanted = list(execution_ids)
        found = self._read(_BY_IDS, {"ids": wanted}) if wanted else []
        return {execution.id: execution for execution in found}

    def origins_of(self, executions: Collection[Execution]) -> dict[int, Execution]:
        """The executions whose values some of these put back, by id."""
        ids = {found.record.restored_from for found in executions} - {None}
        return self.by_ids([key for key in ids if key is not None]) if ids else {}

    def of_run(self, run_id: int) -> list[Execution]:
        """Every execution that a run made, in order."""
        return self._read(_OF_RUN, {"run": run_id})

    def environments_of_run(self, run_id: int) -> set[str | None]:
        """The digests of the environments in which a run executed something."""
        with self._database.read() as connection:
            return set(connection.execute(_ENVIRONMENTS_OF_RUN, {"run": run_id}).scalars())

    def without_room_in_run(self, run_id: int) -> list[str]:
        """The values of a run that were not kept because the store could not be written."""
        with self._database.read() as connection:
            return list(connection.execute(_NO_ROOM_IN_RUN, {"run": run_id}).scalars())

    def latest_by_cell(
        self, notebook: str, *, besides: Collection[int] = ()
    ) -> dict[str, Execution]:
        """The latest interactive execution of each cell of a notebook, by cell id.

        Args:
            notebook: its key.
            besides: executions that do not count.
        """
        found = self._select(schema.executions.c.id.in_(newest.of_cells(notebook, besides)))
        return {str(execution.record.cell_id): execution for execution in found}

    def latest_by_step(
        self, notebook: str, *, besides: Collection[int] = ()
    ) -> dict[str, Execution]:
        """The latest interactive execution of each step of a notebook, by the step's name.

        Args:
            notebook: its key.
            besides: executions that do not count.
        """
        found = self._select(schema.executions.c.id.in_(newest.of_steps(notebook, besides)))
        return {str(execution.record.step): execution for execution in found}

    def page(
        self, choice: Choice, *, after: Position | None = None, skip: int = 0, limit: int = 100
    ) -> ExecutionPage:
        """A part of the list of all executions of steps.

        Args:
            choice: which executions, in which order.
            after: where it begins; at the start where it is ``None``.
            skip: how many rows to pass over from there.
            limit: rows at most.
        """
        with self._database.read() as connection:
            return pages.read_page(connection, choice, after=after, skip=skip, limit=limit)

    def metric_names(self, limit: int) -> tuple[str, ...]:
        """The metrics that were ever recorded, in alphabetical order."""
        with self._database.read() as connection:
            return pages.metric_names(connection, limit)

    def session_cells(self, session: str) -> list[Execution]:
        """What a kernel session ran, in order."""
        return self._select(schema.executions.c.session == session)

    def runs_of_cells(self, notebook: str, cells: Collection[str]) -> list[CellRun]:
        """The interactive executions of some cells of a notebook, oldest first.

        Args:
            notebook: its key.
            cells: the ids of the cells.
        """
        if not cells:
            return []
        given = {"notebook": notebook, "cells": list(cells)}
        with self._database.read() as connection:
            return [CellRun(*row) for row in connection.execute(_RUNS_OF_CELLS, given)]

    def has_begun(self, session: str, at: datetime) -> bool:
        """Whether a kernel session has a record of what it began to run at a time."""
        table = schema.executions
        query = sa.select(table.c.id).where(table.c.session == session, table.c.started_at == at)
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).scalar() is not None

    def _select(self, condition: sa.ColumnElement[bool]) -> list[Execution]:
        return self._read(_ROWS.where(condition), {})

    def _read(self, query: sa.Select[Any], given: Mapping[str, Any]) -> list[Execution]:
        with self._database.read() as connection:
            rows = connection.execute(query, given).mappings().all()
            details = _Details(connection, [row["executions_id"] for row in rows])
            return [_execution(row, details) for row in rows]


class _Details:
    """Values, metrics, artifacts and accesses of many executions, read with one query each."""

    def __init__(self, connection: sa.Connection, ids: Sequence[int]) -> None:
        self.values = _grouped(connection, schema.execution_values, ids)
        self.metrics = _grouped(connection, schema.metrics, ids)
        self.artifacts = _grouped(connection, schema.execution_artifacts, ids)
        self.files = _grouped(connection, schema.execution_files, ids)
        self.externals = _grouped(connection, schema.execution_externals, ids)

    def values_of(self, execution_id: int, direction: str) -> tuple[ValueRecord, ...]:
        return tuple(
            value_of(row)
            for row in self.values.get(execution_id, ())
            if row["direction"] == direction
        )

    def metrics_of(self, execution_id: int) -> tuple[Metric, ...]:
        return tuple(
            Metric(
                name=row["name"],
                value=row["value"],
                step=row["step"],
                recorded_at=row["recorded_at"],
            )
            for row in self.metrics.get(execution_id, ())
        )

    def artifacts_of(self, execution_id: int) -> tuple[Artifact, ...]:
        return tuple(artifact_of(row) for row in self.artifacts.get(execution_id, ()))

    def files_of(self, execution_id: int) -> tuple[FileAccess, ...]:
        return tuple(
            FileAccess(
                path=row["path"],
                mode=row["mode"],
                digest=row["digest"],
                size=row["size"],
                known_by=row["known_by"],
            )
            for row in self.files.get(execution_id, ())
        )

    def externals_of(self, execution_id: int) -> tuple[ExternalAccess, ...]:
        return tuple(
            ExternalAccess(kind=row["kind"], name=row["name"], detail=row["detail"])
            for row in self.externals.get(execution_id, ())
        )


def value_of(row: sa.RowMapping) -> ValueRecord:
    """A value from a row of the table of inputs and outputs."""
    return ValueRecord(
        name=row["name"],
        fingerprint=row["fingerprint"],
        summary=decode(row["summary"], ValueSummary),
        manifest=row["manifest"],
        reason=storing.told(row["reason"]),
    )


def artifact_of(row: sa.RowMapping) -> Artifact:
    """An artifact from a row of either artifact table."""
    return Artifact(
        name=row["name"], media_type=row["media_type"], object=row["object"], size=row["size"]
    )


def _grouped(
    connection: sa.Connection, table: sa.Table, ids: Sequence[int]
) -> dict[int, list[sa.RowMapping]]:
    grouped: dict[int, list[sa.RowMapping]] = {}
    if not ids:
        return grouped
    for row in connection.execute(_DETAILS[table], {"ids": ids}).mappings():
        grouped.setdefault(row["execution_id"], []).append(row)
    return grouped


def _execution(row: sa.RowMapping, details: _Details) -> Execution:
    field = _prefixed(row, "executions_")
    execution_id = field["id"]
    version = None
    if field["version_id"] is not None:
        step = Step(id=row["steps_id"], notebook=row["steps_notebook"], name=row["steps_name"])
        version = version_of(_prefixed(row, "step_versions_"), step)
    record = ExecutionRecord(
        notebook=field["notebook"],
        step=version.step.name if version else None,
        cell_id=field["cell_id"],
        source=field["source"],
        digest=field["digest"],
        definitions=version.definitions if version else {},
        session=field["session"],
        run_id=field["run_id"],
        execution_count=field["execution_count"],
        started_at=field["started_at"],
        duration=field["duration"],
        peak_memory=field["peak_memory"],
        status=ExecutionStatus(field["status"]),
        failure=decode(field["failure"], Failure) if field["failure"] else None,
        inputs=details.values_of(execution_id, "in"),
        outputs=details.values_of(execution_id, "out"),
        deleted=tuple(field["deleted"]),
        inputs_complete=field["inputs_complete"],
        inputs_note=field["inputs_note"],
        parameters=field["parameters"],
        metrics=details.metrics_of(execution_id),
        artifacts=details.artifacts_of(execution_id),
        reported=structured(field["reported"] or [], tuple[ReportedOutput, ...]),
        files=details.files_of(execution_id),
        externals=details.externals_of(execution_id),
        environment=field["environment"],
        random_state=field["random_state"],
        git=_git_of(field),
        left=details.values_of(execution_id, "left"),
        samples=details.values_of(execution_id, "sample"),
        travelled_to=field["travelled_to"],
        author=field["author"],
    )
    return Execution(id=execution_id, version=version, record=record)


def _git_of(field: dict[str, Any]) -> GitState | None:
    if field["git_commit"] is None:
        return None
    return GitState(commit=field["git_commit"], dirty=bool(field["git_dirty"]))


def _prefixed(row: sa.RowMapping, prefix: str) -> dict[str, Any]:
    return {key[len(prefix) :]: row[key] for key in row if key.startswith(prefix)}
