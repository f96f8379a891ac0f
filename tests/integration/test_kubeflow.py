"""kfp compiles the program that we write for it, and runs it, in an environment of its own.

Its local runner starts each task as a process of this machine; no cluster is part of this.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nbmlops.domain.runs import RunStatus
from nbmlops.exporters.files import write
from nbmlops.exporters.kubeflow import file_name, program
from nbmlops.scheduling.triggers.when import When
from tests.integration.pods import Team, team

KFP = os.environ.get("NBMLOPS_KFP", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.kubeflow,
    pytest.mark.skipif(not KFP, reason="NBMLOPS_KFP names no interpreter with kfp: make kubeflow"),
]

RUN = """
import sys
from kfp import components, local
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2])
components.load_component_from_file(sys.argv[1])(
    rows=7, tags=["it's", '"quoted"'], nbmlops_logical_date="2026-11-02T05:00:00Z"
)
"""


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str, s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A project whose store is in PostgreSQL and S3."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    return team(tmp_path, postgres_url, s3_url)


def _kfp(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KFP, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def test_a_compiled_pipeline_leaves_a_whole_run_and_one_is_refused(
    shared: Team, tmp_path: Path
) -> None:
    """In the store of the team, of tasks that see nothing of each other."""
    version = shared.version()
    made = shared.deployed(version, When(cron=("0 6 * * *",)), sys.executable)
    source = write(tmp_path, file_name(made), program(made))
    compiled = _kfp(str(source), folder=tmp_path)
    assert compiled.returncode == 0, compiled.stdout
    manifest = source.with_suffix(".yaml")
    specification, platform = yaml.safe_load_all(manifest.read_text("utf-8"))
    inputs = specification["root"]["inputDefinitions"]["parameters"]
    assert {name: found["parameterType"] for name, found in inputs.items()} == {
        "nbmlops_logical_date": "STRING",
        "rows": "NUMBER_INTEGER",
        "tags": "LIST",
    }
    assert inputs["rows"]["defaultValue"] == 5
    tasks = specification["root"]["dag"]["tasks"].values()
    assert all(not task["cachingOptions"] for task in tasks)
    assert {task["retryPolicy"]["maxRetryCount"] for task in tasks} == {1}
    assert {task["taskInfo"]["name"]: len(task.get("dependentTasks", [])) for task in tasks} == {
        "load": 0,
        "left": 1,
        "right": 1,
        "whole-run": 2,
    }
    assert "secretAsEnv" in str(platform)

    ran = _kfp("-c", RUN, str(manifest), str(tmp_path / "outputs"), folder=shared.pod)
    assert ran.returncode == 0, ran.stdout
    whole, *parts = shared.workspace.runs.newest()
    assert {run.rules.only for run in parts} == {("load",), ("left",), ("right",)}
    assert whole.trigger.startswith("kubeflow:flow/")
    assert whole.parameters == {"rows": 7, "day": "2026-11-02", "tags": ["it's", '"quoted"']}
    assert (whole.status, whole.metrics) == (RunStatus.SUCCEEDED, {"high": 10.0})

    shared.workspace.approvals.withdraw(version, comment="wrong")
    refused = _kfp("-c", RUN, str(manifest), str(tmp_path / "outputs"), folder=shared.pod)
    assert refused.returncode != 0
    assert "flow@1 is not approved; " in refused.stdout
    assert len(shared.workspace.runs.newest()) == 4
    shared.workspace.close()
