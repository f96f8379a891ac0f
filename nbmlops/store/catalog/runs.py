"""Runs of pipelines and what each left behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import Artifact, Failure, ReportedOutput
from nbmlops.domain.pages import Position, RunChoice, RunPage
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Attempt, Run, RunStatus
from nbmlops.domain.wire import decode, encode, plain, structured
from nbmlops.store.catalog import run_pages, schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.drift import note_finding
from nbmlops.store.catalog.executions import artifact_of

_NO_RULES = RunRules()

_NAMING = 100
"""The newest runs of a list, whose parameters, metrics and outputs are its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """The process that drives a run; a reused process id has another start time.

    ``started_at`` is in seconds since the epoch, ``None`` where it cannot be known.
    """

    host: str
    process: int
    started_at: float | None


_RESUMED = schema.runs.alias("resumed")
_ROWS = (  # these are built once, as those of executions
    sa.select(
        schema.runs,
        schema.pipelines.c.name.label("pipeline"),
        schema.pipeline_versions.c.number.label("version"),
        _RESUMED.c.number.label("resumed_number"),
    )
    .join(schema.pipelines, schema.pipelines.c.id == schema.runs.c.pipeline_id)
    .join(
        schema.pipeline_versions,
        schema.pipeline_versions.c.id == schema.runs.c.pipeline_version_id,
    )
    .outerjoin(_RESUMED, _RESUMED.c.id == schema.runs.c.goes_on_with)
    .order_by(schema.runs.c.id.desc())
)
_RUN: sa.BindParameter[Any] = sa.bindparam("run")
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_BY_ID = _ROWS.where(schema.runs.c.id == _RUN)
_CANCELLED_BY = sa.select(schema.runs.c.cancelled_by).where(schema.runs.c.id == _RUN)
_ARTIFACTS = (
    sa.select(schema.run_artifacts)
    .where(schema.run_artifacts.c.run_id.in_(_IDS))
    .order_by(schema.run_artifacts.c.id)
)
_MADE, _TAKEN = schema.executions, schema.run_reuses
_METRICS = sa.union_all(
    sa.select(_MADE.c.run_id, schema.metrics.c.id, schema.metrics.c.name, schema.metrics.c.value)
    .join(_MADE, _MADE.c.id == schema.metrics.c.execution_id)
    .where(_MADE.c.run_id.in_(_IDS)),
    sa.select(_TAKEN.c.run_id, schema.metrics.c.id, schema.metrics.c.name, schema.metrics.c.value)
    .join(_TAKEN, _TAKEN.c.execution_id == schema.metrics.c.execution_id)
    .where(_TAKEN.c.run_id.in_(_IDS)),
)
_OUTPUTS = (
    sa.select(_MADE.c.run_id, _MADE.c.id, _MADE.c.reported).where(
        _MADE.c.run_id.in_(_IDS), _MADE.c.reported.is_not(None)
    ),
    sa.select(_TAKEN.c.run_id, _MADE.c.id, _MADE.c.reported)
    .join(_TAKEN, _TAKEN.c.execution_id == _MADE.c.id)
    .where(_TAKEN.c.run_id.in_(_IDS), _MADE.c.reported.is_not(None)),
)


class _TakenBackError(Exception):
    """What was written in a transaction is not kept."""


