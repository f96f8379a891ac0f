"""What connections are: what they connect to, never with which password.

A database in memory has no place of its own: SQLite's is its content; of others nothing is known.
A file of the project is told by its path from there: it is the same in a copy of the project.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from nbmlops.errors import NotFingerprintableError
from nbmlops.values.digests import digest_buffer
from nbmlops.values.forms import Anatomist, Anatomy

_IN_MEMORY = "a connection to a database in memory"
_SECRET = ("password", "secret", "token", "key", "credential", "pwd")
# Bytes of a SQLite file that count its transactions.
_COUNTERS = (slice(24, 28), slice(92, 100))


_project: list[str] = []
"""The folder of the project, where that is known."""


def lie_in(project: str | Path) -> None:
    """Tell paths of connections from the project's folder on.

    Args:
        project: the folder, or the copy of it in which something runs again.
    """
    _project[:] = [os.path.realpath(project) + os.sep]


def _place(path: str) -> str:
    """A path as it counts; one elsewhere counts as a whole."""
    for project in _project:
        real = os.path.realpath(path)
        if real.startswith(project):
            return f".{os.sep}{real.removeprefix(project)}"
    return path


def sqlite(value: sqlite3.Connection) -> Anatomy:
    """Of a `sqlite3.Connection`: its files, and the content of what it has in memory.

    The query neither begins nor ends a transaction.
    """
    cursor = sqlite3.Connection.cursor(value)
    cursor.row_factory = None
    places = sorted((str(name), str(path or "")) for _, name, path in cursor.execute(_PLACES))
    parts = [
        (name, _place(path) if path else _content(value, cursor, name)) for name, path in places
    ]
    cursor.close()
    return (
        "sqlite3.Connection", parts, value.isolation_level, value.row_factory, value.text_factory,
    )  # fmt: skip


_PLACES = "PRAGMA database_list"


def _content(value: sqlite3.Connection, cursor: sqlite3.Cursor, name: str) -> bytes:
    quoted = name.replace('"', '""')
    [pages] = cursor.execute(f'PRAGMA "{quoted}".page_count').fetchone()
    if not pages:  # which SQLite refuses to serialize
        return b""
    content = bytearray(sqlite3.Connection.serialize(value, name=name))
    for counter in _COUNTERS:
        content[counter] = bytes(len(content[counter]))
    return digest_buffer(content)


def duckdb(value: Any) -> Anatomy:
    """Of a DuckDB connection: its files.

    Asked through a second cursor: on its own, the query would take the place of a result that the
    user has not fetched yet.

    Raises:
        NotFingerprintableError: one of its databases is in memory.
    """
    cursor = value.cursor()
    try:
        rows = cursor.execute(_FILES).fetchall()
    finally:
        cursor.close()
    if any(path is None for _, path in rows):
        raise NotFingerprintableError(_IN_MEMORY)
    return ("duckdb.Connection", sorted((str(name), _place(str(path))) for name, path in rows))


_FILES = "SELECT database_name, path FROM duckdb_databases() WHERE NOT internal"


def engine(value: Any) -> Anatomy:
    """Of a SQLAlchemy engine.

    Raises:
        NotFingerprintableError: its database is in memory.
    """
    url = value.url
    if url.get_backend_name() in ("sqlite", "duckdb") and url.database in (None, "", ":memory:"):
        raise NotFingerprintableError(_IN_MEMORY)
    query = {
        name: part
        for name, part in dict(url.query).items()
        if not any(word in name.lower() for word in _SECRET)
    }
    return ("sqlalchemy.Engine", url.drivername, url.host, url.port, url.database, query)


def connection(value: Any) -> Anatomy:
    """Of a SQLAlchemy connection: what its engine connects to."""
    return ("sqlalchemy.Connection", *engine(value.engine))


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("_duckdb", "DuckDBPyConnection"): duckdb,
    ("duckdb", "DuckDBPyConnection"): duckdb,
    ("sqlalchemy", "Connection"): connection,
    ("sqlalchemy", "Engine"): engine,
    ("sqlite3", "Connection"): sqlite,
}
