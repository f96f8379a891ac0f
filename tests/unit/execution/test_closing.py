"""Runs whose process is gone, closed by whoever looks next."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.execution.ending import RunEnd
from nbmlops.execution.journal_file import JournalFile
from nbmlops.execution.process import this_process
from nbmlops.notebook.document import read
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace


@pytest.fixture
def left(mlops_workspace: Workspace, mlops_notebook: Notebook) -> Run:
    """A run that is open, and whose process has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    notebook = mlops_notebook.step("a", "b = 1").save("n.ipynb")
    return RunRecords(mlops_workspace.database).start(
        mlops_workspace.pipelines.build(notebook).version,
        parameters={},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=replace(this_process(), process=ended.pid),
    )


def test_a_run_whose_process_is_gone_is_lost(mlops_workspace: Workspace, left: Run) -> None:
    [closed] = mlops_workspace.runs.newest()
    assert (closed.id, closed.status) == (left.id, RunStatus.LOST)


def test_a_run_that_was_to_stop_and_whose_process_is_gone_is_cancelled(
    mlops_workspace: Workspace, left: Run
) -> None:
    RunRecords(mlops_workspace.database).ask_to_cancel(left, "ada")
    [closed] = mlops_workspace.runs.newest()
    assert closed.status is RunStatus.CANCELLED
    assert closed.failure is not None
    assert closed.failure.message == "cancelled by ada"


def test_a_notebook_that_a_full_disk_has_cut_off_is_put_together_from_the_journal(
    mlops_workspace: Workspace, left: Run
) -> None:
    """Its run had said how it ended, and could write neither its notebook nor the catalog."""
    folder = mlops_workspace.runs.folder(left)
    folder.end.reserve()
    why = Failure(kind="StoreUnwritableError", message="No space left on device.")
    folder.end.write(RunEnd(status=RunStatus.FAILED, ended_at=NOON, failure=why))
    source = Notebook(folder.path).step("a", "b = 1").save(folder.source.name)
    folder.notebook.write_bytes(source.read_bytes()[:40])
    printed = {"output_type": "stream", "name": "stdout", "text": "said"}
    with JournalFile(folder.journal) as journal:
        journal.append({"cells": 1, "metadata": {}})
        done = {"papermill": {"status": "completed"}}
        journal.append({"cell": 0, "metadata": done, "outputs": [printed], "execution_count": 1})
    [closed] = mlops_workspace.runs.newest()
    assert (closed.status, closed.failure) == (RunStatus.FAILED, why)
    assert read(folder.notebook).raw["cells"][0]["outputs"] == [printed]
    assert {one.name for one in closed.artifacts} == {"n.ipynb", "n.html"}
    assert not closed.warnings


def test_a_notebook_that_cannot_be_mended_is_no_artifact_of_its_run(
    mlops_workspace: Workspace, left: Run
) -> None:
    """Its journal is gone as well, or was never written."""
    folder = mlops_workspace.runs.folder(left)
    folder.end.reserve()
    folder.notebook.write_bytes(b"")
    [closed] = mlops_workspace.runs.newest()
    assert (closed.status, closed.artifacts) == (RunStatus.LOST, ())


def test_a_notebook_that_cannot_be_mended_stays_for_who_wants_what_is_left_of_it(
    mlops_workspace: Workspace, left: Run
) -> None:
    """Nothing else tells what the run has shown, so that it is not removed; the run says so."""
    folder = mlops_workspace.runs.folder(left)
    folder.end.reserve()
    folder.path.mkdir(parents=True, exist_ok=True)
    whole = Notebook(folder.path).step("a", "b = 1").save("n.ipynb").read_bytes()
    folder.notebook.write_bytes(whole[:-10])
    [closed] = mlops_workspace.runs.newest()
    assert (closed.status, closed.artifacts) == (RunStatus.LOST, ())
    assert not folder.notebook.exists()
    assert folder.cut_off.read_bytes() == whole[:-10]
    assert closed.warnings == (
        f"Its notebook is not whole; what is left of it is {folder.cut_off}.",
    )


def test_what_tells_of_a_run_stays_where_its_notebook_cannot_be_put_together(
    mlops_workspace: Workspace, left: Run
) -> None:
    folder = mlops_workspace.runs.folder(left)
    folder.end.reserve()
    with JournalFile(folder.journal) as journal:
        journal.append({"cells": 1, "metadata": {}})
    told = folder.journal.read_bytes()
    folder.source.write_text("{", encoding="utf-8")
    [closed] = mlops_workspace.runs.newest()
    assert closed.status is RunStatus.LOST
    assert closed.warnings[0].startswith("Its notebook could not be put together: ")
    assert folder.journal.read_bytes() == told
