"""What waits to be stored is safe from the collector, and delays nobody's weak references."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from nbmlops.domain.upkeep import Collection, Retention
from nbmlops.history.retention import CollectionService
from nbmlops.store.catalog.references import ReferenceRecords
from nbmlops.store.catalog.retention import RetentionRecords
from tests.unit.capture.test_storing import Notebook, notebook, shell

__all__ = ["notebook", "shell"]

OLD = timedelta(hours=3)


def collect(notebook: Notebook, project: Path) -> Collection:
    """Remove what no record names, as another process would."""
    service = CollectionService(
        runs=project / "runs",
        retention=RetentionRecords(notebook.database),
        references=ReferenceRecords(notebook.database),
        objects=notebook.objects,
        values=notebook.values,
        clock=lambda: datetime.now(UTC),
    )
    return service.collect(Retention(keep_last=1, younger_than=timedelta(0)))


def grow_old(notebook: Notebook) -> None:
    """Make every object one that was written hours ago, which no record names any more."""
    long_ago = time.time() - OLD.total_seconds()
    for path in notebook.objects._root.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    with notebook.database.write() as connection:
        connection.exec_driver_sql("UPDATE execution_values SET manifest = NULL")


def test_the_collector_takes_nothing_of_what_waits_to_be_stored(
    notebook: Notebook, tmp_path: Path
) -> None:
    """Not even what was there for hours, and is now a part of a value again."""
    _, content = notebook.make()
    notebook.recorder.finish_storing()
    grow_old(notebook)
    notebook.objects.is_open.clear()
    begun = notebook.objects.begun
    made = notebook.run("b = a.copy()\nc = a + 0.5\na = None")
    while notebook.objects.begun == begun:
        time.sleep(0.01)
    collect(notebook, tmp_path)
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(made, "b"), content)
    np.testing.assert_array_equal(notebook.stored(made, "c"), content + 0.5)


def test_what_the_collector_took_is_stored_again_where_it_comes_again(
    notebook: Notebook, tmp_path: Path
) -> None:
    _, content = notebook.make()
    notebook.recorder.finish_storing()
    grow_old(notebook)
    assert collect(notebook, tmp_path).objects > 0
    made = notebook.run("b = a.copy()\na = None")
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(made, "b"), content)


GONE = "assert r() is None and told == [1]"


@pytest.mark.parametrize("copies", [0, 100 * 2**20], ids=["no room", "room"])
@pytest.mark.parametrize("cell", ["del a", "a = None", "del a\nother = 1"])
def test_weak_references_and_finalizers_are_told_at_once(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, cell: str, copies: int
) -> None:
    """While the array that they wait for waits to be stored."""
    monkeypatch.setattr(notebook.storing, "_copies", copies)
    notebook.run("import weakref\ntold = []")
    notebook.objects.delay = 0.1
    content = np.arange(3e6, 4e6) + copies + len(cell)
    made = notebook.run(
        f"a = np.arange(3e6, 4e6) + {copies} + {len(cell)}\nr = weakref.ref(a)\n"
        "done = weakref.finalize(a, told.append, 1)"
    )
    notebook.run(f"{cell}\n{GONE}")
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(made, "a"), content)


def test_an_object_goes_while_the_array_that_it_held_waits(notebook: Notebook) -> None:
    notebook.objects.is_open.clear()
    notebook.run("import weakref\ntold = []\nclass Box:\n    def __del__(self): told.append(1)")
    made = notebook.run("box = Box()\nbox.held = np.arange(5e6, 6e6)\nr = weakref.ref(box)")
    notebook.run(f"del box\n{GONE}")
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    assert notebook.record(made, "box").manifest is not None
    assert notebook.run("a = told.clear()")
