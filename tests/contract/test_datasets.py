"""The records of data sets behave alike in every database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.datasets import LeftOut, Member, NewDatasetVersion, Source
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.datasets import DatasetRecords
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.references import ReferenceRecords

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(open_catalog: Callable[..., Database]) -> Database:
    """An empty catalog."""
    return open_catalog()


def member(name: str, digest: str, *, size: int | None = 2**40) -> Member:
    return Member(kind="file", name=name, digest=digest, size=size, object=digest)


def new(*members: Member, name: str = "flights", comment: str = "") -> NewDatasetVersion:
    return NewDatasetVersion(
        name=name,
        members=members,
        comment=comment,
        author="ada",
        created_at=NOON,
        source=Source(step="train@1", notebook="flights.ipynb", execution=7),
        left_out=(LeftOut(name="rows", why="it was not kept"),),
    )


def ran(database: Database, *, step: str, digest: str, status: str = "ok") -> int:
    """An execution of a step that read a file and a value."""
    read = FileAccess(path="a.csv", mode="read", digest=digest, size=1, known_by="open")
    rows = ValueRecord(name="rows", fingerprint="print", summary=ValueSummary(kind="list"))
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=step,
        cell_id="cell",
        source=step,
        digest=step,
        session="s",
        started_at=NOON,
        duration=1.0,
        status=ExecutionStatus(status),
        files=(read,),
        inputs=(rows,),
        author="ada",
    )
    return ExecutionRecords(database).add(record).id


def test_a_version_comes_back_as_it_was_kept(database: Database) -> None:
    records = DatasetRecords(database)
    value = Member(
        kind="value", name="rows", digest="print", size=None, manifest="m", text="list, 3"
    )
    made = records.add(new(member("b", "2"), value, member("a", "1"), comment="of March"))
    assert made.is_new
    assert records.versions() == records.versions("flights") == [made.version]
    assert (made.version.files, made.version.values, made.version.size) == (2, 1, 2**41)
    assert made.version.source == new().source
    assert made.version.left_out == new().left_out
    assert records.members(made.version) == [member("a", "1"), member("b", "2"), value]
    assert records.members(made.version, limit=1) == [member("a", "1")]


def test_numbers_count_what_is_distinct_and_are_not_given_twice(database: Database) -> None:
    records = DatasetRecords(database)
    first = records.add(new(member("a", "1")))
    second = records.add(new(member("a", "2")))
    again = records.add(new(member("a", "1"), comment="another"))
    assert [one.version.number for one in (first, second, again)] == [1, 2, 1]
    assert not again.is_new
    records.delete([second.version])
    assert [one.number for one in records.versions("flights")] == [1]
    assert records.add(new(member("a", "2"))).version.number == 3
    assert records.add(new(member("a", "1"), name="other")).version.number == 1


def test_who_pins_at_once_gets_one_number_each(database: Database) -> None:
    records = DatasetRecords(database)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda text: records.add(new(member("a", text))), "abcdefgh"))
    assert sorted(one.version.number for one in made) == list(range(1, 9))
    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda _: records.add(new(member("z", "z"), name="z")), range(8)))
    assert [one.version.number for one in same] == [1] * 8
    assert sum(one.is_new for one in same) == 1


def test_uses_are_told_by_content(database: Database) -> None:
    records = DatasetRecords(database)
    value = Member(kind="value", name="rows", digest="print", size=1, manifest="m")
    version = records.add(new(member("elsewhere/a.csv", "1"), value)).version
    ran(database, step="train", digest="1")
    ran(database, step="train", digest="1")
    ran(database, step="late", digest="2")
    uses = [(one.used_by, one.run, one.members, one.executions) for one in records.uses(version)]
    assert uses == [("train@1", None, 2, 2), ("late@1", None, 1, 1)]


def test_the_newest_execution_that_succeeded_is_found(database: Database) -> None:
    records = DatasetRecords(database)
    first = ran(database, step="train", digest="1")
    ran(database, step="train", digest="1", status="error")
    found = ExecutionRecords(database).by_ids([first])[first].version
    assert found is not None
    assert records.latest_execution(found.step.id) == first
    assert records.latest_execution(found.step.id, version_id=found.id) == first
    assert records.latest_execution(found.step.id, version_id=10**6) is None


def test_references_name_what_is_pinned_and_let_go_of_what_is_lost(database: Database) -> None:
    records, references = DatasetRecords(database), ReferenceRecords(database)
    value = Member(kind="value", name="rows", digest="print", size=1, manifest="m")
    version = records.add(new(member("a", "1"), value)).version
    assert references.references().objects == {"1"}
    assert references.references().manifests == {"m"}
    assert references.pinned_files() == [("a", "1")]
    assert references.owners() == {"1": "a of flights@1", "m": "rows of flights@1"}
    assert references.lose(manifests=["m"], reason="lost") == 1
    assert references.lose_objects(["1"]) == 1
    assert references.references().objects == references.references().manifests == frozenset()
    assert not any(one.is_kept for one in records.members(version))
