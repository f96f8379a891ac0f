"""A catalog that was copied from one database to another is the same, and goes on."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from nbmlops.errors import StoreBusyError, StoreCorruptError, StoreError, UsageError
from nbmlops.store.catalog import copying, schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.column_types import UtcDateTime
from nbmlops.store.catalog.copying import copy_catalog
from nbmlops.store.catalog.postgres import PostgresDatabase, has_catalog
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOMENT = NOON + timedelta(microseconds=1)


def ignore(done: int, total: int) -> None:
    """Of whom progress is no concern."""
    del done, total


def copied(source: Path | str, target: Path | str, name: str = "nbmlops") -> dict[str, int]:
    done = copy_catalog(str(source), str(target), schema_name=name, progress=ignore)
    tables = {table.name: table.rows for table in done.tables}
    assert done.rows == sum(tables.values())
    return tables


def filled(column: sa.Column[Any], number: int) -> Any:
    """Something for a column, different in each row, of the kind that is easily lost."""
    if column.foreign_keys or (column.primary_key and isinstance(column.type, sa.Integer)):
        return number * 3
    match column.type:
        case sa.JSON():
            found: Any = [None, {"x": [math.inf, "\0", "ä"]}, ["7"]][number % 3]
        case UtcDateTime():
            found = MOMENT + timedelta(days=number)
        case sa.Boolean():
            found = number % 2 == 0
        case sa.Float():
            found = 0.1 + number
        case sa.Integer():
            found = 2**31 - number - 1
        case _:
            found = f"{column.name} {number} \0 \N{SNOWMAN} 'x'\\x00"
    return found


def fill(database: Database) -> None:
    """Three rows in each table, with gaps between their numbers."""
    with database.write() as connection:
        for table in schema.metadata.sorted_tables:
            for number in (1, 2, 5):
                row = {column.name: filled(column, number) for column in table.columns}
                if "environment" in row:
                    row["environment"] = None  # of which the key is a text
                connection.execute(sa.insert(table), row)


def content(database: Database) -> dict[str, list[Any]]:
    with database.read() as connection:
        return {
            table.name: [
                [
                    cell.replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(cell, str) else cell
                    for cell in row
                ]
                for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in schema.metadata.sorted_tables
        }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQLite catalog with rows in every table."""
    path = tmp_path / "catalog.db"
    with closing(SqliteDatabase(path)) as database:
        fill(database)
    return path


def test_every_row_goes_to_postgresql_and_back(
    file: Path, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_PAGE", 2)
    tables = {table.name: 3 for table in schema.metadata.sorted_tables}
    assert copied(file, postgres_url, "team") == tables
    back = tmp_path / "back.db"
    assert copied(postgres_url, back, "team") == tables
    with (
        closing(SqliteDatabase(file)) as one,
        closing(PostgresDatabase(postgres_url, schema="team")) as there,
        closing(SqliteDatabase(back)) as other,
    ):
        assert content(one) == content(there) == content(other)
        with there.read() as reading:
            raw = sa.text("SELECT parameters FROM runs ORDER BY id")
            texts = list(reading.execute(raw).scalars())
    with closing(sqlite3.connect(file)) as plain:
        assert [row[0] for row in plain.execute("SELECT parameters FROM runs ORDER BY id")] == texts


def test_new_rows_are_numbered_behind_those_that_were_copied(file: Path, postgres_url: str) -> None:
    copied(file, postgres_url)
    with closing(PostgresDatabase(postgres_url)) as there, there.write() as writing:
        for table in (schema.pipelines, schema.notices):
            row = {one.name: filled(one, 9) for one in table.columns if one.name != "id"}
            made = writing.execute(sa.insert(table).values(row).returning(table.c.id)).scalar()
            assert made == 16


def test_an_empty_catalog_is_copied_and_goes_on(postgres_url: str, tmp_path: Path) -> None:
    SqliteDatabase(tmp_path / "empty.db").close()
    assert set(copied(tmp_path / "empty.db", postgres_url).values()) == {0}
    with closing(PostgresDatabase(postgres_url)) as there:
        fill(there)


def test_a_target_with_a_row_is_refused(file: Path, postgres_url: str, tmp_path: Path) -> None:
    with closing(PostgresDatabase(postgres_url)) as there, there.write() as writing:
        writing.execute(sa.insert(schema.pools).values(name="gpu", size=1))
    with pytest.raises(UsageError, match="not empty: it has pools"):
        copied(file, postgres_url)
    with pytest.raises(UsageError, match="not empty"):
        copied(file, file)
    assert copied(file, tmp_path / "other.db")["pools"] == 3


def test_a_source_that_there_is_not_is_refused_and_not_made(
    file: Path, postgres_url: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no catalog"):
        copied(tmp_path / "other.db", file)
    assert not (tmp_path / "other.db").exists()
    with pytest.raises(UsageError, match="no catalog in the schema other"):
        copied(postgres_url, tmp_path / "new.db", "other")
    assert not has_catalog(postgres_url, schema="other")
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT to_regnamespace('other')").fetchone()
    assert found == (None,)


def test_a_copy_that_fails_leaves_nothing_and_can_be_made_again(
    file: Path, postgres_url: str
) -> None:
    with closing(sqlite3.connect(file)) as plain, plain:  # nobody refers to what there is not
        plain.execute("UPDATE deliveries SET notice_id = 77 WHERE id = 15")
    with pytest.raises(StoreError, match="deliveries"):
        copied(file, postgres_url)
    with closing(PostgresDatabase(postgres_url)) as there:
        assert not any(content(there).values())
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.execute("UPDATE deliveries SET notice_id = 15 WHERE id = 15")
    assert copied(file, postgres_url)["deliveries"] == 3


def test_what_arrives_otherwise_is_noticed(file: Path, postgres_url: str) -> None:
    """A rule of the database that changes what is written."""
    with closing(PostgresDatabase(postgres_url)) as there, there.write() as writing:
        writing.exec_driver_sql(
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN NEW.author := ''nobody''; RETURN NEW; END'"
        )
        writing.exec_driver_sql(
            "CREATE TRIGGER other BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION other()"
        )
    with pytest.raises(StoreCorruptError, match="What arrived in runs"):
        copied(file, postgres_url)
    with closing(PostgresDatabase(postgres_url)) as there:
        assert not any(content(there).values())


def test_what_is_being_run_is_not_copied(file: Path, tmp_path: Path) -> None:
    """Its scheduler would finish it here, and another run it there."""
    with closing(SqliteDatabase(file)) as database:
        records, until = ScheduleRecords(database), datetime.now(UTC) + timedelta(minutes=1)
        with database.write() as connection:
            fires = schema.fires
            connection.execute(
                sa.update(fires)
                .where(fires.c.id == 15)
                .values(status="claimed", lease_until=until, token=7)
            )
        with pytest.raises(StoreBusyError, match="being run: 1"):
            copied(file, tmp_path / "other.db")
        assert records.release(15, 7, attempts=0)
    assert copied(file, tmp_path / "other.db")["fires"] == 3
