"""The catalog in a PostgreSQL database, shared by any number of machines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nbmlops.errors import StoreBusyError, StoreError, StoreTooNewError
from nbmlops.store.catalog import json_text, migration, postgres_server, revisions
from nbmlops.store.catalog import schema as catalog_tables
from nbmlops.store.catalog.postgres_server import Server
from nbmlops.store.catalog.prepared import Appending, Asking, Driver

# What a writer begins with; in one message, for each costs a way to the database and back. The
# lock is of the whole catalog: a second writer waits for the first, as in SQLite, and then sees
# all that it wrote, because READ COMMITTED looks anew with each statement.
_WRITE = """BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path = {schema}; SET LOCAL lock_timeout = {patience};
SET LOCAL synchronous_commit = {durable};
SELECT pg_advisory_xact_lock(hashtextextended('nbmlops ' || {name}, 0));"""

_READ = """BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = {schema};"""

# A transaction has a number once it has changed something: one that found nothing to do wakes
# nobody.
_COMMIT = """UPDATE changes SET counter = counter + 1
WHERE txid_current_if_assigned() IS NOT NULL; COMMIT;"""

_CHANGES = sa.Table("changes", sa.MetaData(), sa.Column("counter", sa.BigInteger, nullable=False))
"""One row that says how many transactions have changed the catalog."""

_CLOCK_HOLDS = timedelta(minutes=1)


class PostgresDatabase:
    """A schema of a PostgreSQL database, from release 12 on.

    - Writers come one after the other, each with the lock of the catalog; readers wait for nobody.
    - A connection that the server has given up is opened again before anything is lost.

    Args:
        url: ``postgresql://…``, without a password: libpq takes that from ``PGPASSWORD``,
            ``~/.pgpass`` or a service.
        schema: of the database; made, with its tables, where it does not exist.
        patience: seconds to wait for another's transaction, and for the server.

    Raises:
        UsageError: the driver is not installed.
        StoreTooNewError: a newer nbmlops has written the catalog.
        StoreError: as every method of `Database`.
    """

    def __init__(self, url: str, *, schema: str = "nbmlops", patience: float = 15) -> None:
        self._server = Server(url, patience=patience)
        self.name = f"{self._server.name} (schema {schema})"
        quoted = postgres_server.quoted(schema)
        said = {
            "schema": quoted,
            "name": postgres_server.literal(schema),
            "patience": f"'{max(1, round(1000 * patience))}ms'",
        }
        self._begin_reading = _READ.format(**said)
        self._begin_writing = _WRITE.format(durable="off", **said)
        self._begin_durable = _WRITE.format(durable="on", **said)
        self._skew: tuple[datetime, timedelta] | None = None
        self._measuring = threading.Lock()
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._server.connect,
            pool_size=2,
            max_overflow=30,
            pool_use_lifo=True,
        )
        self._driver = Driver(lambda: self._engine.dialect)
        try:
            with self._translated():
                self._bring_up_to_date(quoted)
        except BaseException:
            self.close()
            raise

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that sees one consistent state."""
        return self._transaction(self._begin_reading, "COMMIT;")

    def write(self, *, durable: bool = True) -> AbstractContextManager[sa.Connection]:
        """A transaction that holds the write lock from its first statement."""
        return self._transaction(self._begin_durable if durable else self._begin_writing, _COMMIT)

    @contextmanager
    def ask(self) -> Iterator[Asking]:
        """A transaction as `read` begins it, without what SQLAlchemy does for each statement."""
        with self.read() as connection, closing(_cursor(connection)) as cursor:
            yield Asking(cursor, self._driver)

    @contextmanager
    def append(self) -> Iterator[Appending]:
        """A transaction as `write` begins it, without what SQLAlchemy does for each statement."""
        with self.write(durable=False) as connection, closing(_cursor(connection)) as cursor:
            yield Appending(cursor, self._driver)

    def change_counter(self) -> int:
        """How many transactions have changed the catalog."""
        with self.read() as connection:
            counter: int = connection.execute(sa.select(_CHANGES.c.counter)).scalar_one()
            return counter

    def go_on_numbering(self, connection: sa.Connection) -> None:
        """Set the sequence of each table behind its largest number."""
        for table in catalog_tables.metadata.sorted_tables:
            key = table.autoincrement_column
            if key is not None:
                sequence = sa.func.pg_get_serial_sequence(table.name, key.name)
                connection.execute(sa.select(sa.func.setval(sequence, sa.func.max(key))))

    def skew(self) -> timedelta:
        """How far the server's clock is ahead, measured once a minute.

        Where the server does not answer, what was measured before holds on.
        """
        with self._measuring:
            if self._skew is None or datetime.now(UTC) - self._skew[0] > _CLOCK_HOLDS:
                try:
                    self._skew = datetime.now(UTC), self._measured()
                except StoreBusyError:
                    return self._skew[1] if self._skew else timedelta(0)
            return self._skew[1]

    def problems(self) -> list[str]:
        """Nothing: the server keeps its files and references whole, or fails."""
        return []

    def close(self) -> None:
        """Close all connections of this process."""
        self._engine.dispose()

    def _measured(self) -> timedelta:
        with self.read() as connection:
            before = datetime.now(UTC)
            there: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return there - (before + (datetime.now(UTC) - before) / 2)

    def _bring_up_to_date(self, schema: str) -> None:
        with self._transaction(self._begin_reading, "COMMIT;") as connection:
            if migration.revision_of(connection) == revisions.HEAD:
                return
        begin = self._begin_durable
        with self._transaction(begin, "COMMIT;") as connection:  # the first has nothing to count
            found = migration.revision_of(connection)
            if found is None:
                self._make(connection, schema)
            elif not revisions.is_known(found):
                raise StoreTooNewError(
                    f"The catalog {self.name} was written by a newer nbmlops (schema {found}).",
                    cure="Upgrade nbmlops: pip install --upgrade nbmlops.",
                )
            migration.upgrade(connection)

    def _make(self, connection: sa.Connection, schema: str) -> None:
        there = connection.exec_driver_sql("SELECT current_schema()").scalar()
        if there is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        _CHANGES.create(connection, checkfirst=True)
        connection.execute(_CHANGES.insert().values(counter=0))

    @contextmanager
    def _transaction(self, begin: str, commit: str) -> Iterator[sa.Connection]:
        with self._translated(), self._begun(begin) as connection:
            yield connection
            _send(connection, commit)
            connection.commit()

    def _begun(self, begin: str) -> sa.Connection:
        """A connection in a transaction; a stale one is given up for a new one."""
        while True:
            connection = self._engine.connect()
            fresh = connection.info.setdefault("nbmlops_fresh", True)
            connection.info["nbmlops_fresh"] = False
            try:
                _send(connection, begin)
            except BaseException:
                lost = connection.connection.dbapi_connection
                gone = lost is not None and getattr(lost, "closed", False)
                if gone:
                    connection.invalidate()
                connection.close()
                if not gone or fresh:
                    raise
            else:
                return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self._explain(error.orig) from error
        except self._server.errors as error:
            raise self._explain(error) from error
        except json_text.UNREADABLE as error:
            raise json_text.damaged(self.name) from error

    def _explain(self, error: BaseException | None) -> StoreError:
        return postgres_server.explained(error, self.name)


def has_catalog(url: str, *, schema: str, patience: float = 15) -> bool:
    """Whether there is a catalog in a schema of a database; none is made.

    Raises:
        UsageError, StoreError: as for `PostgresDatabase`.
    """
    server = Server(url, patience=patience)
    table = f"{postgres_server.quoted(schema)}.alembic_version"
    try:
        with server.connect() as connection:
            found = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
    except server.errors as error:
        raise postgres_server.explained(error, server.name) from error
    return found is not None and found[0] is not None


def _cursor(connection: sa.Connection) -> Any:
    return connection.connection.cursor()


def _send(connection: sa.Connection, statements: str) -> None:
    """Give several statements to the server in one message, which a prepared one cannot be."""
    with closing(_cursor(connection)) as cursor:
        cursor.execute(statements, prepare=False)
