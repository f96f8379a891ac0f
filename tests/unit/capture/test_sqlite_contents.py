"""A database of SQLite's whose rows are written anew has the content that it had."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nbmlops.capture.auditing import copy_of
from nbmlops.capture.sqlite_contents import SqliteContents, content_now


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database with two tables."""
    path = str(tmp_path / "rows.db")
    write(path, "create table t (a int, b text)", "create table k (id text primary key)")
    write(path, "insert into t values (1, 'one'), (2, null)", "insert into k values ('x')")
    return path


def write(path: str, *statements: str) -> None:
    """Execute statements, each of which commits."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
            connection.commit()


def anew(path: str) -> None:
    """What `to_sql` with `if_exists="replace"` does."""
    write(path, "drop table t", "create table t (a int, b text)")
    write(path, "insert into t values (1, 'one'), (2, null)")


def test_rows_that_are_written_anew_are_the_same_content(database: str) -> None:
    before, bytes_before = content_now(database), Path(database).read_bytes()
    assert before is not None
    anew(database)
    assert Path(database).read_bytes() != bytes_before
    assert content_now(database) == before


@pytest.mark.parametrize(
    "statement",
    [
        "insert into t values (3, 'three')",
        "update t set b = 'two' where a = 2",
        "update t set b = '' where a = 2",
        "update t set b = x'6f6e65' where a = 1",
        "update t set rowid = 7 where a = 1",
        "delete from k",
        "create index i on t (a)",
        "create table empty (a int)",
        "pragma user_version = 2",
        "alter table t rename column a to c",
    ],
)
def test_all_that_a_query_may_show_is_another_content(database: str, statement: str) -> None:
    before = content_now(database)
    write(database, statement)
    assert content_now(database) not in (before, None)


def test_a_cell_that_writes_the_same_leaves_a_database_as_found(database: str) -> None:
    """Whether it connects to it, or has a connection that an earlier cell has opened."""
    contents = SqliteContents()
    contents.begin([])
    copy = copy_of(database)
    assert contents.left_as_found({database: copy}) == {}  # nobody wrote
    anew(database)
    assert contents.left_as_found({database: copy}) == {database: content_now(database)}
    contents.begin([database])
    anew(database)
    assert contents.left_as_found({}) == {database: content_now(database)}
    contents.begin([database])
    write(database, "delete from t")
    assert contents.left_as_found({}) == {}


def test_of_what_is_not_in_the_file_nothing_is_told(database: str, tmp_path: Path) -> None:
    """A transaction that goes on, a log of its own, a file that is none of SQLite's."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("insert into t values (3, 'three')")
        assert content_now(database) is None
        connection.rollback()
    assert content_now(database) is not None
    write(database, "pragma journal_mode = wal")
    assert content_now(database) is None
    other = tmp_path / "other.db"
    other.write_text("no database" * 100)
    assert content_now(str(other)) is None
    assert content_now(str(tmp_path / "missing.db")) is None
