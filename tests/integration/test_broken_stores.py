"""A store that breaks under a running kernel costs the record, never the cell."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@contextmanager
def deleted(store: Path) -> Iterator[None]:
    """Somebody moves the store away and puts a file there."""
    kept = store.with_name("kept")
    store.rename(kept)
    store.write_text("")
    yield
    store.unlink()
    kept.rename(store)


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Another process holds a transaction open."""
    connection = sqlite3.connect(store / "catalog.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
    connection.close()


@contextmanager
def corrupt(store: Path) -> Iterator[None]:
    """Something overwrites the catalog; then a backup is put back."""
    catalog = store / "catalog.db"
    with sqlite3.connect(catalog) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    backup = store.with_name("backup.db")
    shutil.copy(catalog, backup)
    with catalog.open("r+b") as file:
        file.write(b"not a database " * (catalog.stat().st_size // 15))
    yield
    backup.rename(catalog)
    for rest in store.glob("catalog.db-*"):
        rest.unlink()


@contextmanager
def no_objects(store: Path) -> Iterator[None]:
    """Objects cannot be written."""
    kept = store / "kept"
    (store / "objects").rename(kept)
    (store / "objects").write_text("")
    yield
    (store / "objects").unlink()
    kept.rename(store / "objects")


@dataclass(frozen=True, kw_only=True)
class Break:
    """A way to break a store, and what is said then."""

    name: str
    context: Callable[[Path], Any]
    said: str
    cure: str


BREAKS = (
    Break(name="a file in its place", context=deleted, said="cannot be made", cure="project"),
    Break(name="locked", context=locked, said="is locked by another process", cure="Try again"),
    Break(name="corrupt", context=corrupt, said="is damaged", cure="Put back a backup"),
    Break(name="no objects", context=no_objects, said="cannot be written", cure="Check the disk"),
)


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.name)
def test_the_cell_runs_one_sentence_is_said_and_recording_resumes(
    start_kernel: Callable[..., Any], case: Break
) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = [1]")
    with case.context(kernel.project / ".nbmlops"):
        began = time.monotonic()
        first = kernel.run("%mlops track s\nx = [2]\nx")
        assert time.monotonic() - began < 10
        began = time.monotonic()
        second = kernel.run("%mlops track s\nx = [3]\nx")
        assert time.monotonic() - began < 3
    third = kernel.run("%mlops track s\nx = [4]\nx")
    assert (first.text, second.text, third.text) == ("[2]", "[3]", "[4]")
    assert (first.status, second.status) == ("ok", "ok")
    assert first.stderr.startswith("nbmlops: this cell was not recorded: ")
    assert case.said in first.stderr
    assert case.cure in first.stderr
    assert first.stderr.count("\n") == 1
    assert (second.stderr, third.stderr) == ("", "")
    sources = [execution.record.source for execution in kernel.executions()]
    assert sources == ["%mlops track s\nx = [1]", "%mlops track s\nx = [4]\nx"]


def test_a_deleted_store_begins_anew(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = [1]")
    shutil.rmtree(kernel.project / ".nbmlops")
    assert kernel.run("%mlops track s\nx = [1]").stderr == ""
    found = kernel.latest()
    assert found.version.number == 1
    assert found.record.outputs[0].manifest is not None
    workspace = kernel.workspace()
    assert workspace.objects.exists(found.record.outputs[0].manifest)
    assert workspace.executions.environment(found.record.environment) is not None
    workspace.close()


def test_a_full_disk_is_told_of(start_kernel: Callable[..., Any], tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(project)], check=False,
        capture_output=True,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        kernel = start_kernel(project / "n.ipynb")
        kernel.run("%load_ext nbmlops")
        kernel.run("%mlops track s\nx = 1")
        full = kernel.run("%mlops track s\nimport os\nx = os.urandom(4_000_000)\nlen(x)")
        assert full.text == "4000000"
        assert "is full" in full.stderr
        assert "Free some space" in full.stderr
        assert kernel.run("%mlops track s\nx = 2").stderr == ""
        assert kernel.latest().record.source.endswith("x = 2")
        kernel.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(project)], check=True)
