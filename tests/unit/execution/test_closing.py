"""Runs whose process is gone, closed by whoever looks next."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from nbmlops.domain.runs import Run, RunStatus
from nbmlops.execution.process import this_process
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
