"""The ledger as jobs: due times with what people call them and the runs that they led to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import Failure
from nbmlops.domain.jobs import Job, JobQuery, JobState, Label, SortField
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import ON_DEMAND, FireStatus
from nbmlops.domain.wire import decode, plain
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

_FIRES, _SCHEDULES, _RUNS = schema.fires, schema.schedules, schema.runs
_VERSIONS, _PIPELINES = schema.pipeline_versions, schema.pipelines
_OWN, _COMMON = schema.job_labels.alias("own"), schema.job_labels.alias("common")

_BY_ITSELF = sa.and_(_SCHEDULES.c.backfill.is_(True), _SCHEDULES.c.cron == ON_DEMAND)
_CANCELLED = sa.and_(_RUNS.c.status == RunStatus.CANCELLED, _FIRES.c.status == FireStatus.FAILED)
_STOPPING = sa.and_(
    _RUNS.c.cancelled_by.is_not(None),
    _RUNS.c.status == RunStatus.RUNNING,
    _FIRES.c.status == FireStatus.CLAIMED,
)
_STATE = sa.case(
    (sa.or_(_CANCELLED, _FIRES.c.status == FireStatus.SKIPPED), JobState.STOPPED.value),
    (_STOPPING, JobState.STOPPING.value),
    (_FIRES.c.status == FireStatus.DUE, JobState.QUEUED.value),
    (_FIRES.c.status == FireStatus.CLAIMED, JobState.RUNNING.value),
    (_FIRES.c.status == FireStatus.SUCCEEDED, JobState.SUCCEEDED.value),
    else_=JobState.FAILED.value,
)
_OPEN = {
    JobState.QUEUED: FireStatus.DUE,
    JobState.RUNNING: FireStatus.CLAIMED,
    JobState.STOPPING: FireStatus.CLAIMED,
}
_NAME = sa.func.coalesce(
    sa.func.nullif(_OWN.c.name, ""), sa.func.nullif(_COMMON.c.name, ""), _PIPELINES.c.name
)
_ORDER: dict[SortField, Any] = {
    "name": _NAME,
    "input_filename": _VERSIONS.c.notebook,
    "create_time": _FIRES.c.id,  # in the order of the ledger, which takes no sorting
    "start_time": _RUNS.c.started_at,
    "end_time": _RUNS.c.ended_at,
    "status": _STATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A label, and when it was given."""

    label: Label
    changed_at: datetime


