"""The statements that add an execution to the ledger, made once: they run after every cell."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import Artifact, ExecutionRecord, Metric, Step, StepVersion
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.wire import encode, plain
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.column_types import from_json, to_json
from nbmlops.store.catalog.prepared import Appending, Prepared
from nbmlops.store.catalog.upsert import insert_new
from nbmlops.store.catalog.versions import version_of

_steps, _versions = schema.steps, schema.step_versions

_STEP = ("notebook", "name")
_VERSION = ("step_id", "digest", "number", "source", "definitions", "author", "created_at")

_FIND_STEP = Prepared(
    sa.select(_steps).where(*(_steps.c[name] == sa.bindparam(name) for name in _STEP))
)
_ADD_STEP = Prepared(insert_new(_steps), _STEP)
_FIND_VERSION = Prepared(
    sa.select(_versions)
    .join(_steps, _versions.c.step_id == _steps.c.id)
    .where(
        *(_steps.c[name] == sa.bindparam(name) for name in _STEP),
        _versions.c.digest == sa.bindparam("digest"),
    )
)
_LAST_NUMBER = Prepared(
    sa.select(sa.func.max(_versions.c.number).label("number")).where(
        _versions.c.step_id == sa.bindparam("step_id")
    )
)
_ADD_VERSION = Prepared(sa.insert(_versions).returning(_versions), _VERSION)


def _columns(table: sa.Table) -> list[str]:
    return [column.key for column in table.columns if column.key != "id"]


def _insert(table: sa.Table) -> Prepared:
    return Prepared(sa.insert(table), _columns(table))


_ADD_EXECUTION = Prepared(
    sa.insert(schema.executions).returning(schema.executions.c.id), _columns(schema.executions)
)
_ADD_COMMIT = Prepared(
    sa.update(schema.executions)
    .where(
        schema.executions.c.id == sa.bindparam("execution_id"),
        schema.executions.c.git_commit.is_(None),
    )
    .values(git_commit=sa.bindparam("commit"), git_dirty=sa.bindparam("dirty"))
)
_ADD_ENVIRONMENT = Prepared(insert_new(schema.environments), _columns(schema.environments))
_ADD_VALUES = _insert(schema.execution_values)
_ADD_METRICS = _insert(schema.metrics)
_ADD_ARTIFACTS = _insert(schema.execution_artifacts)
_ADD_FILES = _insert(schema.execution_files)
_ADD_EXTERNALS = _insert(schema.execution_externals)

_ALL = (
    _FIND_STEP, _ADD_STEP, _FIND_VERSION, _LAST_NUMBER, _ADD_VERSION, _ADD_EXECUTION,
    _ADD_COMMIT, _ADD_ENVIRONMENT, _ADD_VALUES, _ADD_METRICS, _ADD_ARTIFACTS, _ADD_FILES,
    _ADD_EXTERNALS,
)  # fmt: skip


def compile_for_sqlite() -> None:
    """Compile all statements now, so that processes that are forked from this one need not."""
    engine = sa.create_engine("sqlite://", json_serializer=to_json, json_deserializer=from_json)
    with engine.connect():  # asks what this SQLite can do
        for statement in _ALL:
            statement.for_driver(engine.dialect)
    engine.dispose()


def insert_environment(ledger: Appending, environment: Environment) -> None:
    """Add an environment, unless it is there."""
    kept = {"digest": environment.digest, "content": plain(environment)}
    ledger.run(_ADD_ENVIRONMENT, [kept])


def version_for(ledger: Appending, record: ExecutionRecord) -> StepVersion:
    """The version of a step that a record's digest makes; added where it is new."""
    named = {"notebook": record.notebook, "name": record.step}
    known = ledger.first(_FIND_VERSION, {**named, "digest": record.digest})
    if known is not None:
        step = Step(id=known["step_id"], notebook=record.notebook, name=str(record.step))
        return version_of(known, step)
    step = _step_for(ledger, named)
    return version_of(_added(ledger, {"step_id": step.id, "digest": record.digest}, record), step)


def _added(ledger: Appending, wanted: dict[str, Any], record: ExecutionRecord) -> dict[str, Any]:
    last = ledger.only(_LAST_NUMBER, wanted)["number"]
    return ledger.only(
        _ADD_VERSION,
        {
            **wanted,
            "number": 1 + (last or 0),
            "source": record.source,
            "definitions": record.definitions,
            "author": record.author,
            "created_at": record.started_at,
        },
    )


def _step_for(ledger: Appending, named: dict[str, Any]) -> Step:
    row = ledger.first(_FIND_STEP, named)
    if row is None:
        ledger.run(_ADD_STEP, [named])
        row = ledger.only(_FIND_STEP, named)
    return Step(**row)


def insert_execution(
    ledger: Appending, record: ExecutionRecord, version: StepVersion | None
) -> int:
    """Add an execution without its details; returns its id."""
    row = ledger.only(
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
            "parameters": plain(record.parameters) if record.parameters else {},
            "environment": record.environment,
            "random_state": record.random_state,
            "git_commit": record.git.commit if record.git else None,
            "git_dirty": record.git.dirty if record.git else None,
            "travelled_to": record.travelled_to,
            "reported": plain(record.reported) if record.reported else None,
            "author": record.author,
        },
    )
    return int(row["id"])


def add_commit(ledger: Appending, execution_ids: Collection[int], git: GitState) -> None:
    """Add the commit to executions that have none yet."""
    state = {"commit": git.commit, "dirty": git.dirty}
    ledger.run(_ADD_COMMIT, [{"execution_id": number, **state} for number in execution_ids])


def insert_details(ledger: Appending, execution_id: int, record: ExecutionRecord) -> None:
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
            ledger.run(statement, [{"execution_id": execution_id, **row} for row in rows])


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
