"""Documents that rows hold as texts of JSON, and which of them cannot be read any more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from nbmlops.errors import StoreCorruptError
from nbmlops.store.catalog import schema

UNREADABLE = (msgspec.DecodeError, json.JSONDecodeError)
"""What is raised where a row holds no document, or another one than it should."""

_TEXTS = frozenset([
    ("execution_values", "summary"), ("executions", "failure"), ("pipeline_versions", "spec"),
    ("proofs", "proof"), ("runs", "failure"), ("verifications", "outputs"),
])  # fmt: skip
"""Columns of texts that are documents."""
_MOST = 1_000
"""Rows of one column that are looked at: one that has more is named often enough."""


def damaged(place: object) -> StoreCorruptError:
    """What to say where a row cannot be read.

    Args:
        place: the catalog.
    """
    return StoreCorruptError(
        f"A record in the store {place} is damaged.",
        cure="nbmlops fsck names it; put back a backup.",
    )


def unreadable(connection: sa.Connection) -> Iterator[str]:
    """The rows of a SQLite catalog that hold what is no document, in sentences."""
    for column in _columns():
        table = column.table.name
        # what Python writes for a number that is none is not valid for SQLite
        suspected = connection.exec_driver_sql(
            f'SELECT rowid, CAST("{column.name}" AS BLOB) FROM "{table}" '  # noqa: S608 (our own)
            f'WHERE "{column.name}" IS NOT NULL AND NOT json_valid("{column.name}") LIMIT {_MOST}'
        )
        for row, content in suspected:
            if not _is_document(content):
                yield f"row {row} of {table} cannot be read: its {column.name} is damaged"


def _columns() -> Iterator[sa.Column[object]]:
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, sa.JSON) or (table.name, column.name) in _TEXTS:
                yield column


def _is_document(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
