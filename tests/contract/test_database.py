"""What every implementation of the `Database` port does; SQLite in a file so far."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmlops.errors import StoreBusyError, StoreError
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.prepared import Prepared
from nbmlops.store.catalog.sqlite import SqliteDatabase

PROCESSES = 8
ADDED = 5

ADD = Prepared(sa.insert(schema.pipelines), ["name"])
FIND = Prepared(sa.select(schema.pipelines).where(schema.pipelines.c.name == sa.bindparam("name")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "catalog.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """An empty catalog that gives up waiting quickly."""
    opened = SqliteDatabase(path, busy_timeout=200)
    yield opened
    opened.close()


@pytest.fixture
def other(path: Path, database: Database) -> Iterator[Database]:
    """The same catalog, opened a second time."""
    del database
    opened = SqliteDatabase(path, busy_timeout=200)
    yield opened
    opened.close()


def add(database: Database, name: str) -> None:
    """Write one row."""
    with database.write() as connection:
        connection.execute(sa.insert(schema.pipelines).values(name=name))


def fail_after_writing(database: Database) -> None:
    """Write one row, then fail."""
    with database.write() as connection:
        connection.execute(sa.insert(schema.pipelines).values(name="flights"))
        raise ZeroDivisionError


def fail_after_appending(database: Database) -> None:
    """Write one row by a prepared statement, then fail."""
    with database.append() as ledger:
        ledger.run(ADD, [{"name": "flights"}])
        raise ZeroDivisionError


def names(database: Database) -> list[str]:
    """Every row."""
    with database.read() as connection:
        return list(connection.execute(sa.select(schema.pipelines.c.name)).scalars())


def test_what_was_written_is_read_by_another(database: Database, other: Database) -> None:
    add(database, "flights")
    assert names(other) == ["flights"]


def test_an_exception_rolls_a_transaction_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_writing(database)
    assert names(database) == []


def test_prepared_statements_are_one_transaction(database: Database, other: Database) -> None:
    with database.append() as ledger:
        ledger.run(ADD, [{"name": "flights"}, {"name": "taxis"}])
        assert ledger.only(FIND, {"name": "taxis"}) == {"id": 2, "name": "taxis"}
        assert ledger.first(FIND, {"name": "trains"}) is None
        assert names(other) == []
        with pytest.raises(StoreBusyError), other.append():
            pass
    assert names(other) == ["flights", "taxis"]


def test_an_exception_takes_prepared_statements_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_appending(database)
    with pytest.raises(StoreError, match="UNIQUE"), database.append() as ledger:
        ledger.run(ADD, [{"name": "flights"}, {"name": "flights"}])
    assert names(database) == []
    add(database, "flights")
    assert names(database) == ["flights"]


def test_a_reader_sees_one_state_while_another_writes(database: Database, other: Database) -> None:
    with database.read() as connection:
        query = sa.select(sa.func.count()).select_from(schema.pipelines)
        before = connection.execute(query).scalar()
        add(other, "flights")
        assert connection.execute(query).scalar() == before
    assert names(database) == ["flights"]


def test_a_second_writer_waits_from_its_first_statement(
    database: Database, other: Database
) -> None:
    with database.write() as connection:
        connection.execute(sa.select(schema.pipelines))
        with pytest.raises(StoreBusyError), other.write():
            pass
    add(other, "flights")


def test_the_change_counter_tells_of_commits_of_others(database: Database, other: Database) -> None:
    before = database.change_counter()
    assert database.change_counter() == before
    add(other, "flights")
    assert database.change_counter() != before


def test_any_thread_may_use_a_database(database: Database) -> None:
    threads = [threading.Thread(target=add, args=(database, f"p{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(database)) == ["p0", "p1", "p2", "p3"]


def test_a_foreign_key_is_enforced(database: Database) -> None:
    row = {
        "pipeline_version_id": 7,
        "decision": "approved",
        "digest": "",
        "author": "",
        "comment": "",
        "decided_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(StoreError, match="FOREIGN KEY"), database.write() as connection:
        connection.execute(sa.insert(schema.approvals).values(row))


def test_a_closed_database_opens_again_when_it_is_used(database: Database) -> None:
    add(database, "flights")
    database.close()
    assert names(database) == ["flights"]


def count_up(path: Path, failures: multiprocessing.SimpleQueue[str]) -> None:
    """Open the catalog, which may not exist yet, and add to a number by reading and writing it."""
    try:
        database = SqliteDatabase(path)
        for _ in range(ADDED):
            with database.write(durable=False) as connection:
                number = connection.execute(
                    sa.select(sa.func.count(schema.pipelines.c.id))
                ).scalar()
                connection.execute(sa.insert(schema.pipelines).values(name=f"p{number}"))
        database.close()
    except Exception as error:
        failures.put(repr(error))
        raise


@pytest.mark.slow
def test_processes_that_open_a_new_catalog_at_once_lose_no_update(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    failures = context.SimpleQueue()
    processes = [context.Process(target=count_up, args=(path, failures)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert failures.empty() or not failures.get()
    database = SqliteDatabase(path)
    assert len(names(database)) == PROCESSES * ADDED
    database.close()
