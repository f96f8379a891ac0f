"""Connections count by what they connect to; lazy frames by their plan and their files."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmlops.errors import NotFingerprintableError
from nbmlops.values import databases
from nbmlops.values.fingerprint import fingerprint


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    """A database in memory with one table."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (a)")
        yield connection


def test_a_sqlite_connection_is_its_file(tmp_path: Path) -> None:
    places = [tmp_path / "a.db", tmp_path / "a.db", tmp_path / "b.db"]
    opened = [sqlite3.connect(place) for place in places]
    first, again, other = map(fingerprint, opened)
    opened[0].execute("attach database ':memory:' as more")
    attached = fingerprint(opened[0])
    for connection in opened:
        connection.close()
    assert first == again
    assert len({first, other, attached}) == 3


def test_a_sqlite_database_in_memory_is_its_content(memory: sqlite3.Connection) -> None:
    empty = fingerprint(memory)
    memory.execute("insert into t values (1)")
    assert memory.in_transaction
    full = fingerprint(memory)
    assert memory.in_transaction
    assert full != empty
    memory.rollback()
    assert fingerprint(memory) == empty


def test_a_file_of_the_project_is_the_same_in_a_copy_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One elsewhere counts as a whole."""
    monkeypatch.setattr(databases, "_project", [])
    found = {}
    for project in ("here", "there"):
        (tmp_path / project / "data").mkdir(parents=True)
        databases.lie_in(tmp_path / project)
        for place in (tmp_path / project / "data" / "a.db", tmp_path / "a.db"):
            with closing(sqlite3.connect(place)) as connection:
                found[project, place.parent.name] = fingerprint(connection)
    assert found["here", "data"] == found["there", "data"]
    assert len(set(found.values())) == len({"the project's", "elsewhere"})


def test_a_closed_connection_says_so() -> None:
    connection = sqlite3.connect(":memory:")
    connection.close()
    with pytest.raises(NotFingerprintableError, match="closed database"):
        fingerprint(connection)


def test_an_engine_is_what_it_connects_to_without_credentials(tmp_path: Path) -> None:
    def engine(place: str, **more: str) -> str:
        url = sa.make_url(f"sqlite:///file:{tmp_path}/{place}?uri=true").update_query_dict(more)
        return fingerprint(sa.create_engine(url))

    assert engine("a.db") == engine("a.db", password="p", api_token="q")
    assert len({engine("a.db"), engine("b.db"), engine("a.db", mode="ro")}) == 3


def test_an_engine_of_a_database_in_memory_has_none() -> None:
    with pytest.raises(NotFingerprintableError, match="a database in memory"):
        fingerprint(sa.create_engine("sqlite://"))


def test_a_duckdb_connection_keeps_its_pending_result(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("select 1 as a union all select 2 order by a")
        assert connection.fetchone() == (1,)
        assert fingerprint(connection) == fingerprint(connection.cursor())
        assert connection.fetchone() == (2,)
    with (
        duckdb.connect() as connection,
        pytest.raises(NotFingerprintableError, match="a database in memory"),
    ):
        fingerprint(connection)


def test_handles_say_what_they_are(tmp_path: Path) -> None:
    with (
        (tmp_path / "a.txt").open("w") as file,
        pytest.raises(NotFingerprintableError, match="an open file"),
    ):
        fingerprint([file])
    with (
        socket.socket() as connection,
        pytest.raises(NotFingerprintableError, match="a network connection"),
    ):
        fingerprint(connection)


def test_a_lazy_frame_changes_with_the_files_that_it_reads(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    for name in ("a", "b"):
        polars.DataFrame({"x": [1]}).write_parquet(tmp_path / f"{name}.parquet")
    plan = polars.scan_parquet(tmp_path / "*.parquet").select("x")
    before = fingerprint(plan)
    content = (tmp_path / "a.parquet").read_bytes()
    polars.DataFrame({"x": [2]}).write_parquet(tmp_path / "a.parquet")
    assert fingerprint(plan) != before
    (tmp_path / "a.parquet").write_bytes(content)
    assert fingerprint(plan) == before
    (tmp_path / "c.parquet").write_bytes(content)
    assert fingerprint(plan) != before


def test_a_lazy_frame_that_reads_from_elsewhere_has_none() -> None:
    polars = pytest.importorskip("polars")
    with pytest.raises(NotFingerprintableError, match="reads from elsewhere"):
        fingerprint(polars.scan_csv("https://example.org/a.csv"))


def test_why_a_closed_connection_cannot_be_compared_is_one_sentence() -> None:
    """SQLite ends its own with a full stop."""
    closed = sqlite3.connect(":memory:")
    closed.close()
    with pytest.raises(NotFingerprintableError) as caught:
        fingerprint(closed)
    assert caught.value.message.endswith("Cannot operate on a closed database.")
