"""Runs that start in the same moment, as two due times of one minute do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

RUNS = 3


def test_runs_that_start_at_once_have_kernels_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each result is that of its own parameter, whoever was first."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    path = Notebook(tmp_path).parameters(month=0).step("load", "rows = [month]").save("at.ipynb")
    workspace = Workspace(tmp_path)
    workspace.pipelines.build(path)
    words = [sys.executable, "-m", "nbmlops", "run", "at", "-p"]
    processes = [
        subprocess.Popen([*words, f"month={month}"], cwd=tmp_path, stdout=subprocess.DEVNULL)
        for month in range(RUNS)
    ]
    try:
        codes = [process.wait(90) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert codes == [0] * RUNS
    runs = workspace.runs.newest(pipeline="at")
    assert [run.status for run in runs] == [RunStatus.SUCCEEDED] * RUNS
    assert {run.parameters["month"] for run in runs} == set(range(RUNS))
    assert not list(tmp_path.glob("*ipc*"))
    workspace.close()
