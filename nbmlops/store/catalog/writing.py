"""The statements that add an execution to the ledger, made once: they run after every cell."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import Artifact, ExecutionRecord, Metric, Step, StepVersion
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.wire import encode, plain
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.versions import version_of

_steps, _versions = schema.steps, schema.step_versions

_FIND_STEP = sa.select(_steps).where(
    _steps.c.notebook == sa.bindparam("notebook"), _steps.c.name == sa.bindparam("name")
)
_ADD_STEP = upsert(_steps).on_conflict_do_nothing()
_FIND_VERSION = sa.select(_versions).where(
    _versions.c.step_id == sa.bindparam("step_id"), _versions.c.digest == sa.bindparam("digest")
)
_LAST_NUMBER = sa.select(sa.func.max(_versions.c.number)).where(
    _versions.c.step_id == sa.bindparam("step_id")
)
_ADD_VERSION = sa.insert(_versions).returning(_versions)
_ADD_EXECUTION = sa.insert(schema.executions).returning(schema.executions.c.id)
_ADD_VALUES = sa.insert(schema.execution_values)
_ADD_METRICS = sa.insert(schema.metrics)
_ADD_ARTIFACTS = sa.insert(schema.execution_artifacts)
_ADD_FILES = sa.insert(schema.execution_files)
_ADD_EXTERNALS = sa.insert(schema.execution_externals)


def version_for(connection: sa.Connection, record: ExecutionRecord) -> StepVersion:
    """The version of a step that a record's digest makes; added where it is new."""
    step = _step_for(connection, record.notebook, str(record.step))
    found = {"step_id": step.id, "digest": record.digest}
    known = connection.execute(_FIND_VERSION, found).one_or_none()
    if known is not None:
        return version_of(known, step)
    last = connection.execute(_LAST_NUMBER, {"step_id": step.id}).scalar()
    row = connection.execute(
        _ADD_VERSION,
        {
            **found,
            "number": 1 + (last or 0),
            "source": record.source,
            "definitions": record.definitions,
            "author": record.author,
            "created_at": record.started_at,
        },
    ).one()
    return version_of(row, step)


def _step_for(connection: sa.Connection, notebook: str, name: str) -> Step:
    named = {"notebook": notebook, "name": name}
    row = connection.execute(_FIND_STEP, named).one_or_none()
    if row is None:
        connection.execute(_ADD_STEP, named)
        row = connection.execute(_FIND_STEP, named).one()
    return Step(id=row.id, notebook=row.notebook, name=row.name)


def insert_execution(
    connection: sa.Connection, record: ExecutionRecord, version: StepVersion | None
) -> int:
    """Add an execution without its details; returns its id."""
    execution_id = connection.execute(
        _ADD_EXECUTION,
        {
            "version_id": version.id if version else None,
            "run_id": record.run_id,
            "notebook": record.notebook,
            "cell_id": record.cell_id,
            "source": record.source,
            "digest": record.digest,
            "session": record.session,
            "execution_count": record.execution_count,
            "started_at": record.started_at,
            "duration": record.duration,
            "peak_memory": record.peak_memory,
            "status": record.status,
            "failure": encode(record.failure).decode() if record.failure else None,
            "deleted": list(record.deleted),
            "inputs_complete": record.inputs_complete,
            "inputs_note": record.inputs_note,
            "parameters": plain(record.parameters),
            "environment": record.environment,
            "random_state": record.random_state,
            "git_commit": record.git.commit if record.git else None,
            "git_dirty": record.git.dirty if record.git else None,
            "travelled_to": record.travelled_to,
            "reported": plain(record.reported) if record.reported else None,
            "author": record.author,
        },
    ).scalar_one()
    return int(execution_id)


def insert_details(connection: sa.Connection, execution_id: int, record: ExecutionRecord) -> None:
    """Add what an execution read, made, measured, displayed and used."""
    values = [
        _value_row(direction, value)
        for direction, group in (
            ("in", record.inputs),
            ("out", record.outputs),
            ("left", record.left),
            ("sample", record.samples),
        )
        for value in group
    ]
    for statement, rows in (
        (_ADD_VALUES, values),
        (_ADD_METRICS, [_fields(metric) for metric in record.metrics]),
        (_ADD_ARTIFACTS, [_fields(artifact) for artifact in record.artifacts]),
        (_ADD_FILES, [_fields(file) for file in record.files]),
        (_ADD_EXTERNALS, [_fields(external) for external in record.externals]),
    ):
        if rows:
            connection.execute(statement, [{"execution_id": execution_id, **row} for row in rows])


def _fields(noun: Metric | Artifact | FileAccess | ExternalAccess) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in noun.__dataclass_fields__}


def _value_row(direction: str, value: ValueRecord) -> dict[str, Any]:
    return {
        "direction": direction,
        "name": value.name,
        "fingerprint": value.fingerprint,
        "summary": encode(value.summary).decode(),
        "manifest": value.manifest,
        "reason": value.reason,
    }
