"""Copy a catalog from one database to another: a SQLite file, or PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus
from nbmlops.domain.upkeep import CopiedCatalog, CopiedTable
from nbmlops.errors import StoreBusyError, StoreCorruptError, UsageError
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

Progress = Callable[[int, int], None]

_URLS = ("postgresql://", "postgres://")
_FILES = {".db", ".sqlite", ".sqlite3"}
_PAGE = 1000
"""Rows that are held in memory at once."""

_Row = tuple[Any, ...]


def is_catalog(text: str) -> bool:
    """Whether a text names a database, and not a place for objects."""
    return text.startswith(_URLS) or Path(text).suffix in _FILES or Path(text).is_file()


def copy_catalog(
    source: str, target: str, *, schema_name: str, progress: Progress
) -> CopiedCatalog:
    """Copy all rows, with their numbers, into a catalog that has none: all of them, or nothing.

    What is copied is one state of the source; it stays as it is.

    Args:
        source: a SQLite file, or ``postgresql://…``.
        target: likewise; made where there is none.
        schema_name: of the database, where one of them is in PostgreSQL.
        progress: told how many rows of how many have been copied.

    Raises:
        UsageError: there is no such source, or the target has rows.
        StoreBusyError: a scheduler runs due times of the source.
        StoreCorruptError: what arrived is not what was read.
        StoreError: one of them cannot be read or written.
    """
    _require(source, schema_name)
    with closing(_opened(source, schema_name)) as here:
        with here.read() as reading:
            _require_rest(reading, source, datetime.now(UTC) + here.skew())
        with (
            closing(_opened(target, schema_name)) as there,
            there.write() as writing,
            here.read() as reading,
        ):
            _require_empty(writing, target)
            copied = _copy(reading, writing, progress)
            there.go_on_numbering(writing)
            _compare(writing, copied, target)
    return CopiedCatalog(
        source=_absolute(source),
        target=_absolute(target),
        rows=sum(rows for rows, _ in copied.values()),
        tables=tuple(CopiedTable(name=str(name), rows=rows) for name, (rows, _) in copied.items()),
    )


def _require(source: str, schema_name: str) -> None:
    """Refuse a catalog that there is not: opening it would make an empty one."""
    if source.startswith(_URLS):
        from nbmlops.store.catalog.postgres import has_catalog

        if not has_catalog(source, schema=schema_name):
            raise UsageError(
                f"There is no catalog in the schema {schema_name} of {source}.",
                cure="Name the schema that it is in: --schema.",
            )
    elif not Path(source).is_file():
        raise UsageError(
            f"There is no catalog {source}.",
            cure="Name its file, such as .nbmlops/catalog.db, or postgresql://host/database.",
        )


def _opened(text: str, schema_name: str) -> Database:
    if text.startswith(_URLS):
        from nbmlops.store.catalog.postgres import PostgresDatabase

        return PostgresDatabase(text, schema=schema_name)
    from nbmlops.store.catalog.sqlite import SqliteDatabase

    return SqliteDatabase(Path(text).expanduser())


def _require_rest(connection: sa.Connection, source: str, now: datetime) -> None:
    """Refuse to copy what is being run: whoever takes the copy over would run it as well."""
    table = schema.fires
    claimed = sa.and_(table.c.status == FireStatus.CLAIMED, table.c.lease_until > now)
    running = connection.execute(sa.select(sa.func.count()).where(claimed)).scalar_one()
    if running:
        raise StoreBusyError(
            f"Due times of {source} are being run: {running}.",
            cure="Stop its schedulers and wait for them: nbmlops scheduler stop. Then copy.",
        )


def _require_empty(connection: sa.Connection, target: str) -> None:
    for table in schema.metadata.sorted_tables:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise UsageError(
                f"The catalog {target} is not empty: it has {table.name}.",
                cure="Name a file that there is not, or another schema: --schema.",
            )


def _copy(
    reading: sa.Connection, writing: sa.Connection, progress: Progress
) -> dict[str, tuple[int, int]]:
    """Copy each table behind those that it refers to; how many rows, and their sum."""
    tables, copied, done = [_raw(table) for table in schema.metadata.sorted_tables], {}, 0
    count = sa.func.count()
    total = sum(
        reading.execute(sa.select(count).select_from(table)).scalar_one() for table, _ in tables
    )
    for table, key in tables:
        rows = added = 0
        for page in _pages(reading, table, key):
            writing.execute(sa.insert(table), [row._asdict() for row in page])
            rows, added = rows + len(page), added + _sum(page)
            done += len(page)
            progress(done, total)
        copied[table.name] = rows, added
    return copied


def _compare(writing: sa.Connection, copied: dict[str, tuple[int, int]], target: str) -> None:
    """Read everything again, and make sure that it is what was copied."""
    for known in schema.metadata.sorted_tables:
        table, key = _raw(known)
        rows = added = 0
        for page in _pages(writing, table, key):
            rows, added = rows + len(page), added + _sum(page)
        if (rows, added) != copied[table.name]:
            raise StoreCorruptError(
                f"What arrived in {table.name} of {target} is not what was read: {rows} rows for "
                f"{copied[table.name][0]}. Nothing was copied.",
                cure="See whether the source is in order: nbmlops fsck.",
            )


def _raw(table: sa.Table) -> tuple[sa.TableClause, str]:
    """A table whose JSON is text, so that it arrives as it is; and the name of its key."""
    columns = [
        sa.column(one.name, sa.Text() if isinstance(one.type, sa.JSON) else one.type)
        for one in table.columns
    ]
    (key,) = table.primary_key.columns
    return sa.table(table.name, *columns), key.name


def _pages(
    connection: sa.Connection, table: sa.TableClause, name: str
) -> Iterator[Sequence[sa.Row[_Row]]]:
    """The rows of a table in the order of its key, some at once."""
    key = table.c[name]
    query = sa.select(*table.c).order_by(key).limit(_PAGE)
    page = connection.execute(query).all()
    while page:
        yield page
        last = getattr(page[-1], name)
        page = connection.execute(query.where(key > last)).all()


def _sum(page: Sequence[sa.Row[_Row]]) -> int:
    """The hashes of rows, added up: databases sort texts each in its own way.

    PostgreSQL keeps no NUL in a text, but its symbol.
    """
    total = 0
    for row in page:
        written = repr(tuple(row)).replace("\\x00", "\N{SYMBOL FOR NULL}")
        total += int.from_bytes(hashlib.blake2b(written.encode(), digest_size=16).digest())
    return total


def _absolute(text: str) -> str:
    return text if text.startswith(_URLS) else str(Path(text).expanduser().resolve())
