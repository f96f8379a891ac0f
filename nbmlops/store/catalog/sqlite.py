"""The catalog in a SQLite file, shared by any number of processes of one machine."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from nbmlops.errors import (
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreTooNewError,
    StoreUnwritableError,
)
from nbmlops.store.catalog import documents, migration
from nbmlops.store.catalog.column_types import from_json, to_json
from nbmlops.store.catalog.prepared import Appending, Asking

BUSY_TIMEOUT = 15_000
"""Milliseconds to wait for another process's transaction."""

_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02)
_LONG, _LONG_PAUSE = 1.0, 0.003
"""Seconds between two attempts to get the write lock.

SQLite itself comes back every tenth of a second only: among many writers, one that has waited
for long would come behind those that have not waited at all, again and again.
"""

_WRITES = "nbmlops_writes"
_NOT_DURABLE, _DURABLE = "NORMAL", "FULL"
_PATIENCE, _WAITS = "nbmlops_patience", "nbmlops_waits"
_FAILURES = (sa.exc.DBAPIError, sqlite3.Error, *documents.UNREADABLE)


class SqliteDatabase:
    """A SQLite file in WAL mode.

    Writers begin IMMEDIATE: with SQLite's deferred transactions two processes can read the same
    state and both write, and one update is lost without an error.

    Args:
        path: the file; made, with its schema, where it does not exist.
        busy_timeout: milliseconds to wait for another process's transaction.

    Raises:
        StoreTooNewError: a newer nbmlops has written the file.
        StoreError: as every method of `Database`.
    """

    def __init__(self, path: Path, *, busy_timeout: int = BUSY_TIMEOUT) -> None:
        self.path = path
        self._watching = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        self._appending: list[sa.PoolProxiedConnection] = []
        if path.is_dir():
            raise StoreCorruptError(
                f"The store {path} is a folder, not a database file.",
                cure="Put back a backup, or move the folder away to start a new history.",
            )
        writable = is_writable(path)
        self._engine = sa.create_engine(
            f"sqlite:///{path}" if writable else _read_only(path),
            connect_args={"timeout": busy_timeout / 1000},
            # While one connection of a process can only read, SQLite lets no other one write.
            poolclass=None if writable else sa.NullPool,
            json_serializer=to_json,
            json_deserializer=from_json,
        )
        self._patience, self._is_writable = busy_timeout, writable
        sa.event.listen(self._engine, "connect", self._configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._writer = self._engine.execution_options(**{_WRITES: _NOT_DURABLE})
        self._durable_writer = self._engine.execution_options(**{_WRITES: _DURABLE})
        with self._translated():
            self._bring_up_to_date()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one consistent state."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its first statement."""
        engine = self._durable_writer if durable else self._writer
        with self._translated(), engine.begin() as connection:
            yield connection

    @contextmanager
    def ask(self) -> Iterator[Asking]:
        """A transaction as `read` begins it, without what SQLAlchemy does for each statement."""
        with self._translated(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            _be_patient(cursor, connection.info, self._patience)
            cursor.execute("BEGIN")
            yield Asking(cursor, self._engine.dialect)  # what gives the connection back ends it

    @contextmanager
    def append(self) -> Iterator[Appending]:
        """A transaction as `write` begins it, without what SQLAlchemy does for each statement."""
        try:
            connection = self._to_append()
            try:
                cursor = connection.cursor()
                _be_durable(cursor, connection.info, _NOT_DURABLE)
                _begin_writing(cursor, connection.info)
                yield Appending(cursor, self._engine.dialect)
                cursor.execute("COMMIT")
            except BaseException:
                connection.rollback()
                connection.close()
                raise
            self._appending.append(connection)
        except _FAILURES as error:
            raise self._translation(error) from error

    def _to_append(self) -> sa.PoolProxiedConnection:
        """A connection that has appended before: the pool takes as long as a statement."""
        try:
            return self._appending.pop()
        except IndexError:
            return self._engine.raw_connection()

    def change_counter(self) -> int:
        """SQLite's ``data_version`` as seen by a connection of its own."""
        with self._watching:
            if self._watch is None:
                self._watch = sqlite3.connect(self.path, check_same_thread=False)
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def go_on_numbering(self, connection: sa.Connection) -> None:
        """Nothing to do: the next number is that behind the largest."""

    def skew(self) -> timedelta:
        """None: the file is on this machine."""
        return timedelta(0)

    def problems(self) -> list[str]:
        """What SQLite finds wrong with its file and the references in it."""
        with self.read() as connection:
            checked = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
            found = [text for text in checked if text != "ok"]
            for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
                found.append(f"row {row} of {table} refers to a row of {parent} that is not there")
            return found or [str(row) for row in documents.unreadable(connection)]

    def close(self) -> None:
        """Close all connections of this process."""
        with self._watching:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        while self._appending:
            self._appending.pop().close()
        self._engine.dispose()

    def _configure(self, connection: Any, record: Any) -> None:
        record.info[_PATIENCE] = record.info[_WAITS] = self._patience
        connection.isolation_level = None  # transactions begin where `_begin` says so
        if self._is_writable:
            with closing(connection.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute("PRAGMA foreign_keys=ON")

    def _bring_up_to_date(self) -> None:
        with self._engine.begin() as connection:
            found = migration.revision_of(connection)
        if found == migration.HEAD:
            return
        if found is not None and not migration.is_known(found):
            raise StoreTooNewError(
                f"The store {self.path} was written by a newer nbmlops (schema {found}).",
                cure="Upgrade nbmlops: pip install --upgrade nbmlops.",
            )
        with self._durable_writer.begin() as connection:
            migration.upgrade(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise self._translation(error) from error

    def _translation(self, error: Exception) -> StoreError:
        if isinstance(error, documents.UNREADABLE):
            return documents.damaged(self.path)
        return self._explain(error.orig if isinstance(error, sa.exc.DBAPIError) else error)

    def _explain(self, error: BaseException | None) -> StoreError:
        text = str(error).lower()
        for fragments, kind, message, cure in _CAUSES:
            if any(fragment in text for fragment in fragments):
                if kind is StoreUnwritableError:
                    self._engine.dispose()  # what was opened to be read alone stays so
                return kind(message.format(path=self.path), cure=cure.format(path=self.path))
        return StoreError(f"The store {self.path} failed: {error}.")


_CAUSES: tuple[tuple[tuple[str, ...], type[StoreError], str, str], ...] = (
    (
        ("locked", "busy"),
        StoreBusyError,
        "The store {path} is locked by another process.",
        "Try again when that process has finished.",
    ),
    (
        ("readonly", "read-only", "unable to open"),
        StoreUnwritableError,
        "The store {path} cannot be written.",
        "Make its folder writable for you, or choose another project folder with --project.",
    ),
    (
        ("disk is full", "disk i/o error"),
        StoreUnwritableError,
        "The disk that holds {path} is full or failing; nothing recorded before is lost.",
        "Free some space and try again.",
    ),
    (
        ("malformed", "not a database", "corrupt", "no such table", "no such column"),
        StoreCorruptError,
        "The store {path} is damaged.",
        "Put back a backup, or move the file away to start a new history.",
    ),
)


def is_writable(path: Path) -> bool:
    """Whether SQLite can write a file, or make it, with its log beside it."""
    return not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _read_only(path: Path) -> sa.URL:
    """A file in a place that cannot be written.

    SQLite reads a file in WAL mode there only with the log that a live writer keeps, or when told
    that nobody writes.
    """
    query = {"mode": "ro", "uri": "true"}
    if not path.with_name(f"{path.name}-wal").exists():
        query["immutable"] = "1"
    return sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query=query)


def _begin(connection: sa.Connection) -> None:
    synchronous = connection.get_execution_options().get(_WRITES)
    with closing(connection.connection.cursor()) as cursor:
        if synchronous is None:
            _be_patient(cursor, connection.info, connection.info[_PATIENCE])
            cursor.execute("BEGIN")
        else:
            _be_durable(cursor, connection.info, synchronous)
            _begin_writing(cursor, connection.info)


def _begin_writing(cursor: Any, info: dict[Any, Any]) -> None:
    """Take the write lock, for which a connection waits as long as for any other.

    Raises:
        sqlite3.OperationalError: another connection has held it all the while.
    """
    _be_patient(cursor, info, 0)
    end = time.monotonic() + info[_PATIENCE] / 1000
    for pause in _pauses():
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(pause)
        else:
            return


def _be_patient(cursor: Any, info: dict[Any, Any], wait: int) -> None:
    """Say for how many milliseconds SQLite waits by itself; it holds until it is said again."""
    if info[_WAITS] != wait:
        cursor.execute(f"PRAGMA busy_timeout={wait}")
        info[_WAITS] = wait


def _pauses() -> Iterator[float]:
    """Longer and longer ones at first, and short ones for who has waited for long."""
    begun = time.monotonic()
    yield from _PAUSES
    while time.monotonic() < begun + _LONG:
        yield random.uniform(*_PAUSES[-2:])  # noqa: S311 (no secret)
    while True:
        yield random.uniform(0, _LONG_PAUSE)  # noqa: S311 (no secret)


def _be_durable(cursor: Any, info: dict[Any, Any], synchronous: str) -> None:
    """Say how safe the commits of a connection are; it holds until it is said again."""
    if info.get(_WRITES) != synchronous:
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        info[_WRITES] = synchronous
