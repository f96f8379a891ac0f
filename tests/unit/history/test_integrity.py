"""What a check of the store finds, and what it repairs."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbmlops.domain.executions import Artifact, ExecutionRecord, ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.proofs import Proof
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.runs import Run
from nbmlops.domain.upkeep import Damage
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.domain.verifications import Verdict, Verification
from nbmlops.errors import StoreCorruptError
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import FixedClock, Notebook
from nbmlops.workspace import Workspace


@dataclass
class Store:
    """A store with one stored value, and one run of a pipeline that really ran."""

    workspace: Workspace
    run: Run
    manifest: str
    folder: Path

    def file(self, key: str) -> Path:
        """The file of an object."""
        (found,) = (self.folder / "objects" / key[:2]).glob(f"{key[2:]}*")
        return found

    def damage(self, key: str) -> None:
        """Flip the last byte of an object."""
        path = self.file(key)
        path.chmod(0o644)
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)

    def check(self, *, repair: bool = False) -> list[Damage]:
        """Look for damage."""
        return self.workspace.integrity.check(repair=repair)

    @property
    def value(self) -> ValueRecord:
        """The record of the stored value, as it is now."""
        (execution,) = self.workspace.executions.session_cells("s")
        return execution.record.outputs[0]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that every test gets a copy of."""
    folder = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(folder / "key"))
        path = Notebook(folder).step("train", "model = 1").save("flights.ipynb")
        workspace = Workspace(folder)
        workspace.runs.run(workspace.pipelines.build(path).version, {})
        manifest = workspace.values.save(bytearray(os.urandom(200_000)), limit=10**6)
        value = ValueRecord(
            name="data", fingerprint="f", summary=ValueSummary(kind="bytearray"), manifest=manifest
        )
        workspace.executions.add(
            ExecutionRecord(
                notebook="flights.ipynb",
                step="load",
                cell_id="c",
                source="x",
                digest="x",
                session="s",
                started_at=datetime.now(UTC),
                duration=1.0,
                status=ExecutionStatus.OK,
                outputs=(value,),
                author="tester",
            )
        )
        workspace.close()
    return folder


