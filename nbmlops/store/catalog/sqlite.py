"""The catalog in a SQLite file, shared by any number of processes of one machine."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, quote

from nbmlops.errors import (
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreTooNewError,
    StoreUnwritableError,
)
from nbmlops.store.catalog import revisions
from nbmlops.store.catalog.json_text import UNREADABLE, damaged, from_json, to_json
from nbmlops.store.catalog.prepared import Appending, Asking, Driver
from nbmlops.store.catalog.sqlite_texts import texts

if TYPE_CHECKING:
    import sqlalchemy as sa

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
_FAILURES = (sqlite3.Error, *UNREADABLE)
_Kind = TypeVar("_Kind", bound=Asking)


@dataclass(slots=True)
class _Opened:
    """A connection of the driver's, and what was said to it."""

    connection: sqlite3.Connection
    process: int
    info: dict[Any, Any] = field(default_factory=dict)


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
        self._idle: list[_Opened] = []
        if path.is_dir():
            raise StoreCorruptError(
                f"The store {path} is a folder, not a database file.",
                cure="Put back a backup, or move the folder away to start a new history.",
            )
        self._patience, self._is_writable = busy_timeout, is_writable(path)
        self._driver = Driver(lambda: self._engine.dialect, texts().statements)
        with self._translated():
            self._bring_up_to_date()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one consistent state."""
        with self._engine_translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its first statement."""
        said = {_WRITES: _DURABLE if durable else _NOT_DURABLE}
        writer = self._engine.execution_options(**said)
        with self._engine_translated(), writer.begin() as connection:
            yield connection

    def ask(self) -> AbstractContextManager[Asking]:
        """A transaction as `read` begins it, without what SQLAlchemy does for each statement."""
        return self._begun(Asking)

    def append(self) -> AbstractContextManager[Appending]:
        """A transaction as `write` begins it, without what SQLAlchemy does for each statement."""
        return self._begun(Appending)

    @contextmanager
    def _begun(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """A transaction over a connection that is free; it is committed at the end."""
        try:
            opened = self._free()
            try:
                cursor = opened.connection.cursor()
                if kind is Appending:
                    _be_durable(cursor, opened.info, _NOT_DURABLE)
                    _begin_writing(cursor, opened.info)
                else:
                    _be_patient(cursor, opened.info, self._patience)
                    cursor.execute("BEGIN")
                yield kind(cursor, self._driver)
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    opened.connection.rollback()  # a cursor that is still known would hold the lock
                opened.connection.close()
                raise
        except _FAILURES as error:
            raise self._translation(error) from error
        self._keep(opened)

    def _keep(self, opened: _Opened) -> None:
        """Let others have a connection."""
        if self._is_writable:
            self._idle.append(opened)
        else:  # while one of a process can only read, SQLite lets no other one write
            opened.connection.close()

    def _free(self) -> _Opened:
        """A connection that nobody uses; never one from before this process was forked."""
        while True:
            try:
                opened = self._idle.pop()
            except IndexError:
                return self._open()
            if opened.process == os.getpid():
                return opened
            _OF_OTHERS.append(opened)

    def _open(self) -> _Opened:
        connection = sqlite3.connect(
            self.path if self._is_writable else _read_only(self.path),
            timeout=self._patience / 1000,
            uri=not self._is_writable,
            check_same_thread=False,
        )
        opened = _Opened(connection, os.getpid())
        self._configure(connection, opened.info)
        return opened

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
        from nbmlops.store.catalog import documents

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
        self._give_up()

    def _give_up(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._free().connection.close()
        if "_engine" in vars(self):
            self._engine.dispose()

    @cached_property
    def _engine(self) -> sa.Engine:
        """SQLAlchemy's door to the file, opened by the first question that takes it."""
        import sqlalchemy as sa

        engine = sa.create_engine(
            self._url(sa.URL),
            connect_args={"timeout": self._patience / 1000},
            # While one connection of a process can only read, SQLite lets no other one write.
            poolclass=None if self._is_writable else sa.NullPool,
            json_serializer=to_json,
            json_deserializer=from_json,
        )
        sa.event.listen(engine, "connect", lambda made, record: self._configure(made, record.info))
        sa.event.listen(engine, "begin", _begin)
        return engine

    def _url(self, kind: type[sa.URL]) -> sa.URL:
        if self._is_writable:
            return kind.create("sqlite", database=str(self.path))
        place, _, asked = _read_only(self.path).partition("?")
        return kind.create(
            "sqlite", database=place, query={**dict(parse_qsl(asked)), "uri": "true"}
        )

    def _configure(self, connection: Any, info: dict[Any, Any]) -> None:
        info[_PATIENCE] = info[_WAITS] = self._patience
        connection.isolation_level = None  # transactions begin where `_begin` says so
        if self._is_writable:
            with closing(connection.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute("PRAGMA foreign_keys=ON")

    def _bring_up_to_date(self) -> None:
        opened = self._open()
        try:
            found = _revision_of(opened.connection) or self._made(opened)
        except BaseException:
            opened.connection.close()
            raise
        self._keep(opened)
        if found == revisions.HEAD:
            return
        if not revisions.is_known(found):
            raise StoreTooNewError(
                f"The store {self.path} was written by a newer nbmlops (schema {found}).",
                cure="Upgrade nbmlops: pip install --upgrade nbmlops.",
            )
        from nbmlops.store.catalog import migration

        with self.write() as transaction:
            migration.upgrade(transaction)

    def _made(self, opened: _Opened) -> str:
        """Make the tables, unless another process just has; returns their revision."""
        with closing(opened.connection.cursor()) as cursor:
            _be_durable(cursor, opened.info, _DURABLE)
            _begin_writing(cursor, opened.info)
            found = _revision_of(opened.connection)
            for text in texts().tables if found is None else ():
                cursor.execute(text)
            cursor.execute("COMMIT")
        return found or revisions.HEAD

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise self._translation(error) from error

    @contextmanager
    def _engine_translated(self) -> Iterator[None]:
        """The same of what SQLAlchemy raises."""
        from sqlalchemy.exc import DBAPIError

        try:
            yield
        except (DBAPIError, *_FAILURES) as error:
            raise self._translation(error) from error

    def _translation(self, error: BaseException) -> StoreError:
        if isinstance(error, UNREADABLE):
            return damaged(self.path)
        return self._explain(getattr(error, "orig", None) or error)

    def _explain(self, error: BaseException) -> StoreError:
        text = str(error).lower()
        for fragments, kind, message, cure in _CAUSES:
            if any(fragment in text for fragment in fragments):
                if kind is StoreUnwritableError:
                    self._give_up()  # what was opened to be read alone stays so
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


def _read_only(path: Path) -> str:
    """A file in a place that cannot be written, as a URI of SQLite's.

    SQLite reads a file in WAL mode there only with the log that a live writer keeps, or when told
    that nobody writes.
    """
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    return f"file:{quote(str(path))}?mode=ro{alone}"


def _revision_of(connection: sqlite3.Connection) -> str | None:
    """The revision that the database is at; ``None`` for an empty one."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.execute(known).fetchone() is None:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


_OF_OTHERS: list[_Opened] = []
"""Connections from before this process was forked: to close them would let go of its locks."""


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
