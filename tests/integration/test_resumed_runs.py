"""Runs that ended badly are gone on with: real kernels, killed for real."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import NotResumableError
from nbmlops.execution.journal import NOT_RUN
from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

PATIENCE = 60

FATAL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\ntotal = sum(rows)"
FIXED = "total = sum(rows)"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty project with a key of its own."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    return Workspace(tmp_path, author="tester")


def notebook(folder: Path, train: str, month: int | str = 1) -> Path:
    """A notebook whose first step leaves a mark each time that it runs."""
    return (
        Notebook(folder)
        .parameters(month=month)
        .cell("import time")
        .step(
            "fetch",
            "rows = [time.time() > 0] * month\nwith open('marks', 'a') as marks:\n"
            "    count = marks.write('fetched ')\ndel marks",
        )
        .step("train", train)
        .step("report", "text = str(total)\ntext")
        .save("job.ipynb")
    )


def states(workspace: Workspace, run: Run) -> list[str]:
    """What each step of the executed notebook says of itself."""
    cells = read(workspace.runs.folder(run).notebook).raw["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells][-3:]


def test_a_run_whose_kernel_was_killed_goes_on_without_what_succeeded(workspace: Workspace) -> None:
    """The record says what happened; the fixed notebook finishes the run."""
    path = notebook(workspace.project, FATAL)
    version = workspace.pipelines.build(path).version
    killed = workspace.runs.run(version, {"month": 3})
    assert killed.failure is not None
    assert killed.failure.message.startswith("The kernel was killed by SIGKILL")
    assert states(workspace, killed) == ["completed", "failed", NOT_RUN]

    notebook(workspace.project, FIXED)
    fixed = workspace.pipelines.rebuild(workspace.pipelines.of_run(killed)).version
    done = workspace.runs.resume(killed, fixed)
    assert done.status is RunStatus.SUCCEEDED
    assert done.goes_on_with == killed.reference
    assert done.parameters == {"month": 3}
    assert states(workspace, done) == ["cached", "completed", "completed"]
    assert "A recorded result of fetch was taken: reads the clock." in done.warnings
    assert (workspace.project / "marks").read_text() == "fetched "
    report = workspace.runs.executions(done)[-1].record
    assert [value.summary.text for value in report.outputs] == ["'3'"]

    with pytest.raises(NotResumableError, match="nothing to go on with"):
        workspace.runs.plan_resume(done, fixed)
    other = workspace.pipelines.build(notebook(workspace.project, FIXED, month="March")).version
    with pytest.raises(NotResumableError, match="The parameters of job#1 do not fit job@3"):
        workspace.runs.plan_resume(killed, other)
    workspace.close()


def test_a_run_whose_driver_was_killed_keeps_what_it_got_and_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    """What was taken, what ran and what did not are told apart; nothing that succeeded runs."""
    slow = "import time\nwith open('begun', 'w') as begun:\n    pass\ntime.sleep(60)\n" + FIXED
    workspace.pipelines.build(notebook(workspace.project, slow))
    driver = subprocess.Popen(
        [sys.executable, "-m", "nbmlops", "run", "job", "-p", "month=2"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    [running] = workspace.runs.newest()
    progress = workspace.runs.files.progress(running)
    assert progress is not None
    assert progress.step == "train"
    driver.kill()
    driver.wait()

    [lost] = workspace.runs.newest()
    assert lost.status is RunStatus.LOST
    assert lost.failure is not None
    assert lost.failure.step == "train"
    assert states(workspace, lost) == ["completed", "lost", NOT_RUN]
    assert [item.name for item in lost.artifacts] == ["job.ipynb", "job.html"]
    assert not workspace.runs.folder(lost).journal.exists()

    fixed = workspace.pipelines.build(notebook(workspace.project, FIXED)).version
    done = workspace.runs.resume(lost, fixed)
    assert states(workspace, done) == ["cached", "completed", "completed"]
    assert (workspace.project / "marks").read_text() == "fetched "

    again = workspace.runs.resume(lost, fixed)  # all of it is there now
    assert states(workspace, again) == ["cached", "cached", "cached"]
    assert not workspace.runs.folder(again).report.exists()
    shown = workspace.runs.files.made(again)
    assert workspace.runs.folder(again).report.exists()
    assert "job.html" in {item.name for item in shown.artifacts}
    workspace.close()
