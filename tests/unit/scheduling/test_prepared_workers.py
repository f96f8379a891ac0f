"""What a process asks the catalog before it forks workers, and what those keep of it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nbmlops.config import StorePlaces
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.store.opening import catalog_file

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Catalog

_SCRIPT = """
import os, sys
from pathlib import Path
from nbmlops.execution.kernels.preloading import SAFE_THREADS, threads_after_fork
from nbmlops.workspace import Workspace

workspace = Workspace(Path(sys.argv[1]))
workspace.prepare_workers()
opened = {os.path.realpath(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")}
print(sorted(threads_after_fork() - SAFE_THREADS), [one for one in opened if "catalog" in one])
before = workspace.database
workspace.go_on_forked()
print(workspace.database is before, workspace.settings.lease)
(workspace.store / "config.toml").write_text("lease = 99")
workspace.go_on_forked()
print(workspace.database is before, workspace.settings.lease)
print(workspace.runs.newest(limit=1)[0].reference)
"""


_ASKED = """
import sys
from pathlib import Path
import sqlalchemy as sa
from nbmlops.workspace import Workspace

asked = []
sa.event.listen(sa.Engine, "before_cursor_execute", lambda c, cursor, text, *_: asked.append(text))
Workspace(Path(sys.argv[1])).prepare_workers()
print(any("FROM execution_values" in text for text in asked))
"""


def test_what_is_asked_beforehand_is_asked_of_a_run_that_has_executed_something(
    tmp_path: Path, catalog: Catalog
) -> None:
    """The newest has only begun where its due time came just before the nursery was started."""
    file = catalog_file(tmp_path / ".nbmlops", StorePlaces())
    file.parent.mkdir()
    project = type(catalog)(SqliteDatabase(file))
    schedule = project.schedule()
    words = [sys.executable, "-c", _ASKED, str(tmp_path)]
    executed = project.start_run(schedule)
    project.start_run(schedule)

    def asked() -> str:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    assert asked() == "False\n"
    ExecutionRecords(project.database).add(
        ExecutionRecord(
            notebook="a.ipynb",
            step=None,
            cell_id="a",
            source="x = 1",
            digest="d",
            session="s",
            started_at=project.now,
            duration=0.0,
            status=ExecutionStatus.OK,
            author="me",
            run_id=executed.id,
        )
    )
    assert asked() == "True\n"
    project.database.close()


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_workers_keep_what_was_asked_beforehand_and_no_connection(
    tmp_path: Path, catalog: Catalog
) -> None:
    """Nothing is written; where the settings have changed since, all is made anew."""
    file = catalog_file(tmp_path / ".nbmlops", StorePlaces())
    file.parent.mkdir()
    project = type(catalog)(SqliteDatabase(file))
    started = project.start_run(project.schedule())
    before = project.database.change_counter()
    words = [sys.executable, "-c", _SCRIPT, str(tmp_path)]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    assert said == ["[] []", "True 8", "False 99", started.reference]
    assert project.database.change_counter() == before
    project.database.close()
