"""``nbmlops`` as a process: pipes and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.execution.process import this_process
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

NBMLOPS = [sys.executable, "-m", "nbmlops"]
RUNS = 200
NOTE = "x" * 500


@pytest.fixture
def project(mlops_workspace: Workspace, mlops_notebook: Notebook) -> Path:
    """A project with so many runs that their list does not fit into a pipe."""
    version = mlops_workspace.pipelines.build(mlops_notebook.step("a", "b = 1").save("n.ipynb"))
    records = RunRecords(mlops_workspace.database)
    for _ in range(RUNS):
        run = records.start(
            version.version,
            parameters={"note": NOTE},
            trigger="manual",
            author="tester",
            started_at=NOON,
            process=this_process(),
        )
        records.finish(run, status=RunStatus.SUCCEEDED, ended_at=NOON)
    return mlops_workspace.project


def test_a_reader_that_has_seen_enough_is_no_error(project: Path) -> None:
    for option in ((), ("--json",)):
        with subprocess.Popen(
            [*NBMLOPS, "runs", "--limit", str(RUNS), *option],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""


def test_ctrl_c_ends_a_scheduler_without_a_traceback(project: Path) -> None:
    with subprocess.Popen(
        [*NBMLOPS, "scheduler"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "Stop it with Ctrl-C" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert "Stopped after 0 due times." in out
    assert err == ""


def test_ctrl_c_during_the_first_imports_is_one_line(tmp_path: Path) -> None:
    slow = "import time\nprint('importing', flush=True)\ntime.sleep(60)\n"
    (tmp_path / "click.py").write_text(slow, "utf-8")
    with subprocess.Popen(
        [*NBMLOPS, "versions"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "nbmlops: Interrupted.\n")


def test_a_working_directory_that_is_not_there_any_more_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os; os.rmdir({str(gone)!r}); os.execv({NBMLOPS[0]!r}, {[*NBMLOPS, 'log']!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=gone, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("nbmlops: The working directory is not there any more")
    assert len(done.stderr.splitlines()) == 1