class RunRecords:
    """Opens a run before it does anything and closes it with what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self,
        version: PipelineVersion,
        *,
        parameters: Mapping[str, Any],
        trigger: str,
        author: str,
        started_at: datetime,
        process: ProcessIdentity,
        warnings: Sequence[str] = (),
        rules: RunRules = _NO_RULES,
        goes_on_with: int | None = None,
    ) -> Run:
        """Open a run under the next number of its pipeline.

        ``goes_on_with`` is the id of the run that it resumes.
        """
        with self._database.write() as connection:
            return _open(
                connection,
                version.id,
                parameters=plain(dict(parameters)),
                status=RunStatus.RUNNING,
                trigger=trigger,
                author=author,
                started_at=started_at,
                warnings=list(warnings),
                host=process.host,
                process=process.process,
                process_started_at=process.started_at,
                rules=plain(rules.said),
                goes_on_with=goes_on_with,
            )

    def finish(
        self,
        run: Run,
        *,
        status: RunStatus,
        ended_at: datetime,
        failure: Failure | None = None,
        artifacts: Iterable[Artifact] = (),
        warnings: Sequence[str] = (),
        attempts: Sequence[Attempt] = (),
    ) -> Run:
        """Close a run; one that has ended already stays as it is."""
        with self._database.write() as connection:
            return _close(
                connection,
                run.id,
                artifacts,
                status=status,
                ended_at=ended_at,
                failure=encode(failure).decode() if failure else None,
                warnings=[*run.warnings, *warnings],
                attempts=plain(list(attempts)),
            )

    def rehearse(self, run: Run) -> None:
        """Open and close one like this run, and take all of it back.

        The statements are then compiled, also for processes that are forked from this one.
        """
        with suppress(_TakenBackError), self._database.write() as connection:
            begun = _open(
                connection,
                run.version_id,
                parameters={},
                status=RunStatus.RUNNING,
                trigger="",
                author="",
                started_at=run.started_at,
                warnings=[],
                host="",
                process=0,
                process_started_at=None,
                rules={},
                goes_on_with=None,
            )
            _close(
                connection,
                begun.id,
                [Artifact(name="", media_type="", object="", size=0)],
                status=RunStatus.SUCCEEDED,
                ended_at=run.started_at,
                failure=None,
                warnings=[],
                attempts=[],
            )
            raise _TakenBackError

    def ask_to_cancel(self, run: Run, by: str) -> bool:
        """Write down that a run is to stop; ``False`` where it has ended, or was asked before."""
        table = schema.runs
        with self._database.write() as connection:
            changed = connection.execute(
                sa.update(table)
                .where(
                    table.c.id == run.id,
                    table.c.status == RunStatus.RUNNING,
                    table.c.cancelled_by.is_(None),
                )
                .values(cancelled_by=by)
            )
            return bool(changed.rowcount)

    def cancelled_by(self, run_id: int) -> str | None:
        """Who asked a run to stop; ``None`` where nobody did."""
        with self._database.read() as connection:
            return connection.execute(_CANCELLED_BY, {"run": run_id}).scalar()

    def add_artifacts(self, run: Run, artifacts: Iterable[Artifact]) -> Run:
        """Keep files of a closed run that were made later; those that it has stay as they are."""
        had = {item.name for item in run.artifacts}
        with self._database.write() as connection:
            _insert_artifacts(connection, run.id, [one for one in artifacts if one.name not in had])
            return _one(connection, run.id)

    def get(self, pipeline: str, number: int | None) -> Run | None:
        """One run; the latest where ``number`` is ``None``."""
        condition = schema.pipelines.c.name == pipeline
        if number is not None:
            condition &= schema.runs.c.number == number
        found = self._read(condition, limit=1)
        return found[0] if found else None

    def by_id(self, run_id: int) -> Run | None:
        """The run with that id."""
        with self._database.read() as connection:
            found = _found(connection, _BY_ID, {"run": run_id})
        return found[0] if found else None

    def newest(
        self, *, pipeline: str | None = None, notebook: str | None = None, limit: int = 50
    ) -> list[Run]:
        """The newest runs first."""
        condition: sa.ColumnElement[bool] = sa.true()
        if pipeline is not None:
            condition &= schema.pipelines.c.name == pipeline
        if notebook is not None:
            condition &= schema.pipeline_versions.c.notebook == notebook
        return self._read(condition, limit=limit)

    def page(
        self, choice: RunChoice, *, after: Position | None = None, skip: int = 0, limit: int = 100
    ) -> RunPage:
        """One page of the runs that are chosen, `skip` rows behind a position."""
        with self._database.read() as connection:
            page = run_pages.find(connection, choice, after=after, skip=skip, limit=limit)
            naming = []
            if page.total is not None:
                naming = run_pages.newest(connection, choice, page.newest, _NAMING)
            ids = {*page.ids, *naming}
            found = {run.id: run for run in _select(connection, schema.runs.c.id.in_(ids))}
        told = [found[run] for run in naming]
        first = page.total is not None
        return RunPage(
            total=page.total,
            newest=page.newest,
            rows=tuple(found[run] for run in page.ids),
            after=page.after,
            parameters=_names(run.parameters for run in told) if first else None,
            metrics=_names(run.metrics for run in told) if first else None,
            outputs=_names(run.outputs for run in told) if first else None,
        )

    def succeeded(
        self, version_id: int, parameters: Mapping[str, Any], *, looked_at: int = 5
    ) -> Run | None:
        """The newest whole run of a version that succeeded with these parameters.

        It is looked for among the latest.
        """
        table = schema.runs
        done = (table.c.pipeline_version_id == version_id) & (table.c.status == RunStatus.SUCCEEDED)
        wanted = plain(dict(parameters))
        found = self._read(done, limit=looked_at)
        whole = (run for run in found if not run.in_part)
        return next((run for run in whole if run.parameters == wanted), None)

    def started_by(self, trigger: str) -> list[Run]:
        """The runs with that trigger, newest first."""
        return self._read(schema.runs.c.trigger == trigger, limit=None)

    def references(self, run_ids: Iterable[int]) -> dict[int, str]:
        """``flights#3`` for each run id."""
        query = (
            sa.select(schema.runs.c.id, schema.pipelines.c.name, schema.runs.c.number)
            .join(schema.pipelines, schema.pipelines.c.id == schema.runs.c.pipeline_id)
            .where(schema.runs.c.id.in_(list(run_ids)))
        )
        with self._database.read() as connection:
            return {row.id: f"{row.name}#{row.number}" for row in connection.execute(query)}

    def open_processes(self) -> list[tuple[Run, ProcessIdentity]]:
        """The runs that say they are running, with the process that drives each."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(schema.runs).where(schema.runs.c.status == RunStatus.RUNNING)
            ).mappings()
            drivers = {
                row["id"]: ProcessIdentity(
                    host=row["host"],
                    process=row["process"],
                    started_at=row["process_started_at"],
                )
                for row in rows
            }
            found = _select(connection, schema.runs.c.id.in_(list(drivers)))
        return [(run, drivers[run.id]) for run in found]

    def left_open(self, trigger: str, run_id: int | None) -> list[Run]:
        """Those with a trigger, and the one with an id, that say they are running."""
        table = schema.runs
        mine = sa.or_(table.c.trigger == trigger, table.c.id == run_id)
        return self._read((table.c.status == RunStatus.RUNNING) & mine, limit=None)

    def _read(self, condition: sa.ColumnElement[bool], *, limit: int | None) -> list[Run]:
        with self._database.read() as connection:
            return _select(connection, condition, limit=limit)


def _names(kept: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in kept for name in names}))


def _open(connection: sa.Connection, version_id: int, **values: Any) -> Run:
    """Add a run under the next number of its pipeline."""
    table, versions = schema.runs, schema.pipeline_versions
    pipeline_id = connection.execute(
        sa.select(versions.c.pipeline_id).where(versions.c.id == version_id)
    ).scalar_one()
    latest = connection.execute(
        sa.select(sa.func.max(table.c.number)).where(table.c.pipeline_id == pipeline_id)
    ).scalar()
    known = {
        "pipeline_id": pipeline_id,
        "number": (latest or 0) + 1,
        "pipeline_version_id": version_id,
    }
    run_id = connection.execute(
        sa.insert(table).values(known | values).returning(table.c.id)
    ).scalar_one()
    (row,) = connection.execute(_BY_ID, {"run": run_id}).mappings().all()
    return _run(row, [], {}, {})


def _close(
    connection: sa.Connection, run_id: int, artifacts: Iterable[Artifact], **values: Any
) -> Run:
    """Write how a run has ended, unless that is known."""
    table = schema.runs
    changed = connection.execute(
        sa.update(table)
        .where(table.c.id == run_id, table.c.status == RunStatus.RUNNING)
        .values(values)
    )
    if changed.rowcount:
        _insert_artifacts(connection, run_id, artifacts)
        note_finding(connection, run_id)
    return _one(connection, run_id)


def _insert_artifacts(
    connection: sa.Connection, run_id: int, artifacts: Iterable[Artifact]
) -> None:
    rows = [
        {
            "run_id": run_id,
            "name": artifact.name,
            "media_type": artifact.media_type,
            "object": artifact.object,
            "size": artifact.size,
        }
        for artifact in artifacts
    ]
    if rows:
        connection.execute(sa.insert(schema.run_artifacts), rows)


def _select(
    connection: sa.Connection, condition: sa.ColumnElement[bool], *, limit: int | None = None
) -> list[Run]:
    return _found(connection, _ROWS.where(condition).limit(limit), {})


def _one(connection: sa.Connection, run_id: int) -> Run:
    return _found(connection, _BY_ID, {"run": run_id})[0]


def _found(connection: sa.Connection, query: sa.Select[Any], given: Mapping[str, Any]) -> list[Run]:
    rows = connection.execute(query, given).mappings().all()
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    artifacts = _artifacts(connection, ids)
    metrics = _metrics(connection, ids)
    outputs = _outputs(connection, ids)
    return [
        _run(
            row,
            artifacts.get(row["id"], []),
            metrics.get(row["id"], {}),
            outputs.get(row["id"], {}),
        )
        for row in rows
    ]


def _artifacts(connection: sa.Connection, ids: list[int]) -> dict[int, list[Artifact]]:
    grouped: dict[int, list[Artifact]] = {}
    for row in connection.execute(_ARTIFACTS, {"ids": ids}).mappings():
        grouped.setdefault(row["run_id"], []).append(artifact_of(row))
    return grouped


def _metrics(connection: sa.Connection, ids: list[int]) -> dict[int, dict[str, float]]:
    """The last value of each metric of each run, of results that it has taken as well."""
    grouped: dict[int, dict[str, float]] = {}
    rows = connection.execute(_METRICS, {"ids": ids}).all()
    for run_id, _, name, value in sorted(rows, key=lambda row: int(row[1])):
        grouped.setdefault(run_id, {})[name] = value
    return grouped


def _outputs(connection: sa.Connection, ids: list[int]) -> dict[int, dict[str, ReportedOutput]]:
    """The last result under each name of each run, of results that it has taken as well."""
    rows = [row for query in _OUTPUTS for row in connection.execute(query, {"ids": ids})]
    grouped: dict[int, dict[str, ReportedOutput]] = {}
    for run_id, _, reported in sorted(rows, key=lambda row: int(row[1])):
        for found in structured(reported, tuple[ReportedOutput, ...]):
            grouped.setdefault(run_id, {})[found.name] = found
    return grouped


def _run(
    row: sa.RowMapping,
    artifacts: list[Artifact],
    metrics: dict[str, float],
    outputs: dict[str, ReportedOutput],
) -> Run:
    return Run(
        id=row["id"],
        pipeline=row["pipeline"],
        number=row["number"],
        version=row["version"],
        version_id=row["pipeline_version_id"],
        parameters=row["parameters"],
        status=RunStatus(row["status"]),
        trigger=row["trigger"],
        author=row["author"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        failure=decode(row["failure"], Failure) if row["failure"] else None,
        artifacts=tuple(artifacts),
        metrics=metrics,
        outputs=outputs,
        warnings=tuple(row["warnings"]),
        rules=RunRules.kept(row["rules"]),
        attempts=structured(row["attempts"] or [], tuple[Attempt, ...]),
        cancelled_by=row["cancelled_by"],
        goes_on_with=f"{row['pipeline']}#{row['resumed_number']}"
        if row["resumed_number"] is not None
        else None,
    )