class JobRecords:
    """Reads the ledger as jobs, and keeps what people call them.

    A job that was put away is not listed any more; its due time and its run stay. Backfills and
    what deleted schedules have left are no jobs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def label(self, schedule_id: int, fire_id: int | None, label: Label, *, at: datetime) -> None:
        """Keep what a schedule, or one of its due times, is called from now on."""
        with self._database.write() as connection:
            _keep(connection, schedule_id, fire_id, at, _columns(label))

    def remove(self, schedule_id: int, fire_id: int, *, at: datetime) -> None:
        """Put a job away."""
        with self._database.write() as connection:
            _keep(connection, schedule_id, fire_id, at, {"removed": True})

    def labels(self) -> dict[int, Labelled]:
        """What schedules are called, by their ids; those of which nothing was said have none."""
        table = schema.job_labels
        query = sa.select(table).where(table.c.fire_id.is_(None))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return {
                row["schedule_id"]: Labelled(label=_label_of(row), changed_at=row["changed_at"])
                for row in rows
            }

    def holder(self, version_id: int) -> int | None:
        """The id of what holds the single jobs of a version; ``None`` where there is none yet."""
        query = (
            sa.select(_SCHEDULES.c.id)
            .where(_BY_ITSELF, _SCHEDULES.c.pipeline_version_id == version_id)
            .where(_SCHEDULES.c.deleted.is_(False))
            .order_by(_SCHEDULES.c.id)
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).scalar()

    def with_key(self, key: str) -> int | None:
        """The id of the single job that was asked for under a key."""
        query = (
            sa.select(_FIRES.c.id)
            .join(_SCHEDULES, _SCHEDULES.c.id == _FIRES.c.schedule_id)
            .where(_BY_ITSELF, _FIRES.c.key == key)
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).scalar()

    def jobs(self, query: JobQuery) -> list[Job]:
        """Those that are asked for, in the order that is asked for."""
        asked = _columns_of_jobs().where(*_conditions(query))
        for name, descending in query.order:
            asked = asked.order_by(_ORDER[name].desc() if descending else _ORDER[name])
        asked = asked.order_by(_FIRES.c.id.desc()).limit(query.limit).offset(query.offset)
        with self._database.read() as connection:
            return [_job_of(row) for row in connection.execute(asked).mappings()]

    def count(self, query: JobQuery) -> int:
        """How many there are, whatever the limit."""
        asked = _joined(sa.select(sa.func.count())).where(*_conditions(query))
        with self._database.read() as connection:
            total: int = connection.execute(asked).scalar_one()
            return total

    def skip(self, fire_id: int, note: str) -> bool:
        """End a job that has not begun; ``False`` where it has."""
        waits = sa.and_(_FIRES.c.id == fire_id, _FIRES.c.status == FireStatus.DUE)
        values = {"status": FireStatus.SKIPPED, "note": note}
        with self._database.write() as connection:
            changed = connection.execute(sa.update(_FIRES).where(waits).values(**values))
            return changed.rowcount == 1


def _joined(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.select_from(_FIRES)
        .join(_SCHEDULES, _SCHEDULES.c.id == _FIRES.c.schedule_id)
        .join(_VERSIONS, _VERSIONS.c.id == _SCHEDULES.c.pipeline_version_id)
        .join(_PIPELINES, _PIPELINES.c.id == _VERSIONS.c.pipeline_id)
        .outerjoin(_RUNS, _RUNS.c.id == _FIRES.c.run_id)
        .outerjoin(_OWN, _OWN.c.fire_id == _FIRES.c.id)
        .outerjoin(
            _COMMON, sa.and_(_COMMON.c.schedule_id == _SCHEDULES.c.id, _COMMON.c.fire_id.is_(None))
        )
    )


def _columns_of_jobs() -> sa.Select[Any]:
    kept = ("tags", "formats", "options")
    labels = [one.c[name].label(f"{which}_{name}") for which, one in _LABELS for name in kept]
    return _joined(
        sa.select(
            _FIRES.c.id,
            _FIRES.c.schedule_id,
            _FIRES.c.queued_at,
            _FIRES.c.parameters,
            _FIRES.c.status.label("fire_status"),
            _FIRES.c.note,
            _SCHEDULES.c.parameters.label("common_parameters"),
            _SCHEDULES.c.pause_reason,
            sa.func.coalesce(_RUNS.c.pipeline_version_id, _SCHEDULES.c.pipeline_version_id).label(
                "version_id"
            ),
            _BY_ITSELF.label("by_itself"),
            _PIPELINES.c.name.label("pipeline"),
            _VERSIONS.c.notebook,
            _RUNS.c.number,
            _RUNS.c.started_at,
            _RUNS.c.ended_at,
            _RUNS.c.failure,
            _STATE.label("state"),
            _NAME.label("called"),
            _OWN.c.id.label("own"),
            *labels,
        )
    )


_LABELS = (("own", _OWN), ("common", _COMMON))


def _conditions(query: JobQuery) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [
        _SCHEDULES.c.deleted.is_(False),
        sa.or_(_SCHEDULES.c.backfill.is_(False), _BY_ITSELF),
        sa.func.coalesce(_OWN.c.removed, sa.false()).is_(False),
    ]
    if query.job is not None:
        found.append(_FIRES.c.id == query.job)
    if query.definition is not None:
        found += [_SCHEDULES.c.id == query.definition, sa.not_(_BY_ITSELF)]
    if query.state is not None:
        found.append(sa.literal(query.state.value) == _STATE)
    if query.state in _OPEN:  # says it again, in words for which there is an index
        found.append(_FIRES.c.status == _OPEN[query.state])
    if query.name:
        found.append(_NAME.startswith(query.name, autoescape=True))
    if query.since is not None:
        found.append(_RUNS.c.started_at >= query.since)
    found += [_tagged(tag) for tag in query.tags]
    return found


def _tagged(tag: str) -> sa.ColumnElement[bool]:
    tags = sa.cast(sa.func.coalesce(_OWN.c.tags, _COMMON.c.tags), sa.Text)
    return tags.contains(json.dumps(tag), autoescape=True)


def _keep(
    connection: sa.Connection,
    schedule_id: int,
    fire_id: int | None,
    at: datetime,
    values: Mapping[str, Any],
) -> None:
    table = schema.job_labels
    mine = sa.and_(
        table.c.schedule_id == schedule_id, table.c.fire_id.is_not_distinct_from(fire_id)
    )
    changed = connection.execute(sa.update(table).where(mine).values(**values, changed_at=at))
    if not changed.rowcount:
        connection.execute(
            sa.insert(table).values(
                **{**_columns(Label()), "removed": False, **values},
                schedule_id=schedule_id,
                fire_id=fire_id,
                changed_at=at,
            )
        )


def _columns(label: Label) -> dict[str, Any]:
    return {
        "name": label.name,
        "tags": list(label.tags),
        "formats": list(label.formats),
        "options": plain(dict(label.options)),
    }


def _label_of(row: sa.RowMapping) -> Label:
    return Label(
        name=row["name"],
        tags=tuple(row["tags"]),
        formats=tuple(row["formats"]),
        options=row["options"],
    )


def _job_of(row: sa.RowMapping) -> Job:
    which = "own" if row["own_formats"] is not None else "common"
    kept: Sequence[Any] = [row[f"{which}_{name}"] for name in ("tags", "formats", "options")]
    failure = decode(row["failure"], Failure).message if row["failure"] else None
    state = JobState(row["state"])
    waits = row["pause_reason"] if state is JobState.QUEUED else None
    label = Label(name=row["called"])
    if kept[0] is not None:
        label = replace(label, tags=tuple(kept[0]), formats=tuple(kept[1]), options=kept[2])
    return Job(
        id=row["id"],
        definition=None if row["by_itself"] else row["schedule_id"],
        pipeline=row["pipeline"],
        version_id=row["version_id"],
        notebook=row["notebook"],
        label=label,
        state=state,
        parameters=row["common_parameters"] | (row["parameters"] or {}),
        created_at=row["queued_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        run=row["number"],
        note=row["note"] or failure or waits,
    )
