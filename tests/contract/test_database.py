"""What every implementation of the `Database` port does: SQLite in a file, and PostgreSQL."""

from __future__ import annotations

import math
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmlops.errors import StoreBusyError, StoreError
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.postgres import PostgresDatabase
from nbmlops.store.catalog.prepared import Prepared
from nbmlops.store.catalog.sqlite import SqliteDatabase

PROCESSES, THREADS = 4, 4
ADDED = 5

ADD = Prepared(sa.insert(schema.pipelines), ["name"])
FIND = Prepared(sa.select(schema.pipelines).where(schema.pipelines.c.name == sa.bindparam("name")))


@pytest.fixture
def database(open_catalog: Callable[..., Database]) -> Database:
    """An empty catalog that gives up waiting quickly."""
    return open_catalog(patience=0.2)


@pytest.fixture
def other(open_catalog: Callable[..., Database], database: Database) -> Database:
    """The same catalog, opened a second time."""
    del database
    return open_catalog(patience=0.2)


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


def append(database: Database, name: str) -> None:
    """Write one row by a prepared statement."""
    with database.append() as ledger:
        ledger.run(ADD, [{"name": name}])


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


def test_what_is_asked_is_of_one_state(database: Database, other: Database) -> None:
    add(database, "flights")
    with database.ask() as asking:
        assert asking.all(FIND, {"name": "flights"}) == [{"id": 1, "name": "flights"}]
        add(other, "taxis")
        assert asking.all(FIND, {"name": "taxis"}) == []
    with database.ask() as asking:
        assert asking.only(FIND, {"name": "taxis"})["id"] == 2
    assert names(database) == ["flights", "taxis"]


def test_a_question_that_fails_holds_nobody_up(database: Database, other: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.ask() as asking:
        raise ZeroDivisionError(asking)
    add(other, "flights")
    assert names(database) == ["flights"]


def test_an_exception_takes_prepared_statements_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_appending(database)
    with pytest.raises(StoreError, match=r"(?i)unique"), database.append() as ledger:
        ledger.run(ADD, [{"name": "flights"}, {"name": "flights"}])
    assert names(database) == []
    add(database, "flights")
    assert names(database) == ["flights"]


def test_threads_append_one_after_the_other(open_catalog: Callable[..., Database]) -> None:
    """Also after one that failed; what one has begun is not what another goes on with."""
    database, other = open_catalog(patience=10), open_catalog(patience=10)
    with pytest.raises(ZeroDivisionError):
        fail_after_appending(database)
    append(database, "first")
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda number: append(database, str(number)), range(ADDED)))
    append(other, "last")
    expected = ["first", *map(str, range(ADDED)), "last"]
    assert sorted(names(database)) == sorted(expected)


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
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.write() as connection:
        connection.execute(sa.insert(schema.approvals).values(row))


def test_a_closed_database_opens_again_when_it_is_used(database: Database) -> None:
    add(database, "flights")
    database.close()
    assert names(database) == ["flights"]


def test_a_change_that_changed_nothing_wakes_nobody(database: Database, other: Database) -> None:
    before = database.change_counter()
    with other.write() as connection:
        connection.execute(sa.delete(schema.pipelines).where(schema.pipelines.c.name == "none"))
    with other.read() as connection:
        connection.execute(sa.select(schema.pipelines)).all()
    assert database.change_counter() == before


def test_the_clock_of_a_database_is_near_that_of_this_machine(database: Database) -> None:
    assert abs(database.skew()) < timedelta(seconds=1)


@pytest.mark.parametrize("text", ["naïve", "日本", "50%", "a\\b'c\"d", ":name", "%(x)s"])
def test_texts_come_back_as_they_were(database: Database, text: str) -> None:
    add(database, text)
    with database.append() as ledger:
        assert ledger.only(FIND, {"name": text})["name"] == text
    assert names(database) == [text]


@pytest.mark.parametrize("content", [None, {}, [1, 2.5, "x"], {"a": None}, {"n": -0.0, "t": "\0"}])
def test_json_comes_back_as_it_was(database: Database, content: Any) -> None:
    with database.write() as connection:
        row = {"digest": "d", "content": content}
        connection.execute(sa.insert(schema.environments).values(row))
    with database.read() as connection:
        assert connection.execute(sa.select(schema.environments.c.content)).scalar() == content


def test_json_may_hold_what_is_no_number(database: Database) -> None:
    with database.write() as connection:
        row = {"digest": "d", "content": {"worst": math.nan, "most": math.inf}}
        connection.execute(sa.insert(schema.environments).values(row))
    with database.read() as connection:
        found = connection.execute(sa.select(schema.environments.c.content)).scalar_one()
    assert math.isnan(found["worst"])
    assert found["most"] == math.inf


def test_a_number_may_be_none_or_infinite(database: Database) -> None:
    given = [0.5, math.nan, math.inf, -math.inf]
    metrics = sa.table("numbers", sa.column("value", schema.metrics.c.value.type))
    with database.write() as connection:
        connection.execute(sa.text("create table numbers (value double precision not null)"))
        connection.execute(sa.insert(metrics), [{"value": value} for value in given])
    with database.read() as connection:
        found = connection.execute(sa.select(metrics.c.value)).scalars().all()
    assert list(map(repr, found)) == list(map(repr, given))


def count_up(place: Path | str) -> None:
    """Open the catalog, which may not exist yet, and add to a number by reading and writing it."""
    database: Database = (
        PostgresDatabase(place) if isinstance(place, str) else SqliteDatabase(place)
    )
    for _ in range(ADDED):
        with database.write(durable=False) as connection:
            number = connection.execute(sa.select(sa.func.count(schema.pipelines.c.id))).scalar()
            connection.execute(sa.insert(schema.pipelines).values(name=f"p{number}"))
    database.close()


def count_up_in_threads(place: Path | str, failures: multiprocessing.SimpleQueue[str]) -> None:
    """Several of `count_up` at once, each with a catalog of its own."""
    with ThreadPoolExecutor(THREADS) as pool:
        for counted in [pool.submit(count_up, place) for _ in range(THREADS)]:
            if counted.exception() is not None:
                failures.put(repr(counted.exception()))


@pytest.mark.slow
def test_sixteen_writers_that_open_a_new_catalog_at_once_lose_no_update(
    catalog_place: Path | str, open_catalog: Callable[..., Database]
) -> None:
    context = multiprocessing.get_context("spawn")
    failures = context.SimpleQueue()
    processes = [
        context.Process(target=count_up_in_threads, args=(catalog_place, failures))
        for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert failures.empty() or not failures.get()
    assert len(names(open_catalog())) == PROCESSES * THREADS * ADDED


@pytest.mark.slow
def test_who_waits_to_write_comes_before_those_that_write_without_a_pause(
    open_catalog: Callable[..., Database],
) -> None:
    greedy = [open_catalog() for _ in range(2)]
    patient = open_catalog()
    over = threading.Event()

    def write_on_and_on(database: Database) -> None:
        while not over.is_set():
            with database.write(durable=False) as connection:
                connection.execute(sa.delete(schema.pipelines).where(schema.pipelines.c.id < 0))
                time.sleep(0.03)

    with ThreadPoolExecutor(len(greedy)) as pool:
        writing = [pool.submit(write_on_and_on, database) for database in greedy]
        try:
            for number in range(4):
                with patient.write() as connection:
                    connection.execute(sa.insert(schema.pipelines).values(name=f"p{number}"))
        finally:
            over.set()
        for written in writing:
            written.result()
