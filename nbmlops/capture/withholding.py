"""What a record must not hold: the secrets of the session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nbmlops.capture.externals import without_digest
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import ExecutionRecord, Failure
from nbmlops.values import secrets


def withheld(record: ExecutionRecord) -> ExecutionRecord:
    """A record without secrets: neither they nor digests of them."""
    if not secrets.known():
        return record
    return replace(
        record,
        failure=_failure(record.failure),
        parameters={name: value for name, value in record.parameters.items() if _open(value)},
        files=tuple(map(_file, record.files)),
        externals=tuple(map(_external, record.externals)),
    )


def _open(value: Any) -> bool:
    return bool(secrets.masked_inside(value) == value)


def _failure(failure: Failure | None) -> Failure | None:
    if failure is None:
        return None
    return replace(
        failure,
        message=secrets.masked(failure.message),
        traceback=secrets.masked(failure.traceback),
    )


def _file(access: FileAccess) -> FileAccess:
    if access.digest is None or not secrets.is_digest_of_one(access.digest):
        return access
    return replace(access, digest=None, size=None)


def _external(access: ExternalAccess) -> ExternalAccess:
    if access.kind in {"variable", "environment"}:
        return without_digest(access)
    return replace(access, name=secrets.masked(access.name), detail=secrets.masked(access.detail))
