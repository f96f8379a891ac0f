"""A store that does not work: one sentence with its cure, exit code 1, and nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a pipeline."""
    folder = tmp_path_factory.mktemp("original")
    Notebook(folder).parameters(month=1).step("load", "rows = [month]").save("flights.ipynb")
    workspace = Workspace(folder)
    workspace.pipelines.build(folder / "flights.ipynb")
    workspace.close()
    return folder


@pytest.fixture
def project(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that a test may break; the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(original, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts something on a new folder; skips the test where that is not allowed."""
    mounted = []

    def at(name: str, *options: str) -> Path:
        target = tmp_path / name
        target.mkdir()
        done = subprocess.run(["mount", *options, target], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.decode().strip()}")
        mounted.append(target)
        return target

    yield at
    for target in mounted:
        subprocess.run(["umount", "--lazy", target], check=True)


def test_a_catalog_that_is_not_a_database_is_damaged(project: Path, shell: Shell) -> None:
    (project / ".nbmlops/catalog.db").write_bytes(b"not a database" * 100)
    answer = shell("runs")
    assert answer.code == 1
    assert answer.err == (
        f"nbmlops: The store {project / '.nbmlops/catalog.db'} is damaged. "
        "Put back a backup, or move the file away to start a new history.\n"
    )


def test_a_catalog_with_overwritten_pages_is_damaged(project: Path, shell: Shell) -> None:
    with (project / ".nbmlops/catalog.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"x" * 60_000)
    answer = shell("pipelines")
    assert answer.code == 1
    assert "is damaged. Put back a backup" in answer.err


def test_a_damaged_object_is_told_before_the_run_begins_anything(
    project: Path, shell: Shell
) -> None:
    for path in (project / ".nbmlops/objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"broken")
    answer = shell("run", "flights")
    assert answer.code == 1
    assert "is damaged. Bring it back from a backup" in answer.err
    assert "No run yet" in shell("runs").out


def test_a_newer_schema_asks_for_an_upgrade_and_is_left_alone(project: Path, shell: Shell) -> None:
    with closing(sqlite3.connect(project / ".nbmlops/catalog.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        answer = shell("build", "flights.ipynb")
        [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert answer.code == 1
    assert "was written by a newer nbmlops (schema 9999). Upgrade nbmlops" in answer.err
    assert revision == "9999"


def test_a_file_in_the_place_of_the_store_is_told(project: Path, shell: Shell) -> None:
    shutil.rmtree(project / ".nbmlops")
    (project / ".nbmlops").write_text("in the way")
    answer = shell("build", "flights.ipynb")
    assert answer.code == 1
    assert "cannot be made: a file is in its place. Move that file away" in answer.err


def test_a_read_only_project_is_told(
    project: Path, shell: Shell, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mount("read-only", "--bind", str(project))
    subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
    monkeypatch.chdir(folder)
    answer = shell("build", "flights.ipynb")
    assert answer.code == 1
    assert "catalog.db cannot be written. Make its folder writable for you" in answer.err


def test_a_read_only_project_can_be_read(
    project: Path, shell: Shell, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_an_open_run(project)
    folder = mount("read-only-runs", "--bind", str(project))
    subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
    monkeypatch.chdir(folder)
    assert "flights#1" in shell("runs").out
    assert "flights#1" in shell("show", "flights#1").out
    assert shell("approve", "flights", "--comment", "looked at").code == 1


def test_runs_of_a_locked_store_are_listed(project: Path, shell: Shell) -> None:
    (project / ".nbmlops/config.toml").write_text("patience = 1")
    leave_an_open_run(project)
    with closing(sqlite3.connect(project / ".nbmlops/catalog.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "running" in shell("runs").out
        other.execute("ROLLBACK")
    assert "lost" in shell("runs").out


def leave_an_open_run(project: Path) -> None:
    """A run whose process is gone."""
    import socket

    from nbmlops.domain.clock import system_clock
    from nbmlops.domain.references import PipelineReference
    from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords

    workspace = Workspace(project)
    RunRecords(workspace.database).start(
        workspace.pipelines.get(PipelineReference.parse("flights")),
        parameters={},
        trigger="manual",
        author="ada",
        started_at=system_clock(),
        process=ProcessIdentity(host=socket.gethostname(), process=2**22 + 1, started_at=None),
    )
    workspace.close()


def test_a_folder_in_the_place_of_the_catalog_is_told(project: Path, shell: Shell) -> None:
    (project / ".nbmlops/catalog.db").unlink()
    (project / ".nbmlops/catalog.db").mkdir()
    answer = shell("runs")
    assert answer.code == 1
    assert "catalog.db is a folder, not a database file. Put back a backup" in answer.err


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


def test_a_full_disk_is_told_and_loses_nothing(
    original: Path, shell: Shell, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mount("full", "-t", "tmpfs", "-o", "size=2m", "tmpfs")
    shutil.copytree(original, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    fill(folder / "filler")
    answer = shell("approve", "flights", "--comment", "ok")
    assert answer.code == 1
    assert "is full or failing; nothing recorded before is lost. Free some space" in answer.err
    (folder / "filler").unlink()
    assert "flights@1" in shell("pipelines").out
    assert shell("approve", "flights", "--comment", "ok").code == 0


def test_a_locked_store_can_be_read_and_a_writer_gives_up(project: Path, shell: Shell) -> None:
    (project / ".nbmlops/config.toml").write_text("patience = 1")
    with closing(sqlite3.connect(project / ".nbmlops/catalog.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "flights@1" in shell("pipelines").out
        answer = shell("approve", "flights", "--comment", "ok")
        other.execute("ROLLBACK")
    assert answer.code == 1
    assert "is locked by another process. Try again when that process has finished." in answer.err
    assert shell("approve", "flights", "--comment", "ok").code == 0
