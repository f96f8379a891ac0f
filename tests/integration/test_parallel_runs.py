"""Real runs in several kernels at once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from nbmlops.domain.executions import Execution
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow


def _states(workspace: Workspace, run: Run) -> list[str]:
    cells = json.loads(workspace.runs.folder(run).notebook.read_text("utf-8"))["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells]


def _times(executions: list[Execution], step: str) -> tuple[float, float]:
    (found,) = (one.record for one in executions if one.record.step == step)
    end = found.started_at + timedelta(seconds=found.duration)
    return found.started_at.timestamp(), end.timestamp()


def test_branches_run_at_once_and_leave_what_one_kernel_leaves(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """Values go from kernel to kernel, setup is in each, and the next run takes everything."""
    mlops_notebook.cell("import time\nk = 2")
    mlops_notebook.cell("rows = [len(str(time)) > 0, k]")
    mlops_notebook.step("load", "data = [rows[1], 3]\nprint('loaded')")
    mlops_notebook.step("left", "for _ in range(15):\n    time.sleep(0.1)\nlow = min(data) * k")
    mlops_notebook.step("right", "for _ in range(15):\n    time.sleep(0.1)\nhigh = max(data)")
    mlops_notebook.step("join", "result = [low, high]\nprint(result)")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    run = mlops_workspace.runs.run(version, {}, parallel=2)
    assert run.status is RunStatus.SUCCEEDED
    made = mlops_workspace.runs.executions(run)
    (begun, ended), (begun_too, ended_too) = _times(made, "left"), _times(made, "right")
    assert max(begun, begun_too) < min(ended, ended_too)
    assert set(_states(mlops_workspace, run)) == {"completed"}
    cells = json.loads(mlops_workspace.runs.folder(run).notebook.read_text("utf-8"))["cells"]
    assert [cell["outputs"][0]["text"] for cell in cells if cell["outputs"]] == [
        ["loaded\n"],
        ["[4, 3]\n"],
    ]
    assert len({one.record.session for one in made if one.record.step}) > 1
    assert mlops_workspace.plans.plan(version, {}).all_cached


def test_a_failure_ends_the_other_kernel_or_lets_it_go_on(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """What was stopped says so; with keep-going only what depends on the failure is left out."""
    mlops_notebook.cell("import time").step("load", "x = [1]")
    mlops_notebook.step("bad", "time.sleep(0.5)\nl = x[5]")
    mlops_notebook.step("slow", "for _ in range(60):\n    time.sleep(0.1)\nr = x[0]")
    mlops_notebook.step("after", "q = l").step("join", "total = r")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    run = mlops_workspace.runs.run(version, {}, parallel=2)
    assert run.status is RunStatus.FAILED
    assert run.failure is not None
    assert (run.failure.step, run.failure.kind) == ("bad", "IndexError")
    assert "Stopped while it ran: slow (bad failed)." in run.warnings
    assert _states(mlops_workspace, run)[2:] == ["failed", "cancelled", "not run", "not run"]
    again = mlops_workspace.runs.run(version, {}, parallel=2, rules=RunRules(keep_going=True))
    assert again.status is RunStatus.FAILED
    assert "Not run: after (depends on bad)." in again.warnings
    assert _states(mlops_workspace, again)[2:] == ["failed", "completed", "not run", "completed"]
