"""Add an execution to the ledger, as after every cell."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import Artifact, ExecutionRecord, Metric, Step, StepVersion
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.wire import encode, plain
from nbmlops.store.catalog.prepared import Appending, Recorded, Row

_FIND_STEP, _ADD_STEP = Recorded("find step"), Recorded("add step")
_FIND_VERSION, _LAST_NUMBER = Recorded("find version"), Recorded("last number")
_ADD_VERSION, _ADD_EXECUTION = Recorded("add version"), Recorded("add execution")
_ADD_COMMIT, _ADD_ENVIRONMENT = Recorded("add commit"), Recorded("add environment")
_ADD_VALUES, _ADD_METRICS = Recorded("add values"), Recorded("add metrics")
_ADD_ARTIFACTS, _ADD_FILES = Recorded("add artifacts"), Recorded("add files")
_ADD_EXTERNALS = Recorded("add externals")


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
        return _version_of(known, step)
    step = _step_for(ledger, named)
    return _version_of(_added(ledger, {"step_id": step.id, "digest": record.digest}, record), step)


def _version_of(row: Row, step: Step) -> StepVersion:
    fields = {name: value for name, value in row.items() if name != "step_id"}
    return StepVersion(step=step, **fields)


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
