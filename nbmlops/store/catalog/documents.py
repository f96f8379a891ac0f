"""Documents that rows hold as texts of JSON, and which of them cannot be read any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmlops.store.catalog import schema

_TEXTS = frozenset([
    ("execution_values", "summary"), ("executions", "failure"), ("pipeline_versions", "spec"),
    ("proofs", "proof"), ("runs", "failure"), ("verifications", "outputs"),
])  # fmt: skip
"""Columns of texts that are documents."""
_INSTEAD: Mapping[tuple[str, str], str | None] = {
    ("execution_values", "summary"): '{"kind": "unknown", "text": "the preview was damaged"}',
    ("executions", "deleted"): "[]",
    ("executions", "failure"): None,
    ("executions", "parameters"): "{}",
    ("executions", "reported"): None,
    ("runs", "attempts"): None,
    ("runs", "failure"): None,
    ("runs", "warnings"): "[]",
}
"""What stands for a document without which the rest of its row is still true."""

_WITHOUT = frozenset(["proofs", "verifications"])
"""Tables whose rows say nothing without their document; what they said can be found again."""

_MOST = 1_000
"""Rows of one column that are looked at: one that has more is named often enough."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row of a table that holds no document in a column where it should."""

    table: str
    column: str
    row: int

    def __str__(self) -> str:
        return f"row {self.row} of {self.table} cannot be read: its {self.column} is damaged"

    @property
    def can_be_mended(self) -> bool:
        """Whether the catalog is true without it."""
        return (self.table, self.column) in _INSTEAD or self.table in _WITHOUT


def unreadable(connection: sa.Connection) -> Iterator[Unreadable]:
    """The rows of a SQLite catalog that hold what is no document."""
    for column in _columns():
        table = column.table.name
        # what Python writes for a number that is none is not valid for SQLite
        suspected = connection.exec_driver_sql(
            f'SELECT rowid, CAST("{column.name}" AS BLOB) FROM "{table}" '  # noqa: S608 (our own)
            f'WHERE "{column.name}" IS NOT NULL AND NOT json_valid("{column.name}") LIMIT {_MOST}'
        )
        for row, content in suspected:
            if not _is_document(content):
                yield Unreadable(table, column.name, row)


def mend(
    connection: sa.Connection, keep: Callable[[list[dict[str, Any]]], None], *, note: str
) -> dict[str, str]:
    """Take documents out of the catalog that cannot be read, where the rest is true without them.

    Args:
        connection: a transaction of a SQLite catalog that may write.
        keep: is given the rows as they are, with their table and column, before any is changed.
        note: what executions say from then on of what is not known of them.

    Returns:
        What was done about each, by what was said of it.
    """
    found = [one for one in unreadable(connection) if one.can_be_mended]
    if not found:
        return {}
    keep([_as_it_is(connection, one) for one in found])
    return {str(one): _mended(connection, one, note) for one in found}


def _mended(connection: sa.Connection, one: Unreadable, note: str) -> str:
    if one.table == schema.proofs.name:
        connection.exec_driver_sql("DELETE FROM proof_notebooks WHERE proof_id = ?", (one.row,))
    if one.table in _WITHOUT:
        connection.exec_driver_sql(
            f'DELETE FROM "{one.table}" WHERE rowid = ?',  # noqa: S608 (our own)
            (one.row,),
        )
        return "the row was set aside"
    connection.exec_driver_sql(
        f'UPDATE "{one.table}" SET "{one.column}" = ? WHERE rowid = ?',  # noqa: S608 (our own)
        (_INSTEAD[one.table, one.column], one.row),
    )
    if one.table == "executions":
        connection.exec_driver_sql(
            "UPDATE executions SET inputs_complete = 0, inputs_note = ? WHERE rowid = ?",
            (note, one.row),
        )
    return "the document was set aside, the rest of the row stays"


def _as_it_is(connection: sa.Connection, one: Unreadable) -> dict[str, Any]:
    """A row with its bytes as texts, from which they can be had again."""
    columns = [column.name for column in schema.metadata.tables[one.table].columns]
    taken = ", ".join(f'CAST("{name}" AS BLOB)' for name in columns)
    values = connection.exec_driver_sql(
        f'SELECT {taken} FROM "{one.table}" WHERE rowid = ?',  # noqa: S608 (our own)
        (one.row,),
    ).one()
    texts = [
        None if value is None else value.decode("utf-8", "surrogateescape") for value in values
    ]
    row = dict(zip(columns, texts, strict=True))
    return {"table": one.table, "column": one.column, "row": one.row, "content": row}


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
