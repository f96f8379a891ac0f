"""Write down what SQLite is told without SQLAlchemy.

python -m nbmlops.store.catalog.sqlite_description
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from nbmlops.store.catalog import migration, schema
from nbmlops.store.catalog.column_types import Number, UtcDateTime
from nbmlops.store.catalog.prepared import Prepared
from nbmlops.store.catalog.revisions import HEAD
from nbmlops.store.catalog.sqlite_texts import FILE
from nbmlops.store.catalog.statements import STATEMENTS


def description() -> dict[str, Any]:
    """The tables and the statements as texts, with the kinds of their parameters and columns."""
    dialect = sqlite.dialect()
    revised = f"INSERT INTO {migration.REVISIONS.name} VALUES ('{HEAD}')"  # noqa: S608 (our own)
    return {
        "tables": [*_tables(dialect), revised],
        "statements": {
            name: _statement(statement, dialect) for name, statement in STATEMENTS.items()
        },
    }


def text() -> str:
    """The same as it is written down."""
    return json.dumps(description(), indent=1) + "\n"


def _tables(dialect: sa.Dialect) -> list[str]:
    found: list[str] = []
    for table in (*schema.metadata.sorted_tables, migration.REVISIONS):
        made: list[CreateTable | CreateIndex] = [CreateTable(table, if_not_exists=True)]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [CreateIndex(index, if_not_exists=True) for index in indexes]
        found += [str(one.compile(dialect=dialect)).strip() for one in made]
    return found


def _statement(statement: Prepared, dialect: sa.Dialect) -> dict[str, Any]:
    compiled = statement.compiled(dialect)
    return {
        "text": compiled.text,
        "parameters": [[name, kind_of(compiled.kinds[name])] for name in compiled.names],
        "values": compiled.values,
        "columns": [[column.key, kind_of(column.type)] for column in compiled.exported],
    }


def kind_of(type_: Any) -> str:
    """The kind of a type, as `sqlite_texts` converts it; empty where SQLite takes it as it is.

    Raises:
        NotImplementedError: it says of no such type what to do.
    """
    if isinstance(type_, UtcDateTime):
        return "time"
    if isinstance(type_, sa.JSON):
        return "json or null" if type_.none_as_null else "json"
    if isinstance(type_, sa.Boolean):
        return "flag"
    if isinstance(type_, Number):
        return "number"
    if isinstance(type_, sa.Text | sa.Integer | sa.types.NullType) or type(type_) is sa.Float:
        return ""
    raise NotImplementedError(repr(type_))


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
