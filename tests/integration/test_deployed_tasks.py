"""Tasks of another tool, each run in a process of its own as the tool's file does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.deployments import TaskOrder
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.wire import plain
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

DAILY = {"cron": "0 6 * * *", "timezone": "Europe/Berlin", "scheduled": True}


def _version(workspace: Workspace, notebook: Notebook) -> PipelineVersion:
    notebook.cell("day = '2026-01-01'", "parameters")
    notebook.step("load", "data = [len(day), 1]")
    notebook.step("bad", "low = min(data)\nassert open('good').read() == 'yes'")
    notebook.step("right", "high = max(data)")
    made = workspace.pipelines.build(notebook.save("flow.ipynb")).version
    return workspace.approvals.approve(made, comment="good")


class Tool:
    """Asks for tasks as the file of another tool does."""

    def __init__(self, workspace: Workspace, version: PipelineVersion) -> None:
        self._workspace = workspace
        self._version = version

    def ask(
        self, *steps: str, earlier: tuple[tuple[str, ...], ...] = (), alone: bool = False
    ) -> dict[str, Any]:
        """Run a task; returns what its file is told."""
        order = TaskOrder(
            pipeline="flow",
            version=self._version.number,
            digest=self._version.spec.digest,
            trigger="airflow:flow/scheduled__1",
            logical_date=NOON,
            parameters={"day": "{{ data_interval_start }}"},
            steps=steps,
            earlier=earlier,
            alone=alone,
            **DAILY,  # type: ignore[arg-type] # of several types
        )
        result = self._workspace.project / "result.json"
        result.unlink(missing_ok=True)
        project = ("--project", str(self._workspace.project))
        ended = subprocess.run(
            [sys.executable, "-m", "nbmlops", *project, "deployed-task", "--result", str(result)],
            input=json.dumps(plain(order)),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        told: dict[str, Any] = json.loads(result.read_text("utf-8"))
        assert (ended.returncode == 0) == (told["status"] == "succeeded"), ended.stderr
        return told


def test_tasks_run_parts_a_retry_goes_on_and_the_last_one_puts_the_run_together(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """Each is in the ledger, for the tool's logical date; the approval is asked for each time."""
    version = _version(mlops_workspace, mlops_notebook)
    tool = Tool(mlops_workspace, version)
    assert tool.ask("load")["run"] == "flow#1"
    failed = tool.ask("bad", earlier=(("load",),))
    assert failed["status"] == "failed"
    assert "step bad" in failed["failure"]
    Path(mlops_workspace.project, "good").write_text("yes")
    assert tool.ask("bad", earlier=(("load",),))["status"] == "succeeded"
    assert tool.ask("right", earlier=(("load",),))["status"] == "succeeded"
    whole = tool.ask(earlier=(("load",), ("bad",), ("right",)))
    assert whole["run"] == "flow#5"

    runs = {run.number: run for run in mlops_workspace.runs.newest()}
    assert {run.trigger for run in runs.values()} == {"airflow:flow/scheduled__1"}
    assert [runs[number].rules.only for number in (1, 2, 5)] == [("load",), ("bad",), None]
    assert runs[3].goes_on_with == "flow#2"
    assert runs[5].parameters == {"day": "2026-01-01 06:00:00+01:00"}
    assert runs[5].status is RunStatus.SUCCEEDED
    made = mlops_workspace.runs.executions(runs[5])
    assert {one.record.run_id for one in made} == {runs[1].id, runs[3].id, runs[4].id}

    mlops_workspace.approvals.withdraw(version, comment="wrong")
    refused = tool.ask("load")
    assert (refused["status"], refused["again"]) == ("refused", False)
    assert refused["failure"].startswith("flow@1 is not approved; ")
    assert len(mlops_workspace.runs.newest()) == 5


def test_a_try_that_a_container_took_along_is_lost_where_the_tool_starts_no_other_beside_it(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """Elsewhere it may still be running, as nobody here can see."""
    version = _version(mlops_workspace, mlops_notebook)
    tool = Tool(mlops_workspace, version)
    RunRecords(mlops_workspace.database).start(
        version,
        parameters={"day": "2026-01-01"},
        trigger="airflow:flow/scheduled__1",
        author="tester",
        started_at=NOON,
        process=ProcessIdentity(host="a-pod", process=1, started_at=1.0),
        rules=RunRules(only=("load",)),
    )
    refused = tool.ask("load")
    assert refused["status"] == "refused"
    assert "is still running" in refused["failure"]
    assert tool.ask("load", alone=True)["status"] == "succeeded"
    runs = {run.number: run for run in mlops_workspace.runs.newest()}
    assert runs[1].status is RunStatus.LOST
    assert runs[2].goes_on_with == "flow#1"