@pytest.fixture
def store(
    template: Path, tmp_path: Path, mlops_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A whole store."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(template / "key"))
    project = tmp_path / "project"
    shutil.copytree(template, project)
    mlops_clock.now = datetime.now(UTC)
    workspace = Workspace(project, clock=mlops_clock)
    run = workspace.runs.newest()[0]
    (execution,) = workspace.executions.session_cells("s")
    manifest = str(execution.record.outputs[0].manifest)
    yield Store(workspace, run, manifest, workspace.store)
    workspace.close()


def test_a_whole_store_is_in_order(store: Store) -> None:
    seen: list[tuple[int, int]] = []
    found = store.workspace.integrity.check(progress=lambda done, all_: seen.append((done, all_)))
    assert found == []
    assert seen[-1][0] == seen[-1][1] == len(list(store.workspace.objects.keys()))


@dataclass(frozen=True)
class Case:
    name: str
    harm: Callable[[Store], None]
    kind: str
    says: str
    repair: str


def _version(store: Store) -> PipelineVersion:
    return store.workspace.pipelines.get(PipelineReference(name="flights"))


def _file_of_run(store: Store) -> str:
    return store.run.artifacts[0].object


def _part(store: Store) -> str:
    return store.workspace.values.parts(store.manifest)[-1]


def _leave_a_file(store: Store) -> None:
    path = store.folder / "objects" / ".writing-x"
    path.write_bytes(b"half")
    old = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(path, (old, old))


def _start_and_vanish(store: Store) -> None:
    gone = ProcessIdentity(host=os.uname().nodename, process=2**22 + 1, started_at=1.0)
    RunRecords(store.workspace.database).start(
        _version(store),
        parameters={},
        trigger="manual",
        author="tester",
        started_at=datetime.now(UTC),
        process=gone,
    )


CASES = [
    Case(
        "a file of a run is damaged",
        lambda store: store.damage(_file_of_run(store)),
        "object",
        "flights.ipynb of flights#1 is damaged",
        "put back from",
    ),
    Case(
        "a file of a run is gone",
        lambda store: store.workspace.objects.delete(_file_of_run(store)),
        "missing",
        "flights.ipynb of flights#1 is missing",
        "put back from",
    ),
    Case(
        "a part of a value is damaged",
        lambda store: store.damage(_part(store)),
        "object",
        "a part of data of load@1 is damaged",
        "the records say now",
    ),
    Case(
        "a part of a value is gone",
        lambda store: store.workspace.objects.delete(_part(store)),
        "missing",
        "a part of data of load@1 is missing",
        "the records say now",
    ),
    Case(
        "a manifest is damaged",
        lambda store: store.damage(store.manifest),
        "manifest",
        "the manifest of data of load@1 is damaged",
        "the records say now",
    ),
    Case("a file is left over", _leave_a_file, "leftover", ".writing-x", "cleaned up"),
    Case(
        "a run folder belongs to no run",
        lambda store: (store.folder / "runs" / "flights" / "7").mkdir(),
        "run folder",
        "belongs to no run",
        "moved to",
    ),
    Case(
        "a run's process is gone",
        _start_and_vanish,
        "run",
        "flights#2 says that it is running",
        "marked as lost",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_damage_is_named_and_repaired_and_then_gone(case: Case, store: Store) -> None:
    case.harm(store)
    (found,) = store.check()
    assert found.kind == case.kind
    assert case.says in found.what
    assert found.meaning
    assert found.cure
    assert found.repair is None
    (mended,) = store.check(repair=True)
    assert mended.repair is not None
    assert case.repair in mended.repair
    assert store.check() == []


@pytest.mark.parametrize(
    ("table", "column"),
    [("execution_values", "summary"), ("executions", "deleted"), ("executions", "parameters")],
)
def test_a_row_that_cannot_be_read_is_named_and_answered_in_a_sentence(
    store: Store, table: str, column: str
) -> None:
    """What can be read of the store is checked all the same."""
    with store.workspace.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = '{{half' "  # noqa: S608
            f"WHERE rowid = (SELECT max(rowid) FROM {table})"
        )
    store.workspace.objects.delete(_part(store))
    named, lost = store.check()
    assert named.what.endswith(f" of {table} cannot be read: its {column} is damaged")
    assert lost.kind == "missing"
    with pytest.raises(StoreCorruptError, match="is damaged") as caught:
        store.workspace.executions.session_cells("s")
    assert "fsck" in str(caught.value.cure)


MENDED = [
    ("execution_values", "summary"),
    ("executions", "deleted"),
    ("executions", "failure"),
    ("executions", "parameters"),
    ("executions", "reported"),
    ("proofs", "proof"),
    ("runs", "attempts"),
    ("runs", "failure"),
    ("runs", "warnings"),
    ("verifications", "outputs"),
]


@pytest.mark.parametrize(("table", "column"), MENDED)
def test_a_part_that_cannot_be_read_is_set_aside_and_the_rest_stays(
    store: Store, table: str, column: str
) -> None:
    """As it was, in a file, and an execution says that it is not known whole."""
    workspace = store.workspace
    (execution,) = workspace.executions.session_cells("s")
    verified = Verification(
        execution_id=execution.id,
        verdict=Verdict.IDENTICAL,
        reason="",
        author="tester",
        verified_at=workspace.clock(),
    )
    workspace._verification_records.add(verified)
    notebook = workspace.objects.put(b"{}")
    proof = Proof(
        verdict=Verdict.IDENTICAL,
        duration=1.0,
        notebooks=(Artifact(name="flights.ipynb", media_type="x", object=notebook, size=2),),
        author="tester",
        proved_at=workspace.clock(),
    )
    workspace._proof_records.add(_version(store), proof)
    with workspace.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = CAST(x'7bff' AS TEXT) "  # noqa: S608
            f"WHERE rowid = (SELECT max(rowid) FROM {table})"
        )
    (damaged,) = store.check()
    assert damaged.cure.startswith("Set aside what can be: nbmlops fsck --repair")
    (found,) = store.check(repair=True)
    assert found.repair is not None
    assert "set aside" in found.repair
    (aside,) = (store.folder / "lost").glob("rows-*.jsonl")
    assert str(aside) in found.repair
    (line,) = aside.read_text().splitlines()
    kept = json.loads(line)
    assert (kept["table"], kept["column"]) == (table, column)
    assert kept["content"][column].encode("utf-8", "surrogateescape") == b"{\xff"
    assert store.check() == []
    (after,) = workspace.executions.session_cells("s")
    assert after.record.outputs[0].manifest == execution.record.outputs[0].manifest
    assert after.record.inputs_complete is (table != "executions")
    assert workspace.runs.newest()[0].reference == store.run.reference


def test_what_a_pipeline_is_made_of_is_not_guessed(store: Store) -> None:
    with store.workspace.database.write() as connection:
        connection.exec_driver_sql("UPDATE pipeline_versions SET spec = '{half'")
    (found,) = store.check(repair=True)
    assert (found.repair, found.cure) == (None, "Put back a backup of .nbmlops/catalog.db.")
    assert not (store.folder / "lost").exists()


def test_numbers_that_are_none_are_no_damage(store: Store) -> None:
    """Python writes NaN into JSON, which others refuse."""
    with store.workspace.database.write() as connection:
        connection.exec_driver_sql("UPDATE executions SET parameters = '{\"rate\": NaN}'")
    assert store.check() == []


def test_what_was_lost_says_why(store: Store) -> None:
    store.workspace.objects.delete(_part(store))
    store.check(repair=True)
    assert store.value.manifest is None
    assert store.value.reason is not None
    assert store.value.reason.startswith("lost: a part of data of load@1 is missing")


def test_a_file_of_a_run_without_a_copy_is_marked(store: Store) -> None:
    store.workspace.objects.delete(_file_of_run(store))
    store.workspace.runs.folder(store.run).notebook.unlink()
    (mended,) = store.check(repair=True)
    assert mended.repair == "the records say now that the content is gone"
    assert store.check() == []


def test_a_value_of_another_user_is_told_and_left(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "another"))
    stranger = Workspace(store.workspace.project)
    found = stranger.integrity.check(repair=True)
    stranger.close()
    assert {damage.kind for damage in found} == {"signature"}
    assert not [damage for damage in found if damage.repair]
    assert store.value.manifest == store.manifest


def test_the_notebook_of_a_pipeline_version_cannot_be_done_without(store: Store) -> None:
    store.workspace.objects.delete(_version(store).notebook_object)
    (found,) = store.check(repair=True)
    assert "notebook of flights@1 is missing" in found.what
    assert found.repair is None


def test_a_row_that_refers_to_nothing_is_found(store: Store) -> None:
    connection = sqlite3.connect(store.workspace.catalog)
    connection.execute("DELETE FROM pipelines")
    connection.commit()
    connection.close()
    assert {damage.kind for damage in store.check()} >= {"reference"}


def test_a_damaged_catalog_is_all_that_is_said(store: Store) -> None:
    store.workspace.database.close()
    connection = sqlite3.connect(store.workspace.catalog)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'execution_values'"
    ).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with store.workspace.catalog.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    found = store.check()
    assert {damage.kind for damage in found} == {"catalog"}
