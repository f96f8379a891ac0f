"""A store that breaks under a running kernel costs the record, never the cell."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.store.catalog.storing import ENDED

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


@contextmanager
def read_only(store: Path) -> Iterator[None]:
    """The disk is mounted anew, for reading alone."""
    _mount("--bind", str(store), str(store))
    _mount("-o", "remount,bind,ro", str(store))
    yield
    subprocess.run(["umount", "--lazy", str(store)], check=True)


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True)
    if done.returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")


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
    Break(name="read only", context=read_only, said="cannot be written", cure="write access"),
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
    assert second.stderr == ""
    assert third.stderr == "nbmlops: recording works again; 1 more cell was not recorded.\n"
    sources = [execution.record.source for execution in kernel.executions()]
    assert sources == ["%mlops track s\nx = [1]", "%mlops track s\nx = [4]\nx"]


def test_a_deleted_store_begins_anew(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = [1]")
    shutil.rmtree(kernel.project / ".nbmlops")
    told = kernel.run("%mlops track s\nx = [1]").stderr
    assert told.startswith("nbmlops: the store of this project is gone")
    assert told.count("\n") == 1
    assert kernel.run("%mlops track s\nx = [1]").stderr == ""
    found = kernel.latest()
    assert found.version.number == 1
    assert found.record.outputs[0].manifest is not None
    workspace = kernel.workspace()
    assert workspace.objects.exists(found.record.outputs[0].manifest)
    assert workspace.executions.environment(found.record.environment) is not None
    workspace.close()


@pytest.mark.parametrize("before", ["", "%mlops log"])
def test_a_verb_says_that_the_store_is_gone(start_kernel: Callable[..., Any], before: str) -> None:
    """Once, whether a verb has asked the store before or only cells were recorded in it."""
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = [1]")
    kernel.run(before)
    shutil.rmtree(kernel.project / ".nbmlops")
    told = kernel.run("%mlops log").stderr
    assert told.startswith("nbmlops: the store of this project is gone")
    assert told.count("\n") == 1
    assert kernel.run("%mlops track s\nx = [1]").stderr == ""
    assert kernel.latest().record.outputs[0].manifest is not None


def test_a_full_disk_is_told_of(start_kernel: Callable[..., Any], tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(project))
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


def test_a_limit_on_the_size_of_files_is_told_of(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = 1")
    kernel.run(
        "import os, resource\nwas = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, was[1]))"
    )
    large = kernel.run("%mlops track s\nx = os.urandom(4_000_000)\nlen(x)")
    assert (large.status, large.text) == ("ok", "4000000")
    assert large.stderr.startswith("nbmlops: a value was not stored. ")
    assert large.stderr.count("\n") == 1
    assert kernel.latest().record.source.endswith("len(x)"), "all else is recorded"
    assert "larger than this process may write" in large.stderr
    assert kernel.run("%mlops track s\nx = 2").stderr == ""
    kernel.run("resource.setrlimit(resource.RLIMIT_FSIZE, was)")
    assert kernel.run("%mlops track s\nx = os.urandom(4_000_000)").stderr == ""
    kernel.run("%mlops log")  # waits until it is stored
    assert kernel.latest().record.outputs[0].manifest is not None
    assert sound(kernel)


LARGE = "%mlops track large\nimport numpy as np\nx = np.random.default_rng().random(15_000_000)"


def test_a_kernel_killed_in_mid_write_leaves_a_sound_store(
    start_kernel: Callable[..., Any],
) -> None:
    """Killed as soon as the first object appears, and later; each value is whole or given up.

    The cell may not have ended by then: it is recorded as cut off, without values.
    """
    kernel = start_kernel()
    for after in (0, 0.05, 0.15):
        kernel.run("%load_ext nbmlops")
        assert kernel.run(f"%mlops track s\nx = [{after}]").stderr == ""
        kill_while_storing(kernel, after)
        kernel.restart()
        kernel.run("%load_ext nbmlops\n%mlops fsck --repair")
        assert sound(kernel)
    for done in kernel.executions():
        values = [value for value in done.record.outputs if value.name == "x"]
        assert len(values) == (0 if done.record.was_cut_off else 1)
        assert all((x.manifest is None) == (x.reason == ENDED) for x in values)


def kill_while_storing(kernel: Any, after: float) -> None:
    """Run a cell whose value is large; kill the kernel so many seconds after a file appeared."""
    objects = kernel.project / ".nbmlops" / "objects"
    before = set(objects.rglob("*"))
    kernel.send(LARGE)
    deadline = time.monotonic() + 20
    while set(objects.rglob("*")) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(after)
    kernel.manager.signal_kernel(signal.SIGKILL)


def sound(kernel: Any) -> bool:
    """Whether a check of the whole store finds nothing, asked by the one whose store it is."""
    kernel.run("%load_ext nbmlops")
    checked = kernel.run("%mlops fsck")
    assert checked.status == "ok", checked
    return True
