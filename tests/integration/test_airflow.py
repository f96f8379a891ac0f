"""A real Airflow runs the file that we write for it, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.domain.deployments import Division
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.runs import RunStatus
from nbmlops.exporters.airflow import dag_file
from nbmlops.exporters.files import write
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

AIRFLOW = os.environ.get("NBMLOPS_AIRFLOW", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.skipif(
        not AIRFLOW, reason="NBMLOPS_AIRFLOW names no interpreter with Airflow: make airflow"
    ),
]


@pytest.fixture
def airflow(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Airflow's command line, with a database of its own."""
    home = tmp_path / "airflow"
    variables = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PATH": f"{Path(AIRFLOW).parent}:{os.environ['PATH']}",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AIRFLOW, "-m", "airflow", *words],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    migrated = run("db", "migrate")
    assert migrated.returncode == 0, migrated.stdout
    return run


def _version(workspace: Workspace, notebook: Notebook) -> PipelineVersion:
    notebook.cell("rows = 3\nday = '2026-01-01'", "parameters")
    notebook.step("load", "data = [rows, len(day)]")
    notebook.step("left", "low = min(data)").step("right", "high = max(data)")
    notebook.step("join", "import nbmlops\nnbmlops.metric('sum', low + high)\nprint(day)")
    made = workspace.pipelines.build(notebook.save("flow.ipynb")).version
    return workspace.approvals.approve(made, comment="good")


def _deploy(workspace: Workspace, version: PipelineVersion, home: Path, division: Division) -> None:
    when = When(cron=("0 6 * * *",))
    timing = workspace.deployments.timing(when, timezone="Europe/Berlin", missed="latest")
    made = workspace.deployments.deploy(
        version, timing, parameters={"day": "{{ ds }}", "rows": 5}, division=division
    )
    write(home / "airflow" / "dags", made, dag_file(made))


def test_a_dag_of_several_tasks_leaves_a_whole_run_and_one_is_refused(
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
    tmp_path: Path,
    airflow: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """For Airflow's logical date; when the approval is withdrawn, nothing runs."""
    version = _version(mlops_workspace, mlops_notebook)
    _deploy(mlops_workspace, version, tmp_path, "chains")
    done = airflow("dags", "test", "flow", NOON.isoformat())
    assert done.returncode == 0, done.stdout
    runs = mlops_workspace.runs.newest()
    assert [run.rules.only for run in runs[::4]] == [None, ("load",)], done.stdout
    assert {run.status for run in runs} == {RunStatus.SUCCEEDED}
    assert runs[0].trigger.startswith("airflow:flow/manual__")
    assert runs[0].parameters == {"rows": 5, "day": "2026-01-01"}
    assert runs[0].metrics == {"sum": 15.0}

    mlops_workspace.approvals.withdraw(version, comment="wrong")
    refused = airflow("dags", "test", "flow", NOON.isoformat())
    assert refused.returncode != 0 or "failed" in refused.stdout
    assert "flow@1 is not approved; " in refused.stdout
    assert len(mlops_workspace.runs.newest()) == len(runs) == 5
